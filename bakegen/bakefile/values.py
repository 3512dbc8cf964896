"""What an expression is worth, with the place that it was written in; what is not sure is `UNKNOWN`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bakegen.text import Source, Span


class Unknown(Enum):
    """The one value that nothing is known about."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
MAX_SIZE = 20_000
"""Lists and objects with more parts, counting repeated ones, are unknown."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value.

    Attributes:
        content: text, number, truth value, null, a list or an object of values, or `UNKNOWN`.
        span: where it was written.
        source: the file of `span`.
        variables: the variables that it was computed from with their defaults; the environment may change them.
        key_span: where its key was written, in an object.
        size: how many values it is made of.
    """

    content: Content
    span: Span
    source: Source
    variables: frozenset[str] = frozenset()
    key_span: Span | None = None
    size: int = 1

    @property
    def known(self) -> bool:
        """Whether it is known at all; parts of it may still be unknown."""
        return self.content is not UNKNOWN

    @property
    def sure(self) -> bool:
        """Whether all of it is known."""
        if isinstance(self.content, tuple):
            return all(item.sure for item in self.content)
        if isinstance(self.content, Mapping):
            return all(item.sure for item in self.content.values())
        return self.known

    @property
    def text(self) -> str | None:
        """Its text as bake converts it; None where it has none, or is null or unknown."""
        return as_text(self.content)

    @property
    def items(self) -> tuple[Value, ...]:
        """The items of a list; none where it is no list."""
        return self.content if isinstance(self.content, tuple) else ()

    @property
    def fields(self) -> Mapping[str, Value]:
        """The fields of an object; none where it is no object."""
        return self.content if isinstance(self.content, Mapping) else {}

    def as_(self, content: Content, *others: Value) -> Value:
        """Another content at the same place, computed from this and `others`; too much of it is unknown."""
        size = 1
        if isinstance(content, tuple):
            size += sum(item.size for item in content)
        elif isinstance(content, Mapping):
            size += sum(item.size for item in content.values())
        if size > MAX_SIZE:
            content, size = UNKNOWN, 1
        variables = self.variables.union(*(one.variables for one in others))
        return replace(self, content=content, variables=variables, size=size)


Content = str | bool | int | None | tuple[Value, ...] | Mapping[str, Value] | Unknown


def as_text(content: Content) -> str | None:
    """A scalar as text; None for everything else."""
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, int):
        return str(content)
    return content if isinstance(content, str) else None
