"""A registry as it is seen through a proxy that misbehaves: which request meets which fault is told by rules.

    with misbehaving(registry) as proxy:
        proxy.on("PUT", r"/manifests/", answers(429, {"Retry-After": "1"}), times=2)
        … what talks to `proxy.host` …
        assert len(proxy.asked("PUT")) == 3

What no rule takes is passed on as it is, bodies piece by piece.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.unit.workspace.fake_registry import FakeRegistry, Reply, Request, length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

    from tests.engine.harness.registry import Registry

_PIECE = 64 * 1024
_SECONDS = 60.0
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "proxy-connection", "expect", "date"})


@dataclass(slots=True)
class Exchange:
    """One request under way: a fault asks the registry, or does not, and answers, or does not."""

    proxy: Proxy
    request: Request
    handler: BaseHTTPRequestHandler
    _unread: int

    def ask(self) -> Reply:
        """Passes the request on, and gives what the registry answers."""
        with contextlib.closing(self._begun()) as connection:
            for piece in self._pieces(self._unread):
                connection.send(piece)
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
            return Reply(response.status, kept, response.read())

    def answer(self, reply: Reply) -> None:
        """Answers, after what is left of the request is read."""
        for _ in self._pieces(self._unread):
            pass
        self.proxy.send(self.handler, reply)

    def pass_part(self, count: int) -> None:
        """Passes the request on up to `count` bytes of its body, and cuts the connection to the registry there."""
        with contextlib.closing(self._begun()) as connection:
            for piece in self._pieces(min(count, self._unread)):
                connection.send(piece)

    def cut(self) -> None:
        """Ends the connection to the client without a word, in the middle of whatever it sends."""
        self.handler.close_connection = True
        with contextlib.suppress(OSError):
            self.handler.connection.shutdown(socket.SHUT_RDWR)

    def _begun(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.proxy.upstream, timeout=_SECONDS)
        connection.putrequest(self.request.method, self.request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.request.headers.items():  # the host too: it is told back as that of uploads
            if name not in _HOP_BY_HOP:
                connection.putheader(name, value)
        connection.endheaders()
        return connection

    def _pieces(self, count: int) -> Iterator[bytes]:
        while count > 0 and (piece := self.handler.rfile.read(min(_PIECE, count))):
            count -= len(piece)
            self._unread -= len(piece)
            yield piece


@dataclass(slots=True)
class Rule:
    """What happens to requests of a method with a path that matches; `met` are those that it was done to."""

    method: str
    path: re.Pattern[str]
    does: Callable[[Exchange], None]
    after: int
    times: int | None
    met: list[Request] = field(default_factory=list)
    _seen: int = 0

    def takes(self, request: Request) -> bool:
        """Whether it is done to this request; each is to be asked about once."""
        if self.method not in ("", request.method) or not self.path.search(request.path):
            return False
        self._seen += 1
        if self._seen <= self.after or (self.times is not None and len(self.met) >= self.times):
            return False
        self.met.append(request)
        return True


class Proxy(FakeRegistry):
    """The proxy; `host` is what goes before the repository in an image's name.

    `guard` says what a request is answered before any rule sees it, None where it may pass.
    """

    def __init__(self, upstream: str) -> None:
        """`upstream` is the host and port of the registry behind it."""
        self.upstream = upstream
        self.guard: Callable[[Request], Reply | None] | None = None
        self.rules: list[Rule] = []
        self._lock = threading.Lock()
        super().__init__(lambda request: Reply(500))

    def on(
        self, method: str, path: str, does: Callable[[Exchange], None], *, after: int = 0, times: int | None = None
    ) -> Rule:
        """Adds a rule; of those that take a request the first one counts.

        Args:
            method: of the requests; "" for all.
            path: an expression that is searched in path and query.
            does: what happens: one of this module's faults, or a function of the test's own.
            after: how many such requests are let through first.
            times: to how many it is done; None for all.
        """
        rule = Rule(method, re.compile(path), does, after, times)
        with self._lock:
            self.rules.append(rule)
        return rule

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Does what the first rule says that takes the request, or passes it on."""
        exchange = Exchange(self, self.note(handler), handler, length(handler))
        refusal = self.guard(exchange.request) if self.guard is not None else None
        if refusal is not None:
            exchange.answer(refusal)
            return
        with self._lock:
            rule = next((one for one in self.rules if one.takes(exchange.request)), None)
        (passes if rule is None else rule.does)(exchange)


@contextlib.contextmanager
def misbehaving(registry: Registry) -> Iterator[Proxy]:
    """A proxy in front of `registry` for the length of a block."""
    proxy = Proxy(registry.host)
    try:
        yield proxy
    finally:
        proxy.close()


# --- faults


def passes(exchange: Exchange) -> None:
    """No fault."""
    exchange.answer(exchange.ask())


def answers(reply: Reply) -> Callable[[Exchange], None]:
    """The registry is not asked."""
    return lambda exchange: exchange.answer(reply)


def busy(status: int, retry_after: str | None = None) -> Callable[[Exchange], None]:
    """A status such as 429 or 503, with ``Retry-After`` where it is given."""
    return answers(Reply(status, {} if retry_after is None else {"Retry-After": retry_after}))


def changed(change: Callable[[Reply], Reply]) -> Callable[[Exchange], None]:
    """The registry is asked, and something else is told."""
    return lambda exchange: exchange.answer(change(exchange.ask()))


def late(seconds: float) -> Callable[[Exchange], None]:
    """The registry is asked, and its answer comes late; the end of the proxy ends the wait."""
    return changed(lambda reply: replace(reply, delay=seconds))


def slow(seconds: float) -> Callable[[Exchange], None]:
    """The registry is asked, and its answer comes with that many seconds between its bytes."""
    return changed(lambda reply: replace(reply, drip=seconds))


def lost(exchange: Exchange) -> None:
    """The registry has done what was asked, and nobody hears of it."""
    exchange.ask()
    exchange.cut()


def cut_at(count: int) -> Callable[[Exchange], None]:
    """The connection is cut after `count` bytes of the request's body have reached the registry."""

    def does(exchange: Exchange) -> None:
        exchange.pass_part(count)
        exchange.cut()

    return does


def broken_off(count: int) -> Callable[[Exchange], None]:
    """The connection is cut `count` bytes before the end of the answer's body."""
    return changed(
        lambda reply: replace(
            reply,
            headers={**reply.headers, "Content-Length": str(len(reply.body))},
            body=reply.body[:-count],
            hang_up=True,
        )
    )
