"""How large references are, what they share, and what removing them would free: every byte counted once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.pruning.graph import Graph
    from bakegen.pruning.model import Node, Ref


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a reference.

    Attributes:
        total: of all that it names.
        own: of what nothing else names: removing it alone frees that.
    """

    total: int
    own: int

    @property
    def shared(self) -> int:
        """What other references name as well."""
        return self.total - self.own


def sizes(graph: Graph, refs: Iterable[Ref]) -> dict[Ref, Size]:
    """The size of each of `refs`; what is shared is shared among all references of the inventory."""
    behind = {ref.node: graph.weights(graph.used(ref.node)) for ref in graph.inventory.refs}
    count: Counter[tuple[str, str]] = Counter()
    for ref in graph.inventory.refs:
        count.update(behind[ref.node].keys())
    found = {}
    for ref in refs:
        weights = behind[ref.node]
        own = sum(size for blob, size in weights.items() if count[blob] == 1)
        found[ref] = Size(sum(weights.values()), own)
    return found


def together(graph: Graph, refs: Iterable[Ref]) -> int:
    """The bytes of `refs` together, each once."""
    return sum(graph.weights(graph.all_used(refs)).values())


def freed(graph: Graph, removed: Iterable[Node]) -> int:
    """The bytes that nothing names any more when the manifests `removed` are gone."""
    gone = set(removed)
    kept = graph.weights(node for node in graph.inventory.manifests if node not in gone)
    weights: Mapping[tuple[str, str], int] = graph.weights(gone)
    return sum(size for blob, size in weights.items() if blob not in kept)
