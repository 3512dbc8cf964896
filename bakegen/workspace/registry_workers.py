"""Many small questions to registries at once: each thread keeps its connections until all is answered."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from bakegen.workspace.parallel import run_all
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from bakegen.workspace.registry_network import Network

_A = TypeVar("_A")
_T = TypeVar("_T")


class Workers:
    """Threads with a `Client` each; leaving the `with` ends their connections."""

    def __init__(self, network: Network, count: int) -> None:
        """`count` is how many threads there are at most."""
        self._network = network
        self._count = count
        self._own = threading.local()
        self._lock = threading.Lock()
        self._clients: list[Client] = []

    def __enter__(self) -> Workers:
        """Nothing is open yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Ends what is under way after an exception, and all connections."""
        self._network.stop()
        if kind is None:  # otherwise threads may still be at work with them
            for client in self._clients:
                client.close()

    def all(self, work: Callable[[Client, _A], _T], items: Sequence[_A]) -> list[_T | Failure]:
        """What `work` gives for each of `items`, or the `Failure` that it raised."""

        def guarded(item: _A) -> _T | Failure:
            try:
                return work(self._client(), item)
            except Failure as failure:
                return failure

        return run_all(guarded, items, self._count)

    def _client(self) -> Client:
        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            self._own.client = client = Client(self._network)
            with self._lock:
                self._clients.append(client)
        return client
