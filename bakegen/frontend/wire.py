"""gRPC over two file descriptors, as its client: what BuildKit speaks with a frontend through stdin and stdout.

HTTP/2 is the library h2's; here are the pipes and gRPC's framing. Calls may overlap: `Channel.start` sends one,
`Call.reply` waits for its answer. There are no threads: bytes are read while somebody waits.
Source: PROTOCOL-HTTP2.md of gRPC; serveLLBBridgeForwarder in BuildKit's frontend/gateway/gateway.go.
"""

from __future__ import annotations

import binascii
import os
import select
import time
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.frame_buffer
import h2.settings

if TYPE_CHECKING:
    from collections.abc import Iterable

_WINDOW = 1 << 24
_LARGEST_HEADERS = 1 << 26  # the details of an error carry the whole Dockerfile in base64
_LARGEST_REPLY = 1 << 28
_READ = 1 << 16
_INTERNAL = 13
_UNKNOWN = 2

# h2 takes 64 frames of 16 KiB for one block of headers, which is less than such details may be.
h2.frame_buffer.CONTINUATION_BACKLOG = _LARGEST_HEADERS >> 14


class Lost(Exception):
    """The stream ended, or what came is no HTTP/2: nothing can be said to BuildKit any more."""


class CallError(Exception):
    """A call was answered with an error.

    Attributes:
        code: gRPC's status code, never 0.
        message: what went wrong, for people.
        details: a serialised google.rpc.Status with more, b"" where there is none.
    """

    def __init__(self, code: int, message: str, details: bytes = b"") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def take_stdio() -> tuple[int, int]:
    """Descriptors for reading and writing the stream; descriptor 1 is stderr from now on.

    So that nothing that prints can come between the frames.
    """
    reading, writing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    return reading, writing


class Call:
    """One call that is under way."""

    def __init__(self, channel: Channel, stream: int) -> None:
        self._channel = channel
        self._stream = stream
        self.data = bytearray()
        self.headers: dict[str, str] = {}
        self.ended = False
        self.reset: int | None = None

    def reply(self, timeout: float | None = None) -> bytes:
        """Waits for the answer: the serialised message.

        Raises:
            CallError: BuildKit answered with an error, or with what is no answer.
            Lost: the stream is cut, or nothing came for `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.ended:
            self._channel.pump(None if deadline is None else deadline - time.monotonic())
        self._channel.forget(self._stream)
        status = self.headers.get("grpc-status")
        if status is None:
            found = f"stream reset with {self.reset}" if self.reset is not None else self.headers.get(":status", "?")
            raise CallError(_UNKNOWN, f"BuildKit broke a call off ({found})")
        code = int(status) if status.isdecimal() else _UNKNOWN
        if code:
            from urllib.parse import unquote  # which takes a while to load

            message = unquote(self.headers.get("grpc-message", "")) or f"status {code}"
            raise CallError(code, message, _base64(self.headers.get("grpc-status-details-bin", "")))
        if len(self.data) < 5 or self.data[0] or len(self.data) - 5 != int.from_bytes(self.data[1:5], "big"):
            raise CallError(_INTERNAL, "BuildKit answered with a message that is cut or compressed")
        return bytes(self.data[5:])


class Channel:
    """The client's end of one HTTP/2 connection."""

    def __init__(self, reading: int, writing: int) -> None:
        """`reading` and `writing` are descriptors of a pipe or a socket; they stay the caller's to close."""
        self._reading = reading
        self._writing = writing
        self._calls: dict[int, Call] = {}
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._http.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
                h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: _LARGEST_HEADERS,
            },
        )
        self._http.decoder.max_header_list_size = _LARGEST_HEADERS
        self._http.initiate_connection()
        self._http.increment_flow_control_window(_WINDOW)
        self._flush()

    def start(self, path: str, message: bytes) -> Call:
        """Sends a call of one message.

        Args:
            path: ``/package.Service/Method``.
            message: the request, serialised.

        Raises:
            Lost: the stream is cut.
        """
        try:
            stream = self._http.get_next_available_stream_id()
            call = self._calls[stream] = Call(self, stream)
            self._http.send_headers(
                stream,
                [
                    (":method", "POST"),
                    (":scheme", "http"),
                    (":path", path),
                    (":authority", "localhost"),
                    ("te", "trailers"),
                    ("content-type", "application/grpc"),
                    ("user-agent", "bakegen"),
                ],
            )
            self._send(call, stream, b"\0" + len(message).to_bytes(4, "big") + message)
        except h2.exceptions.ProtocolError as problem:
            raise Lost(str(problem)) from None
        return call

    def forget(self, stream: int) -> None:
        """A call that has its answer is over."""
        self._calls.pop(stream, None)

    def pump(self, timeout: float | None = None) -> None:
        """Reads what is there, waiting for it, and gives it to its calls.

        Raises:
            Lost: the stream ended or is broken, or nothing came for `timeout` seconds.
        """
        if timeout is not None:
            poll = select.poll()
            poll.register(self._reading, select.POLLIN)
            if not poll.poll(max(0.0, timeout) * 1000):
                raise Lost("BuildKit does not answer")
        try:
            data = os.read(self._reading, _READ)
        except OSError as problem:
            raise Lost(f"the stream cannot be read: {problem.strerror}") from None
        if not data:
            raise Lost("the stream ended")
        try:
            self._take(self._http.receive_data(data))
        except h2.exceptions.ProtocolError as problem:
            raise Lost(f"what came is no HTTP/2: {problem}") from None
        self._flush()

    def _send(self, call: Call, stream: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            room = min(self._http.local_flow_control_window(stream), self._http.max_outbound_frame_size)
            if room <= 0:
                self._flush()
                self.pump()
                if call.ended:
                    return  # refused before all of it was said
                continue
            self._http.send_data(stream, bytes(view[:room]), end_stream=room >= len(view))
            view = view[room:]
        self._flush()

    def _flush(self) -> None:
        data = memoryview(self._http.data_to_send())
        while data:
            try:
                data = data[os.write(self._writing, data) :]
            except OSError as problem:
                raise Lost(f"the stream cannot be written: {problem.strerror}") from None

    def _take(self, events: Iterable[h2.events.Event]) -> None:
        for event in events:
            if isinstance(event, h2.events.ConnectionTerminated):
                raise Lost("BuildKit ended the connection")
            call = self._calls.get(getattr(event, "stream_id", None) or 0)
            if isinstance(event, h2.events.DataReceived):
                # For calls that are forgotten, too: the window of the connection is everybody's.
                self._http.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
                if call is not None:
                    call.data += event.data or b""
                    if len(call.data) > _LARGEST_REPLY:
                        raise Lost("BuildKit's answer has no end")
            elif call is None:
                continue
            elif isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                call.headers.update((_text(name), _text(value)) for name, value in event.headers or ())
            elif isinstance(event, h2.events.StreamEnded):
                call.ended = True
            elif isinstance(event, h2.events.StreamReset):
                call.ended, call.reset = True, int(event.error_code or 0)


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _base64(text: str) -> bytes:
    """Bytes of a ``-bin`` header, which may lack its padding and may be several with commas; b"" for others."""
    try:
        return binascii.a2b_base64(text.partition(",")[0] + "==")
    except ValueError:
        return b""
