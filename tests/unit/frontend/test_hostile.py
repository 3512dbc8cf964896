"""What a broken bridge and broken input come to: an error that is returned, or a build as without the frontend."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import pytest

from bakegen.frontend.bridge import Bridge
from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.request import Request, read_policy
from bakegen.frontend.solve import Build
from bakegen.frontend.wire import CallError, Channel, Lost
from tests.unit.frontend.test_build import AFTER, ASSUMED, BEFORE, fake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.frontend.fake_bridge import FakeBridge
    from tests.unit.frontend.test_build import Building, Started

WITH_CONTEXT = "# syntax=bakegen\nFROM busybox\nARG A=1\nRUN true\nADD notes.txt /notes.txt\nLABEL a=$A\n"


def with_context() -> FakeBridge:
    """A build that makes every kind of call but one."""
    return fake(WITH_CONTEXT, **{"notes.txt": "text\n"})


def calls_of_a_build() -> int:
    """How many calls such a build makes at most; a test sees to it that this is enough."""
    return 24


@pytest.mark.parametrize("number", range(calls_of_a_build()))
def test_every_call_may_be_refused(started: Started, number: int) -> None:
    bridge = with_context()
    bridge.break_at = number
    end = started(bridge)
    try:
        Build(Bridge(Channel(end, end)), Request(ASSUMED, "s", read_policy(ASSUMED))).run()
    except CallError:
        assert [name for name, _ in bridge.calls][number] == "Return"
        return
    assert bridge.returned is not None
    if bridge.returned.HasField("error"):
        assert "broken: " in bridge.returned.error.message
    else:
        assert bridge.returned.result.ref.id


def test_no_build_makes_more_calls_than_are_refused_above(build: Building) -> None:
    assert len(build(with_context(), ASSUMED).calls) <= calls_of_a_build()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        bytes(range(256)) * 64,
        b"\x7fELF" + b"\xff" * 1000,
        b"# syntax=bakegen\nFROM x\r\nRUN <<EOF\n",
        b"\xef\xbb\xbf# syntax=bakegen\nFROM \xff\xfe\n",
        b"{" * 5000,
    ],
    ids=["empty", "zeros", "bytes", "program", "open heredoc", "no text", "braces"],
)
def test_any_bytes_are_built_as_they_are(build: Building, data: bytes) -> None:
    bridge = build(fake(data), ASSUMED)
    assert bridge.built[0][2].encode("utf-8", "surrogateescape") == data


# Where Python is in the callback of a weak reference, the first exception is lost, and told of so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_dockerfile_that_takes_too_long(build: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bakegen.frontend.solve.MOST_SECONDS", 0.05)
    text = "# syntax=bakegen\n" + "FROM a\n" * 60_000  # seconds, so that a limit that is lost comes again in time
    bridge = build(fake(text), ASSUMED)
    assert bridge.built[0][2] == text
    assert bridge.warned[0].short == b"bakegen: changed nothing: looking at it takes too long"


def test_huge_dockerfile_and_options(build: Building) -> None:
    text = BEFORE + "# a comment that is long\n" * 60_000
    options = {
        **ASSUMED,
        "build-arg:HUGE": "x" * 1_000_000,
        "label:": "=",
        "target": "",
        "context:": "",
        "platform": ",",
    }
    bridge = build(fake(text), options)
    assert bridge.built[0][2] == AFTER + text.removeprefix(BEFORE)
    assert bridge.built[0][1]["build-arg:HUGE"] == "x" * 1_000_000


def test_error_with_details_as_large_as_a_dockerfile(build: Building) -> None:
    from tests.unit.frontend import fake_bridge

    status = gateway.Status(code=2, message="m", details=[gateway.Any(type_url="t", value=b"x" * 1_000_000)])
    bridge = fake()

    def refuse(text: str) -> str:
        raise fake_bridge.Refused("m", status.SerializeToString())

    bridge.refuses = refuse
    build(bridge, ASSUMED)
    assert bridge.returned is not None
    assert bridge.returned.error == status


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a stream and the other one."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def run(end: socket.socket) -> None:
    """A build over one end of a stream."""
    Build(Bridge(Channel(end.fileno(), end.fileno())), Request(ASSUMED, "s")).run()


@pytest.mark.parametrize(
    "data",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", random.Random(7).randbytes(64), b"\0" * 9 + b"\xff" * 900],
    ids=["nothing", "http-1", "noise", "zeros"],
)
def test_stream_that_is_cut_or_is_none(pair: tuple[socket.socket, socket.socket], data: bytes) -> None:
    ours, theirs = pair
    theirs.sendall(data)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(Lost):
        run(ours)


def test_nobody_reads(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.close()
    with pytest.raises(Lost):
        run(ours)


def test_nobody_answers(pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bakegen.frontend.solve.PING_SECONDS", 0.05)
    with pytest.raises(Lost, match="does not answer"):
        run(pair[0])


def peer(end: socket.socket, answer: Callable[[h2.connection.H2Connection, int], None]) -> None:
    """The other end by hand: `answer` is called for every request; it is over when our end is closed."""

    def serve() -> None:
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        http.initiate_connection()
        with suppress(OSError, h2.exceptions.ProtocolError):
            end.sendall(http.data_to_send())
            while data := end.recv(65536):
                for event in http.receive_data(data):
                    if isinstance(event, h2.events.StreamEnded):
                        answer(http, event.stream_id)
                end.sendall(http.data_to_send())

    threading.Thread(target=serve, daemon=True).start()


REPLY = [(":status", "200"), ("content-type", "application/grpc")]


@pytest.mark.parametrize(
    ("message", "trailers", "problem"),
    [
        (None, None, "broke a call off"),
        (b"", [("grpc-status", "0")], "cut or compressed"),
        (b"\1\0\0\0\0", [("grpc-status", "0")], "cut or compressed"),
        (b"\0\0\0\0\5abc", [("grpc-status", "0")], "cut or compressed"),
        (b"\0\0\0\0\3\xff\xff\xff", [("grpc-status", "0")], "is no Pong"),
        (b"\0\0\0\0\0", [("grpc-status", "x")], "status 2"),
        (b"\0\0\0\0\0", [("grpc-status", "7"), ("grpc-message", "n%C3%B6")], "nö"),
        (b"\0\0\0\0\0", [("other", "x")], "broke a call off"),
    ],
)
def test_answers_that_are_none(
    pair: tuple[socket.socket, socket.socket],
    message: bytes | None,
    trailers: list[tuple[str, str]] | None,
    problem: str,
) -> None:
    ours, theirs = pair

    def answer(http: h2.connection.H2Connection, stream: int) -> None:
        if message is None or trailers is None:
            http.reset_stream(stream)
            return
        http.send_headers(stream, REPLY)
        http.send_data(stream, message)
        http.send_headers(stream, trailers, end_stream=True)

    peer(theirs, answer)
    with pytest.raises(CallError, match=problem):
        Bridge(Channel(ours.fileno(), ours.fileno())).ping().result(30)


def test_connection_that_is_ended_by_the_other_side(pair: tuple[socket.socket, socket.socket]) -> None:
    peer(pair[1], lambda http, stream: http.close_connection())
    with pytest.raises(Lost):
        run(pair[0])
