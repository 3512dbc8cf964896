"""HTTP to registries: kept connections, time limits, retries where a server is busy; knows nothing of images.

A `Network` is what all workers share, a `Client` is one worker's own.
"""

from __future__ import annotations

import email.utils
import http.client
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen import __version__
from bakegen.workspace.registry_failure import Failure, as_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.workspace.registry_network import Network, Origin
    from bakegen.workspace.registry_url import Url

TRIES = 3
BUSY = frozenset({429, 500, 502, 503, 504})
USER_AGENT = f"bakegen/{__version__}"
_BACKOFF_SECONDS = 0.25
_FAILURES_IN_A_ROW = 4
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer and the URL that gave it, after redirects."""

    url: Url
    status: int
    headers: http.client.HTTPMessage
    body: bytes


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

    def _wait_for(self, origin: Origin) -> None:
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

    def _count(self, origin: Origin, failure: Failure) -> None:
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
