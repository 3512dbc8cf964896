"""A blob into a registry: streamed from a file, taken up again where the registry says how far it got.

Source: the distribution specification (``opencontainers/distribution-spec``: pushing a blob in chunks).
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from bakegen.workspace.registry_failure import Failure, as_failure
from bakegen.workspace.registry_http import TRIES, USER_AGENT, Answer
from bakegen.workspace.registry_images import absolute, follow, headers, let_in, page_url
from bakegen.workspace.registry_url import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_http import Client
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_url import Url

_PIECE = 256 * 1024
_PART = 16 * 1024 * 1024
_PAUSE = 0.5
_OF_SMALL_ANSWERS = 64 * 1024
_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,18})", re.ASCII)


class Upload:
    """Puts one blob into a repository."""

    def __init__(self, client: Client, gate: Gate, repository: Repository, path: Path, digest: str, size: int) -> None:
        """`path` has the bytes; `digest` and `size` are theirs."""
        self._client = client
        self._gate = gate
        self._repository = repository
        self._path = path
        self._digest = digest
        self._size = size

    def run(self, progress: Callable[[int], None] = lambda count: None) -> bool:
        """Does it; returns False where the blob is there already.

        The registry checks the digest when it takes the blob. `progress` is told how many bytes went.

        Raises:
            Failure: it could not be done.
        """
        if self._there():
            return False
        place = self._begin()
        at = best = failures = 0
        step = self._size  # all at once: not every registry likes parts
        while True:
            try:
                while at < self._size:
                    end = min(at + step, self._size)
                    place = self._send(place, at, end, progress)
                    at = end
                self._finish(place)
            except Failure as failure:
                if not failure.again or (failures := failures + 1) >= TRIES:
                    raise
                self._wait(failures)
                step = _PART  # some forget all of a request that was cut
                if self._there():  # the last answer was lost
                    return True
                place, reached = self._state(place)
                failures = failures if reached <= best else 1
                at, best = reached, max(reached, best)
                continue
            return True

    def _there(self) -> bool:
        url = page_url(self._repository, f"blobs/{self._digest}")
        ask = self._asking("HEAD", "*/*")
        answer = self._checked(let_in(self._client, self._gate, self._repository, url, ask), 200, 404)
        return answer.status == 200

    def _begin(self) -> Url:
        url = page_url(self._repository, "blobs/uploads/")

        def ask(at: Url, header: str) -> Answer:
            sent = {**headers(header, "*/*"), "Content-Length": "0"}
            return self._client.ask("POST", at, sent, body=b"", limit=_OF_SMALL_ANSWERS)

        return self._next(self._checked(let_in(self._client, self._gate, self._repository, url, ask), 202))

    def _send(self, place: Url, at: int, end: int, progress: Callable[[int], None]) -> Url:
        """Sends the bytes from `at` to `end` in one request."""
        answer = self._entered(place, lambda url, header: self._stream(url, header, at, end, progress))
        return self._next(self._checked(answer, 202))

    def _finish(self, place: Url) -> None:
        joint = "&" if "?" in place.target else "?"
        url = place.at(f"{place.target}{joint}digest={quote(self._digest, safe='')}")

        def ask(at: Url, header: str) -> Answer:
            sent = {**headers(header, "*/*"), "Content-Length": "0", "Content-Type": "application/octet-stream"}
            return self._client.ask("PUT", at, sent, body=b"", limit=_OF_SMALL_ANSWERS, tries=1)

        try:
            answer = self._entered(url, ask)
        except Failure as failure:
            raise Failure(failure.reason, again=not failure.stop, stop=failure.stop) from None
        self._checked(answer, 201, 204)

    def _state(self, place: Url) -> tuple[Url, int]:
        """Where to go on and from which byte; from the begin where the registry has forgotten the upload."""
        answer = self._entered(place, self._asking("GET", "*/*"))
        if answer.status not in (200, 204):
            return self._begin(), 0
        found = _RANGE.fullmatch((answer.headers.get("Range") or "").strip())
        if found is None or int(found[1]) == 0 or int(found[1]) >= self._size:
            # 0-0 is said of nothing and of one byte, and what is sent without a range may be put behind it.
            return self._begin(), 0
        return (self._next(answer) if answer.headers.get("Location") else place), int(found[1]) + 1

    def _asking(self, method: str, accept: str) -> Callable[[Url, str], Answer]:
        def ask(url: Url, header: str) -> Answer:
            return follow(
                url,
                header,
                lambda at, sent: self._client.ask(method, at, headers(sent, accept), limit=_OF_SMALL_ANSWERS),
            )

        return ask

    def _entered(self, url: Url, ask: Callable[[Url, str], Answer]) -> Answer:
        """The answer of where the upload goes on; another server than the registry's gets no login."""
        if url.origin != page_url(self._repository, "").origin:
            return ask(url, "")
        return let_in(self._client, self._gate, self._repository, url, ask)

    def _next(self, answer: Answer) -> Url:
        place = parse_url(absolute(answer.url, answer.headers.get("Location") or ""))
        if place is None or (answer.url.scheme == "https" and place.scheme != "https"):
            raise Failure("it wants a layer at an address that is not https")
        return place

    def _checked(self, answer: Answer, *fine: int) -> Answer:
        if answer.status in (401, 403):
            raise Failure(self._gate.why_refused(self._client, self._repository.host, answer.status))
        if answer.status not in fine:
            # What a restarted or busy registry says of an upload: how far it got tells what to do.
            passing = answer.status in (404, 408, 416, 429) or answer.status >= 500
            raise Failure(f"it answers with status {answer.status} for a layer", again=passing)
        return answer

    def _wait(self, failures: int) -> None:
        network = self._client.network
        network.stopped.wait(min(_PAUSE * failures, network.left()))
        network.left()

    def _stream(self, url: Url, header: str, at: int, end: int, progress: Callable[[int], None]) -> Answer:
        network = self._client.network
        sent = {"User-Agent": USER_AGENT, "Content-Type": "application/octet-stream"}
        sent["Content-Length"] = str(end - at)
        if header:
            sent["Authorization"] = header
        if end - at < self._size:  # registries that know no parts take the whole without
            sent["Content-Range"] = f"{at}-{end - 1}"
        connection = network.connect(url, max(0.001, min(network.timeout, network.left())))
        try:
            connection.request("PATCH", url.target, self._pieces(at, end, progress), sent)
            response = connection.getresponse()
            body = response.read(_OF_SMALL_ANSWERS)
            return Answer(url, response.status, response.headers, body)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            failure = as_failure(problem)
            raise Failure(failure.reason, again=True) from None
        finally:
            network.close(connection)

    def _pieces(self, at: int, end: int, progress: Callable[[int], None]) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(at)
            while at < end and (piece := file.read(min(_PIECE, end - at))):
                self._client.network.left()
                at += len(piece)
                yield piece
                progress(len(piece))
