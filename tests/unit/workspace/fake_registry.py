"""A registry in a few lines that behaves as badly as a test wants it to, on loopback."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import ssl
    from io import BufferedReader

INDEX = "application/vnd.oci.image.index.v1+json"
DIGEST = "sha256:" + "ab" * 32
TLS_RECORD = b"\x16"


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived; header names in lower case, `connection` tells connections apart."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    connection: object

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: after `delay` seconds, with `drip` seconds between the bytes, or `raw` bytes as they are.

    `hang_up` closes the connection afterwards without a word.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    drip: float = 0.0
    raw: bytes | None = None
    hang_up: bool = False


EXISTS = Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})
MISSING = Reply(404)
Script = Callable[[Request], Reply]


def as_json(value: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())


def challenge(realm: str, repository: str = "team/app") -> Reply:
    """The answer of a registry that wants a token."""
    value = f'Bearer realm="{realm}",service="registry",scope="repository:{repository}:pull"'
    return Reply(401, {"WWW-Authenticate": value})


def holding(*tags: str) -> Script:
    """A registry with these tags in each repository, and no list of them."""

    def answer(request: Request) -> Reply:
        if "/manifests/" not in request.path:
            return Reply(405)
        return EXISTS if request.path.rpartition("/")[2] in tags else MISSING

    return answer


def length(handler: BaseHTTPRequestHandler) -> int:
    """How many bytes the body of a request has."""
    return int(handler.headers.get("Content-Length") or 0)


class FakeRegistry:
    """A server that answers as its script says and remembers what it was asked."""

    def __init__(self, script: Script, *, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.script = script
        self.ending = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError):
                    if cast("BufferedReader", self.rfile).peek(1).startswith(TLS_RECORD):
                        # Engines try TLS first, and take this for "only http is spoken here".
                        self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                        self.close_connection = True
                    else:
                        super().handle_one_request()
                    return
                self.close_connection = True

            def answer(self) -> None:
                fake.take(self)

            do_HEAD = do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server((address, 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self.host = f"{address}:{self.port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Reads a request to its end and answers it."""
        self.send(handler, self.script(self.note(handler, handler.rfile.read(length(handler)))))

    def note(self, handler: BaseHTTPRequestHandler, body: bytes = b"") -> Request:
        """Remembers a request."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, body, time.monotonic(), handler.connection)
        self.requests.append(request)
        return request

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        """Answers a request."""
        self.ending.wait(reply.delay)
        if reply.raw is not None:
            handler.wfile.write(reply.raw)
        else:
            words = responses.get(reply.status, "x")  # engines hand them on
            lines = [f"HTTP/1.1 {reply.status} {words}", *(f"{name}: {value}" for name, value in reply.headers.items())]
            if "Content-Length" not in reply.headers:
                lines.append(f"Content-Length: {len(reply.body)}")
            data = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
            data += b"" if handler.command == "HEAD" else reply.body
            if reply.drip:
                for byte in data:
                    handler.wfile.write(bytes([byte]))
                    if self.ending.wait(reply.drip):
                        break
            else:
                handler.wfile.write(data)
        if reply.hang_up or reply.raw is not None:
            handler.close_connection = True

    def asked(self, method: str = "", containing: str = "") -> list[Request]:
        """The requests of that method (any where empty) with that text in their path."""
        return [one for one in self.requests if method in ("", one.method) and containing in one.path]

    def close(self) -> None:
        self.ending.set()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


@contextlib.contextmanager
def serving(script: Script, *, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[FakeRegistry]:
    """A registry for the length of a block."""
    registry = FakeRegistry(script, address=address, tls=tls)
    try:
        yield registry
    finally:
        registry.close()
