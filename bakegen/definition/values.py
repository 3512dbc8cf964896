"""Values on their way through the cascade: text with its origin, not yet rendered; and how layers are merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Merge

if TYPE_CHECKING:
    from bakegen.definition.origin import Origin


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text as it was written, and where."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Unset:
    """``null``: takes away what lower layers have set."""

    origin: Origin


Raw = Leaf | Unset | tuple["Raw", ...] | Mapping[str, "Raw"]


class AxisValue(Mapping[str, str]):
    """A value of an axis that has several fields; prints as the one that names it, and equals that text."""

    __slots__ = ("_fields", "_label")

    def __init__(self, label: str, fields: Mapping[str, str]) -> None:
        self._label = label
        self._fields = dict(fields)

    def __getitem__(self, key: str) -> str:
        return self._fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __str__(self) -> str:
        return self._label

    def __repr__(self) -> str:
        return f"AxisValue({self._label!r}, {self._fields!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self._label == other
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(self._label)


def merge(lower: Raw | None, upper: Raw, rule: Merge, identity: str = "") -> Raw | None:
    """What `lower` becomes when `upper` is set over it; None for nothing at all.

    The rule is that of the field: maps merge by key (a null takes the key away), lists are replaced, joined
    without repeating equal elements, or joined with the last entry of one `identity` winning.
    """
    if isinstance(upper, Unset):
        return None
    if isinstance(upper, Mapping):
        below = dict(lower) if rule is Merge.KEYS and isinstance(lower, Mapping) else {}
        for key, value in upper.items():
            if isinstance(value, Unset):
                below.pop(key, None)
            else:
                below[key] = value
        return below
    if isinstance(upper, tuple) and isinstance(lower, tuple):
        if rule is Merge.APPEND:
            seen = {plain(value) for value in lower}
            return lower + tuple(value for value in upper if plain(value) not in seen)
        if rule is Merge.BY_FIELD:
            names = {identify(value, identity) for value in upper}
            return tuple(value for value in lower if identify(value, identity) not in names) + upper
    return upper


def plain(value: Raw) -> object:
    """The value without its origins, hashable: for comparing."""
    if isinstance(value, Leaf):
        return value.text
    if isinstance(value, Unset):
        return None
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)
    return tuple((key, plain(one)) for key, one in value.items())


def identify(value: Raw, name: str) -> object:
    """The text of the field `name` of an entry, whether it is a mapping or CSV; the whole entry without one."""
    if isinstance(value, Mapping):
        found = value.get(name)
        return found.text if isinstance(found, Leaf) else plain(value)
    if isinstance(value, Leaf):
        match = re.search(rf"(?:^|,){re.escape(name)}=([^,]*)", value.text)
        # `ssh` entries in text form are `id=paths` or a bare id.
        return match[1] if match else value.text.partition("=")[0]
    return plain(value)
