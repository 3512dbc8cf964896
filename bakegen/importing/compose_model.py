"""What compose files are read into: values with their places, and how two of them are merged.

Source: "Merge" of the Compose specification, `override/merge.go` and `override/uncity.go` of compose-go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES = 200_000


class TooLarge(Exception):
    """Merging would make more values than anybody writes."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value: its text with variables put in, None for nothing.

    Attributes:
        text: what it comes to.
        origin: ``file:line``.
        unset: variables without a value or default, which stand for nothing in it.
        required: those of them without which compose would stop.
    """

    text: str | None
    origin: str
    unset: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


Value = Leaf | list["Value"] | dict[str, "Value"]


class Budget:
    """How many values may still be made by merging and extending."""

    def __init__(self) -> None:
        """`MAX_VALUES` at first."""
        self.left = MAX_VALUES

    def take(self, count: int) -> None:
        """Counts values; `TooLarge` where there are too many."""
        self.left -= count
        if self.left < 0:
            raise TooLarge


def merge(base: Value, over: Value, path: tuple[str, ...], budget: Budget) -> Value:
    """`base` with what `over` sets: maps by key, lists one behind the other, anything else replaced."""
    if isinstance(over, Leaf):
        return base if over.text is None and not _is_named_value(path) else over
    if isinstance(base, dict) and isinstance(over, dict):
        budget.take(len(base) + len(over))
        merged = dict(base)
        for key, value in over.items():
            merged[key] = merge(merged[key], value, (*path, key), budget) if key in merged else value
        return merged
    if isinstance(base, list) and isinstance(over, list):
        budget.take(len(base) + len(over))
        return [*base, *over]
    return over


def _is_named_value(path: tuple[str, ...]) -> bool:
    """Whether `path` is that of one build argument, variable or label, where nothing is a value of its own."""
    return len(path) > 1 and path[-2] in ("args", "environment", "labels")


def without(value: Value, path: tuple[str, ...]) -> Value:
    """`value` without what stands at `path`."""
    if not isinstance(value, dict) or path[0] not in value:
        return value
    rest = {key: item for key, item in value.items() if key != path[0]}
    return rest if len(path) == 1 else {**value, path[0]: without(value[path[0]], path[1:])}


def leaves(value: Value) -> Iterator[Leaf]:
    """All leaves of a value, in their order."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Leaf):
            yield one
        else:
            waiting.extend(reversed(list(one.values()) if isinstance(one, dict) else one))


def origin(value: Value, otherwise: str) -> str:
    """Where a value stands: the place of its first leaf."""
    return next((leaf.origin for leaf in leaves(value)), otherwise)


def text(value: Value | None) -> str | None:
    """The text of a leaf; None for nothing and for lists and maps."""
    return value.text if isinstance(value, Leaf) else None


def table(value: Value | None) -> dict[str, Value]:
    """The entries of a map, of a list of ``key=value``, or of nothing at all."""
    if isinstance(value, dict):
        return value
    found: dict[str, Value] = {}
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Leaf) and item.text:
            name, equals, rest = item.text.partition("=")
            found[name] = Leaf(rest if equals else None, item.origin, item.unset, item.required)
    return found


def several(value: Value | None) -> list[Value]:
    """The items of a list, or the one value that stands in its place."""
    if isinstance(value, list):
        return value
    return [] if value is None or (isinstance(value, Leaf) and value.text is None) else [value]
