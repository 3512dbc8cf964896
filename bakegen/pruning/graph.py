"""What is reached from what: indexes and their children, manifests and what refers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.pruning.model import Inventory, Node, Ref

Blob = tuple[str, str]
"""Bytes on disk: the host and the digest. A registry keeps equal bytes once, whatever repository names them."""


class Graph:
    """The manifests of an inventory with their edges."""

    def __init__(self, inventory: Inventory) -> None:
        """`inventory` has all that was read; what it does not have is nothing that could go."""
        self.inventory = inventory
        self._referrers: dict[Node, list[Node]] = {}
        self._reached: dict[Node, frozenset[Node]] = {}
        for node, manifest in inventory.manifests.items():
            if manifest.subject:
                self._referrers.setdefault((node[0], manifest.subject), []).append(node)

    def used(self, node: Node) -> frozenset[Node]:
        """All that has to stay where `node` stays: it, its children, what refers to them and what they refer to."""
        if node not in self._reached:
            self._reached[node] = self._walk(node, uses=True)
        return self._reached[node]

    def parts(self, node: Node) -> frozenset[Node]:
        """What `node` is made of: it and its children."""
        return self._walk(node, uses=False)

    def referrers(self, node: Node) -> tuple[Node, ...]:
        """The manifests whose subject `node` is."""
        return tuple(self._referrers.get(node, ()))

    def all_used(self, refs: Iterable[Ref]) -> set[Node]:
        """All that has to stay where `refs` stay."""
        found: set[Node] = set()
        for node in {ref.node for ref in refs}:
            found |= self.used(node)
        return found

    def weights(self, nodes: Iterable[Node]) -> Mapping[Blob, int]:
        """The bytes behind `nodes`, each once: of their blobs and of the manifests themselves."""
        found: dict[Blob, int] = {}
        for node in nodes:
            manifest = self.inventory.manifests.get(node)
            if manifest is None:
                continue
            host = node[0].partition("/")[0]
            found[host, node[1]] = manifest.size
            for digest, size in manifest.blobs.items():
                found[host, digest] = size
        return found

    def parents_first(self, nodes: Iterable[Node]) -> tuple[Node, ...]:
        """`nodes` in an order in which an index comes before its children: no index is ever left without one."""
        wanted = sorted(nodes)
        done: dict[Node, None] = {}
        for start in wanted:
            # Depth first, noted on the way back: reversed, this is parents first.
            stack = [(start, False)]
            while stack:
                node, over = stack.pop()
                if over:
                    done[node] = None
                elif node not in done:
                    stack.append((node, True))
                    stack += [(child, False) for child in self._children(node) if child not in done]
        chosen = set(wanted)
        return tuple(node for node in reversed(done) if node in chosen)

    def _walk(self, start: Node, *, uses: bool) -> frozenset[Node]:
        found = {start}
        stack = [start]
        while stack:
            node = stack.pop()
            following = self._children(node)
            if uses:
                following += self._referrers.get(node, [])
                manifest = self.inventory.manifests.get(node)
                if manifest is not None and manifest.subject:
                    following.append((node[0], manifest.subject))
            for other in following:
                if other not in found:
                    found.add(other)
                    stack.append(other)
        return frozenset(found)

    def _children(self, node: Node) -> list[Node]:
        manifest = self.inventory.manifests.get(node)
        return [(node[0], child) for child in manifest.children] if manifest is not None else []
