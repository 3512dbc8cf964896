"""The removal of what was selected: looked at again right before, an index before its children, a few at a time.

Registries know no way to look and to delete in one step, so a moment is left between the two.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.errors import EngineError
from bakegen.pruning.graph import Graph
from bakegen.pruning.model import Inventory
from bakegen.pruning.policy import removable
from bakegen.workspace.cache_refs import DEADLINE, TIMEOUT
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_delete import delete_manifest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import Repository
from bakegen.workspace.registry_network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bakegen.pruning.model import Node, Ref
    from bakegen.pruning.policy import Selection
    from bakegen.workspace.cache_refs import Reading, RefReader

_BATCH = 20
"""So many manifests are deleted between two looks at the tags."""


@dataclass(frozen=True)
class Removed:
    """What became of a removal.

    Attributes:
        refs: the references that are gone.
        left: references that were selected and stayed -> why.
        failures: manifests that could not be deleted, a sentence each.
        freed: the bytes that nothing names any more.
    """

    refs: tuple[Ref, ...] = ()
    left: Mapping[Ref, str] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    freed: int = 0


def whole(reading: Reading) -> Inventory:
    """All that was read.

    Raises:
        EngineError: it is not all that there is.
    """
    if reading.problems:
        more = f" (and {len(reading.problems) - 1} more)" if len(reading.problems) > 1 else ""
        raise EngineError(f"nothing is removed, because not all could be read: {reading.problems[0]}{more}")
    return reading.inventory


class Removal:
    """One removal, batch by batch."""

    def __init__(
        self,
        reader: RefReader,
        environ: Mapping[str, str],
        selection: Selection,
        before: Inventory,
        say: Callable[[str], None],
    ) -> None:
        """`before` is what `selection` was made from; `say` is told of each reference that is gone."""
        self._reader = reader
        self._network = Network(environ, TIMEOUT, time.monotonic() + DEADLINE)
        self._client = Client(self._network)
        # Not for pushing: a registry names what it wants for a deletion when it is asked for one.
        self._gate = Gate(Credentials(environ))
        self._selection = selection
        self._before = before
        self._say = say
        self._gone: set[Node] = set()
        self._closed: dict[str, str] = {}
        self._failures: list[str] = []
        self._left: dict[Ref, str] = {}

    def run(self) -> Removed:
        """Does it; may be called once.

        Raises:
            EngineError: the tags could not be read again; nothing more was deleted.
        """
        try:
            for start in range(0, len(self._selection.removed), _BATCH):
                batch = self._selection.removed[start : start + _BATCH]
                for node in self._look_again(batch):
                    self._delete(node)
        finally:
            self._client.close()
            self._network.stop()
        wanted = self._selection.selected
        refs = tuple(ref for ref in wanted if ref.node in self._gone)
        left = {ref: self._left.get(ref, "it was not deleted") for ref in wanted if ref.node not in self._gone}
        weights = Graph(self._before)
        kept = weights.weights(node for node in self._before.manifests if node not in self._gone)
        freed = sum(size for blob, size in weights.weights(self._gone).items() if blob not in kept)
        return Removed(refs, left, tuple(self._failures), freed)

    def _look_again(self, batch: Sequence[Node]) -> list[Node]:
        """What of `batch` only references that were selected still need."""
        now = whole(self._reader.read({node[0] for node in batch}))
        selected = set(self._selection.selected)
        # Manifests without tags, such as signatures, are not among those that were read now.
        merged = Inventory(now.refs, {**self._before.manifests, **now.manifests})
        merged = whole(self._reader.with_referrers(merged, batch))
        graph = Graph(merged)
        free = set(removable(graph, [ref for ref in now.refs if ref in selected])) | self._orphans(graph)
        free -= {node for node in free if any(other not in free for other in graph.referrers(node))}
        for ref in selected:
            if ref.node in batch and ref not in now.refs:
                self._left[ref] = "the tag names something else now, or is gone already"
            elif ref.node in batch and ref.node not in free:
                self._left[ref] = "something that stays needs the same manifest now"
        return [node for node in batch if node in free]

    def _orphans(self, graph: Graph) -> set[Node]:
        """Children of what was deleted before: no tag leads to them any more, unless one has come since."""
        kept = graph.all_used(graph.inventory.refs)
        return {part for node in self._gone for part in graph.parts(node)} - kept

    def _delete(self, node: Node) -> None:
        repository, digest = node
        host, _, path = repository.partition("/")
        if host in self._closed or not self._parents_gone(node):
            return
        try:
            delete_manifest(self._client, self._gate, Repository(host, path), digest)
        except Failure as failure:
            self._failures.append(f"{repository}@{digest} was not deleted: {failure.reason}")
            if failure.stop:
                self._closed[host] = failure.reason
            return
        self._gone.add(node)
        for ref in self._selection.selected:
            if ref.node == node:
                self._say(f"removed {ref.reference}")

    def _parents_gone(self, node: Node) -> bool:
        """Whether every index with `node` in it is deleted: none is left without its children."""
        return all(
            parent in self._gone
            for parent in self._selection.removed
            if parent[0] == node[0] and node[1] in self._before.manifests[parent].children
        )
