"""A blob of a registry as a stream: read once from front to back, taken up again where a connection breaks.

Source: the distribution specification (``opencontainers/distribution-spec``: pulling blobs) and RFC 9110 for ranges.
"""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from bakegen.workspace.registry_failure import Failure, as_failure
from bakegen.workspace.registry_http import BUSY, TRIES, USER_AGENT, Answer
from bakegen.workspace.registry_images import follow, let_in, page_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_http import Client
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_url import Url

_PIECE = 256 * 1024
_PAUSE = 0.5  # before the second try; before the third it is twice as long
_OF_SMALL_ANSWERS = 64 * 1024


class Download:
    """The bytes of one blob, as `read` gives them; `close` at the end."""

    def __init__(
        self,
        client: Client,
        gate: Gate,
        repository: Repository,
        digest: str,
        size: int,
        progress: Callable[[int], None],
    ) -> None:
        """`size` is what the manifest says; `progress` is told how many bytes have come, as they come."""
        self._client = client
        self._gate = gate
        self._repository = repository
        self._digest = digest
        self._size = size
        self._progress = progress
        self._at = 0
        self._failures = 0
        self._connection: http.client.HTTPConnection | None = None
        self._response: http.client.HTTPResponse | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises `Failure` where they cannot be got."""
        while True:
            try:
                if self._response is None:
                    self._begin()
                part = self._next(min(size, _PIECE))
            except (OSError, http.client.HTTPException, ValueError) as problem:
                self._try_again(as_failure(problem))
                continue
            except Failure as failure:
                self._try_again(failure)
                continue
            if not part and self._at < self._size:
                self._try_again(Failure("a download ended too early", again=True))
                continue
            if part:
                self._at += len(part)
                self._failures = 0
                self._progress(len(part))
            if self._at > self._size:
                raise Failure("it gives more than the manifest says")
            return part

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._client.network.close(self._connection)
        self._connection = self._response = None

    def _try_again(self, failure: Failure) -> None:
        self.close()
        self._failures += 1
        if not failure.again or self._failures >= TRIES:
            raise failure
        network = self._client.network
        network.stopped.wait(min(_PAUSE * self._failures, network.left()))
        network.left()

    def _next(self, size: int) -> bytes:
        assert self._response is not None and self._connection is not None
        if self._connection.sock is not None:
            self._connection.sock.settimeout(self._seconds())
        return self._response.read1(size)

    def _seconds(self) -> float:
        network = self._client.network
        return max(0.001, min(network.timeout, network.left()))

    def _begin(self) -> None:
        url = page_url(self._repository, f"blobs/{self._digest}")
        answer = let_in(self._client, self._gate, self._repository, url, lambda at, sent: follow(at, sent, self._open))
        if answer.status in (401, 403):
            raise Failure(self._gate.why_refused(self._client, self._repository.host, answer.status))
        if answer.status == 200:
            self._skip()
        elif answer.status != 206 or not (answer.headers.get("Content-Range") or "").startswith(f"bytes {self._at}-"):
            raise Failure(f"it answers with status {answer.status} for a layer", again=answer.status in BUSY)

    def _skip(self) -> None:
        """Reads what was read before, from a server that knows no ranges."""
        left = self._at
        while left > 0:
            part = self._next(min(left, _PIECE))
            if not part:
                raise Failure("a download ended too early", again=True)
            left -= len(part)

    def _open(self, url: Url, header: str) -> Answer:
        """The head of an answer; its body is what is read next where the status is 200 or 206."""
        self.close()
        self._connection = connection = self._client.network.connect(url, self._seconds())
        sent = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if header:
            sent["Authorization"] = header
        if self._at:
            sent["Range"] = f"bytes={self._at}-"
        try:
            connection.request("GET", url.target, None, sent)
            if connection.sock is not None:
                connection.sock.settimeout(self._seconds())
            response = connection.getresponse()
            body = b"" if response.status in (200, 206) else response.read(_OF_SMALL_ANSWERS)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            self.close()
            raise as_failure(problem) from None
        if response.status in (200, 206):
            self._response = response
        return Answer(url, response.status, response.headers, body)
