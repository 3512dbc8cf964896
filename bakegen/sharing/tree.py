"""What sequences begin with together: a tree in which each node has what its members share and no others do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Node:
    """A part that sequences share, behind that of the node above.

    Attributes:
        members: numbers of the sequences.
        start, end: the part, as positions in each of them; `end` is where they part, or where the only one ends.
        children: the parts behind it, by what comes next; one that ends here has a child with nothing in it.
    """

    members: tuple[int, ...]
    start: int
    end: int
    children: tuple[Node, ...] = ()

    def partings(self) -> Iterator[Node]:
        """The nodes behind which members part, from the top."""
        if self.children:
            yield self
        for child in self.children:
            yield from child.partings()


def prefix_tree(sequences: Sequence[Sequence[str]]) -> Node:
    """The tree of some sequences, of which there is at least one."""
    return _node(sequences, tuple(range(len(sequences))), 0)


def _node(sequences: Sequence[Sequence[str]], members: tuple[int, ...], start: int) -> Node:
    end = start
    while True:
        following: dict[str | None, list[int]] = {}
        for one in members:
            following.setdefault(sequences[one][end] if end < len(sequences[one]) else None, []).append(one)
        if len(following) > 1:
            return Node(members, start, end, tuple(_node(sequences, tuple(group), end) for group in following.values()))
        if None in following:
            return Node(members, start, end)
        end += 1
