"""Which image references exist: asked of their registries in parallel, within a time limit, without dependencies.

`render` asks when it settles a branch, because BuildKit loses cache steps at random where several existing
caches share their first steps: only the nearest one that exists gets named. Source: the distribution
specification (``opencontainers/distribution-spec``: checking for manifests, listing tags).
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import Asker, read_image
from bakegen.workspace.registry_network import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.workspace.registry_images import Image, Repository

LIST_FROM = 20
"""From more references than this in one repository on, its tags are listed instead of asked for one by one."""

_FAREWELL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Probe:
    """What registries say: the references that exist, and those that could not be asked about, with the reason.

    A reference in neither does not exist. References are as they were given; reasons hold no secrets.
    """

    existing: frozenset[str]
    unknown: Mapping[str, str]


def probe(
    references: Iterable[str],
    *,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 30.0,
    workers: int = 16,
    gate: Gate | None = None,
) -> Probe:
    """Which of `references` (``[host/]path[:tag]``) exist.

    A registry may stay silent for `timeout` seconds; everything takes at most `deadline` seconds. At most `workers`
    connections are open at once, shared evenly between the hosts, of which each has at least one. Logins come
    from docker's configuration; a `gate` keeps its tokens for what comes after. Only what was asked for is read,
    nothing is written. Trouble with network, registries or logins never raises: it ends up in `Probe.unknown`.
    """
    given: dict[Image, list[str]] = {}
    unknown: dict[str, str] = {}
    for reference in sorted(set(references)):
        if (image := read_image(reference)) is None:
            unknown[reference] = "not a valid reference"
        else:
            given.setdefault(image, []).append(reference)
    network = Network(environ, timeout, time.monotonic() + deadline)
    board = _Board(given)
    if given:
        _run(network, board, gate or Gate(Credentials(environ)), workers)
    existing: set[str] = set()
    for image, names in given.items():
        found = board.found.get(image, f"no answer within {deadline:g} s")
        if found is True:
            existing.update(names)
        elif isinstance(found, str):
            unknown.update(dict.fromkeys(names, found))
    return Probe(frozenset(existing), MappingProxyType(dict(sorted(unknown.items()))))


class _Board:
    """What has been found, and what is still to do for each host; all workers write here."""

    def __init__(self, images: Iterable[Image]) -> None:
        self.found: dict[Image, bool | str] = {}
        self.crash: BaseException | None = None
        self._changed = threading.Condition()
        self._jobs: dict[str, deque[tuple[Image, ...]]] = {}
        self._under_way: dict[str, int] = {}
        self._missing = 0
        self._closed = False
        by_repository: dict[Repository, list[Image]] = {}
        for image in images:
            by_repository.setdefault(image.repository, []).append(image)
            self._missing += 1
        for repository, group in by_repository.items():
            jobs = self._jobs.setdefault(repository.host, deque())
            tags = tuple(image for image in group if not image.by_digest)
            if len(tags) > LIST_FROM:
                jobs.append(tags)
                group = [image for image in group if image.by_digest]
            jobs.extend((image,) for image in group)
        self.hosts = {host: sum(map(len, jobs)) for host, jobs in self._jobs.items()}

    def take(self, host: str) -> tuple[Image, ...] | None:
        """The next job of `host`; waits while others may still add some, None when all is done."""
        with self._changed:
            while not self._closed and not self._jobs[host]:
                if not self._under_way.get(host):
                    return None
                self._changed.wait()
            if self._closed:
                return None
            self._under_way[host] = self._under_way.get(host, 0) + 1
            return self._jobs[host].popleft()

    def done(self, host: str, found: Mapping[Image, bool | str], more: Iterable[Image] = ()) -> None:
        """The end of a job: what it found, and what has to be asked for one by one after all."""
        with self._changed:
            if self._closed:
                return
            self._under_way[host] -= 1
            self._jobs[host].extend((image,) for image in more)
            self._missing -= len(found)
            self.found.update(found)
            self._changed.notify_all()

    def fail(self, problem: BaseException) -> None:
        """A worker met a bug of ours: nobody waits for the rest."""
        with self._changed:
            self.crash = problem
            self._changed.notify_all()

    def wait(self, until: float) -> None:
        """Returns when everything is found, at `until`, or when a worker broke."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._missing or self.crash is not None, max(0.0, until - time.monotonic())
            )

    def close(self) -> None:
        """Nothing is given out any more, and nothing that is found from now on counts."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _run(network: Network, board: _Board, gate: Gate, workers: int) -> None:
    share = max(1, workers // len(board.hosts))
    refused: dict[Repository, str] = {}
    # Daemons: a name that takes minutes to resolve must hold up neither the deadline nor the end of the process.
    threads = [
        threading.Thread(target=_work, args=(network, board, gate, host, refused), daemon=True)
        for host, count in board.hosts.items()
        for _ in range(min(share, count))
    ]
    try:
        for thread in threads:
            thread.start()
        board.wait(network.until)
    finally:
        board.close()
        network.stop()
    end = time.monotonic() + _FAREWELL_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    if board.crash is not None:
        raise board.crash


def _work(network: Network, board: _Board, gate: Gate, host: str, refused: dict[Repository, str]) -> None:
    client = Client(network)
    asker = Asker(client, gate, refused)
    try:
        while (job := board.take(host)) is not None:
            if len(job) > 1:
                found, more = asker.tags(job)
            else:
                found, more = {job[0]: asker.exists(job[0])}, ()
            board.done(host, found, more)
    except BaseException as problem:
        # A bug; raised again in the thread that asked.
        board.fail(problem)
    finally:
        client.close()
