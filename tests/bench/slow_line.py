"""A proxy in front of a registry that is as slow as a line, and counts what goes through it."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

_CHUNK = 1 << 16
_TLS = b"\x16"
_UPLOAD = re.compile(r"^/v2/(?P<repository>.+)/blobs/uploads/(?P<session>[^?]+)")
_DIGEST = re.compile(r"[?&]digest=(sha256(?::|%3A)[0-9a-f]{64})", re.IGNORECASE)
_MANIFEST = re.compile(r"^/v2/(?P<repository>.+)/manifests/(?P<name>[^/?]+)$")


@dataclass(slots=True)
class Counted:
    """What went through since it was last asked for.

    Attributes:
        up, down: bytes of bodies to the registry and from it.
        blobs: how often each blob was uploaded with its bytes, by ``repository@digest``.
        manifests: when each reference, ``repository:tag``, was first there (`time.monotonic`).
    """

    up: int = 0
    down: int = 0
    blobs: Counter[str] = field(default_factory=Counter)
    manifests: dict[str, float] = field(default_factory=dict)

    @property
    def twice(self) -> tuple[str, ...]:
        """The blobs that were uploaded more than once."""
        return tuple(digest for digest, times in self.blobs.items() if times > 1)


class _Pipe:
    """One direction of the line, shared by all connections."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0

    async def take(self, count: int) -> None:
        now = time.monotonic()
        self._free = max(now, self._free) + count / self._rate
        if self._free - now > 0.002:
            await asyncio.sleep(self._free - now)


class SlowLine:
    """The proxy; use it in a ``with``, and `host` in place of the registry's."""

    def __init__(self, upstream: str, rate: float = 50e6, delay: float = 0.005) -> None:
        """Takes where the registry is (``host:port``), bytes a second each way, seconds that a request takes more."""
        self._upstream = upstream.rsplit(":", 1)
        self._delay = delay
        self._pipes = (_Pipe(rate), _Pipe(rate))
        self._counted = Counted()
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self.host = ""

    def counted(self) -> Counted:
        """What went through since the last call."""
        with self._lock:
            found, self._counted = self._counted, Counted()
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=_CHUNK * 4)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # for connections to be closed

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        above = None
        try:
            answers, above = await asyncio.open_connection(*self._upstream, limit=_CHUNK * 4)
            while await self._request(reader, writer, answers, above):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # one side has gone
        finally:
            for end in (writer, above):
                if end is not None:
                    end.close()

    async def _request(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        above: asyncio.StreamWriter,
    ) -> bool:
        """Passes one request and its answer on; out: whether another one may come."""
        first = await reader.readexactly(1)
        if first == _TLS:
            # Docker tries TLS first, and waits 10 seconds where nothing tells it that this is plain HTTP.
            writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            await writer.drain()
            return False
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        asked = _headers(head)
        await asyncio.sleep(self._delay)
        above.write(head)
        if asked.get("expect") == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        async for data, size in _body(reader, asked, until_end=False):
            await self._pipes[0].take(size)
            above.write(data)
            await above.drain()
            with self._lock:
                self._counted.up += size
        answer = await answers.readuntil(b"\r\n\r\n")
        while answer.startswith(b"HTTP/1.1 100"):
            answer = await answers.readuntil(b"\r\n\r\n")
        status, told = int(answer.split(b" ", 2)[1]), _headers(answer)
        self._note(method, path, status)
        writer.write(answer)
        if method != "HEAD" and status not in (204, 304):
            async for data, size in _body(answers, told, until_end=True):
                await self._pipes[1].take(size)
                writer.write(data)
                await writer.drain()
                with self._lock:
                    self._counted.down += size
        await writer.drain()
        return "close" not in (asked.get("connection"), told.get("connection"))

    def _note(self, method: str, path: str, status: int) -> None:
        upload, manifest = _UPLOAD.match(path), _MANIFEST.match(path)
        with self._lock:
            if upload and method == "PUT" and status == 201:
                digest = _DIGEST.search(path)
                assert digest is not None, path
                self._counted.blobs[f"{upload['repository']}@{digest[1].lower().replace('%3a', ':')}"] += 1
            elif manifest and method == "PUT" and status == 201:
                reference = f"{manifest['repository']}:{manifest['name']}"
                self._counted.manifests.setdefault(reference, time.monotonic())


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip().lower() for name, _, value in (line.partition(":") for line in lines)}


async def _body(
    reader: asyncio.StreamReader, headers: dict[str, str], *, until_end: bool
) -> AsyncIterator[tuple[bytes, int]]:
    """What to pass on of a body, and how many bytes of it are content."""
    if headers.get("transfer-encoding") == "chunked":
        size = -1
        while size != 0:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            yield line, 0
            left = size
            while left:
                data = await reader.readexactly(min(left, _CHUNK))
                left -= len(data)
                yield data, len(data)
            yield await reader.readexactly(2), 0
    elif "content-length" in headers:
        left = int(headers["content-length"])
        while left:
            data = await reader.read(min(left, _CHUNK))
            if not data:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(data)
            yield data, len(data)
    elif until_end:
        while data := await reader.read(_CHUNK):
            yield data, len(data)
