"""Located nodes: what a YAML or TOML file says, as text with places, before anything is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bakegen.text import Location, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.text import Source

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A leaf: the text exactly as it was written (``3.10`` stays ``3.10``), quotes and escapes resolved.

    `plain` says that no quotes were around it; only then does an empty text or ``null`` mean "nothing".
    """

    source: Source
    start: int
    end: int
    text: str
    plain: bool = True
    size: ClassVar[int] = 1

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.source, Span(self.start, self.end))

    @property
    def is_null(self) -> bool:
        """True for an empty value, ``~`` and ``null`` without quotes."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list of nodes; `size` counts every node in it, aliases as often as they are used."""

    source: Source
    start: int
    end: int
    items: tuple[Node, ...]
    size: int

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.source, Span(self.start, self.end))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping from text to nodes in the order written; `keys` holds the same keys with their places."""

    source: Source
    start: int
    end: int
    entries: dict[str, Node]
    keys: dict[str, Scalar]
    size: int

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.source, Span(self.start, self.end))


Node = Scalar | Items | Table


def describe(node: Node) -> str:
    """What kind of thing `node` is, in words for a message."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else "a single value"
    return "a list" if isinstance(node, Items) else "a mapping"
