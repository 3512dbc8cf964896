"""HTTP to registries for the probe: kept connections, time limits, proxies, retries; knows nothing of images.

A `Network` is what all workers of a probe share, a `Client` is one worker's own. Plain http only goes to
loopback hosts; everything else is https with the certificates that Python trusts by default.
"""

from __future__ import annotations

import base64
import contextlib
import email.utils
import http.client
import ipaddress
import random
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bakegen import __version__
from bakegen.diagnostics import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIES = 3
_BACKOFF_SECONDS = 0.25
_FAILURES_IN_A_ROW = 4
_CHUNK = 64 * 1024
BUSY = frozenset({429, 500, 502, 503, 504})
USER_AGENT = f"bakegen/{__version__}"


class Failure(Exception):
    """No answer was got: `reason` is fit for a log. `again`: another try may help; `stop`: the host is lost."""

    def __init__(self, reason: str, *, again: bool = False, stop: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.stop = stop


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL that may be asked; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Equal for URLs that may see each other's secrets."""
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """The host for people, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return printable(host if self.port == usual else f"{host}:{self.port}")

    def at(self, target: str) -> Url:
        """Another page of the same server."""
        return Url(self.scheme, self.host, self.port, target)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer and the URL that gave it, after redirects."""

    url: Url
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def is_loopback(host: str) -> bool:
    """Whether `host` (no port, no brackets) is this machine by its name alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_url(text: str) -> Url | None:
    """`text` as a URL that may be asked: https, or http on loopback; None for anything else."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or not text.isascii() or not text.isprintable() or " " in text or parts.username is not None:
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def is_direct(url: Url, bypass: str) -> bool:
    """Whether `bypass`, the value of ``NO_PROXY``, takes `url` past the proxy; read as Go's httpproxy does.

    Entries are names (which stand for their subdomains too), ``.name`` (only those), addresses, networks as
    ``10.0.0.0/8``, each but the last with an optional port, or ``*``.
    """
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        address = None
    for entry in (part.strip().lower() for part in bypass.split(",")):
        if entry == "*":
            return True
        if "/" in entry:
            with contextlib.suppress(ValueError):
                if address is not None and address in ipaddress.ip_network(entry, strict=False):
                    return True
            continue
        name, colon, port = entry.rpartition(":")
        if colon and port.isdigit() and (":" not in name or name.endswith("]")):
            if int(port[:6]) != url.port:
                continue
            entry = name
        entry = entry.removeprefix("[").removesuffix("]").removeprefix("*")
        host = url.host.lower()
        if entry and (entry == host or host.endswith(entry if entry.startswith(".") else f".{entry}")):
            return True
    return False


@dataclass(slots=True)
class _Origin:
    """What is known of a server: how often it answered, when it wants to be asked again, why it is asked no more."""

    answered: int = 0
    not_before: float = 0.0
    failures: int = 0
    lost: str = ""


@dataclass
class Network:
    """The limits of one probe and what its workers have learnt of the servers."""

    environ: Mapping[str, str]
    timeout: float
    until: float
    """When everything must be over, by `time.monotonic`."""
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._origins: dict[tuple[str, str, int], _Origin] = {}
        self._open: set[http.client.HTTPConnection] = set()
        self._tls: ssl.SSLContext | None = None

    def left(self) -> float:
        """Seconds until the deadline; raises `Failure` where there are none."""
        left = self.until - time.monotonic()
        if left <= 0 or self.stopped.is_set():
            raise Failure("no time was left", stop=True)
        return left

    def origin(self, url: Url) -> _Origin:
        with self._lock:
            return self._origins.setdefault(url.origin, _Origin())

    def tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
            return self._tls

    def connect(self, url: Url, seconds: float) -> http.client.HTTPConnection:
        """A connection that is not open yet, through the proxy that the environment names."""
        if url.scheme == "http":
            return self._noted(http.client.HTTPConnection(url.host, url.port, timeout=seconds))
        proxy = self._proxy(url)
        if proxy is None:
            return self._noted(http.client.HTTPSConnection(url.host, url.port, timeout=seconds, context=self.tls()))
        host, port, headers = proxy
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=self.tls())
        connection.set_tunnel(url.host, url.port, headers)
        return self._noted(connection)

    def close(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def stop(self) -> None:
        """Ends all requests under way: whoever waits for an answer gets an error."""
        self.stopped.set()
        with self._lock:
            connections = tuple(self._open)
        for connection in connections:
            if (sock := connection.sock) is not None:
                with contextlib.suppress(OSError):
                    # Below TLS: an orderly goodbye could wait for the other side.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _noted(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        with self._lock:
            self._open.add(connection)
        return connection

    def _proxy(self, url: Url) -> tuple[str, int, dict[str, str]] | None:
        text = self.environ.get("https_proxy") or self.environ.get("HTTPS_PROXY") or ""
        bypass = self.environ.get("no_proxy") or self.environ.get("NO_PROXY") or ""
        if not text or is_loopback(url.host) or is_direct(url, bypass):
            return None
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme != "http":
            raise Failure("HTTPS_PROXY is not an http:// proxy, and no other kind is supported", stop=True)
        headers = {}
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Proxy-Authorization"] = "Basic " + base64.b64encode(login.encode()).decode("ascii")
        return host, port or 80, headers


class Client:
    """One worker's connections, one for each server, kept open between requests."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._connections: dict[tuple[str, str, int], http.client.HTTPConnection] = {}

    def close(self) -> None:
        for connection in self._connections.values():
            self.network.close(connection)
        self._connections.clear()

    def ask(
        self,
        method: str,
        url: Url,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        limit: int = 0,
        tries: int = TRIES,
    ) -> Answer:
        """The answer of a server, whatever its status, after retries where it is busy or does not answer.

        At most `limit` bytes of body are read. Raises `Failure`. Follows no redirects. A server that was lost
        for good (refused, unknown name, many failures in a row) is not asked again by anybody.
        """
        origin = self.network.origin(url)
        attempt = answered = 0
        while attempt < tries:
            attempt += 1
            self._wait_for(origin)
            try:
                answer = self._send(method, url, headers, body, limit)
            except Failure as failure:
                if failure.again and attempt < tries:
                    self._sleep(_backoff(attempt))
                    continue
                self._count(origin, failure)
                raise
            if answer.status not in BUSY:
                origin.failures = 0
                origin.answered += 1
                return answer
            wait = _retry_after(answer.headers)
            if wait is not None or answer.status == 429:
                pause = _backoff(attempt) if wait is None else wait
                origin.not_before = max(origin.not_before, time.monotonic() + pause)
                if answer.status == 429 and origin.answered != answered:
                    # All workers share one allowance, and others have just used it: coming too late is no failure.
                    attempt, answered = 1, origin.answered
            elif attempt < tries:
                self._sleep(_backoff(attempt))
        busy = Failure(f"it answers with status {answer.status}")
        self._count(origin, busy)
        raise busy

    def _wait_for(self, origin: _Origin) -> None:
        if origin.lost:
            raise Failure(origin.lost, stop=True)
        pause = origin.not_before - time.monotonic()
        if pause <= 0:
            self.network.left()
            return
        if pause > self.network.left():
            raise Failure(f"it wants to be asked again in {pause:.0f} s, which is too late", stop=True)
        # Jitter, so that not all workers come back in the same instant.
        self._sleep(pause + random.uniform(0, _BACKOFF_SECONDS))
        if origin.lost:
            raise Failure(origin.lost, stop=True)

    def _sleep(self, seconds: float) -> None:
        self.network.stopped.wait(min(seconds, self.network.left()))
        self.network.left()

    def _count(self, origin: _Origin, failure: Failure) -> None:
        if self.network.stopped.is_set():
            return
        origin.failures += 1
        if failure.stop:
            origin.lost = failure.reason
        elif origin.failures >= _FAILURES_IN_A_ROW:
            origin.lost = f"{failure.reason} (given up after {origin.failures} failures in a row)"

    def _send(self, method: str, url: Url, headers: Mapping[str, str], body: bytes | None, limit: int) -> Answer:
        kept = url.origin in self._connections
        try:
            return self._exchange(method, url, headers, body, limit)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self._drop(url)
            # The server may have closed a kept connection just before: that says nothing about the server.
            stale = kept and not isinstance(problem, TimeoutError) and isinstance(problem, OSError)
            if not stale or method == "POST":
                raise as_failure(problem) from None
        try:
            return self._exchange(method, url, headers, body, limit)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self._drop(url)
            raise as_failure(problem) from None

    def _drop(self, url: Url) -> None:
        if (connection := self._connections.pop(url.origin, None)) is not None:
            self.network.close(connection)

    def _exchange(self, method: str, url: Url, headers: Mapping[str, str], body: bytes | None, limit: int) -> Answer:
        end = time.monotonic() + min(self.network.timeout, self.network.left())
        connection = self._connections.get(url.origin)
        if connection is None:
            connection = self.network.connect(url, end - time.monotonic())
            self._connections[url.origin] = connection
            connection.connect()
        if connection.sock is not None:
            connection.sock.settimeout(max(0.001, end - time.monotonic()))
        connection.request(method, url.target, body, {"User-Agent": USER_AGENT, **headers})
        response = connection.getresponse()
        data = bytearray()
        while len(data) < limit:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if connection.sock is not None:
                connection.sock.settimeout(left)
            if not (chunk := response.read1(min(_CHUNK, limit - len(data)))):
                if response.length:
                    raise http.client.IncompleteRead(bytes(data), response.length)
                break
            data += chunk
        if len(data) < limit or method == "HEAD":
            response.read()  # nothing is left, but only this tells the connection that it is free again
        if not response.isclosed():
            self._drop(url)  # what is left of the body would be taken for the next answer
        return Answer(url, response.status, response.headers, bytes(data))


def _backoff(attempt: int) -> float:
    pause: float = _BACKOFF_SECONDS * 2 ** (attempt - 1)
    return pause * random.uniform(0.5, 1.5)


def _retry_after(headers: http.client.HTTPMessage) -> float | None:
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time()) if text else None
    except (ValueError, OverflowError):
        return None


def as_failure(problem: Exception) -> Failure:
    """What went wrong, in words that hold nothing the other side could have put there."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Failure(f"its certificate is not trusted ({printable(problem.verify_message)})", stop=True)
    if isinstance(problem, ssl.SSLError):
        return Failure(f"TLS failed ({printable(problem.reason or 'no reason given')})", again=True)
    if isinstance(problem, TimeoutError):
        return Failure("no answer in time", again=True)
    if isinstance(problem, socket.gaierror):
        return Failure(f"its name cannot be resolved ({problem.strerror})", stop=True)
    if isinstance(problem, ConnectionRefusedError):
        return Failure("connection refused", again=True, stop=True)
    if isinstance(problem, http.client.IncompleteRead):
        return Failure("its answer breaks off", again=True)
    if isinstance(problem, http.client.HTTPException):
        return Failure(f"it does not speak HTTP as it should ({type(problem).__name__})", again=True)
    if isinstance(problem, OSError):
        # An error without a number comes from a proxy that refuses the tunnel.
        words = problem.strerror or ("the proxy refuses" if problem.errno is None else "network error")
        return Failure(printable(words).lower(), again=True)
    return Failure("it cannot be asked under this address", stop=True)
