"""What all workers that ask registries share: limits, proxies, certificates, and what was learnt of the servers."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_url import is_direct, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.workspace.registry_url import Url


@dataclass(slots=True)
class Origin:
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
        self._origins: dict[tuple[str, str, int], Origin] = {}
        self._open: set[http.client.HTTPConnection] = set()
        self._tls: ssl.SSLContext | None = None

    def left(self) -> float:
        """Seconds until the deadline; raises `Failure` where there are none."""
        left = self.until - time.monotonic()
        if left <= 0 or self.stopped.is_set():
            raise Failure("no time was left", stop=True)
        return left

    def origin(self, url: Url) -> Origin:
        with self._lock:
            return self._origins.setdefault(url.origin, Origin())

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
