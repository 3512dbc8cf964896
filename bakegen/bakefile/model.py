"""A bake file as it is written: blocks, attributes and expressions with their places; nothing is evaluated here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.text import Source, Span

Scalar = str | bool | int | None
"""What a literal may be; numbers that are not whole are `Opaque`."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string without templates, a whole number, a boolean, or null."""

    span: Span
    value: Scalar


@dataclass(frozen=True, slots=True)
class Template:
    """A string with ``${…}`` in it; its parts are literals and expressions."""

    span: Span
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    span: Span
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A key of an object with its value."""

    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Table:
    """An object."""

    span: Span
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of something: ``base.key`` or ``base[key]``."""

    span: Span
    base: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function with plain arguments."""

    span: Span
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """``a == b``, ``!a`` and the like; a conditional is the operator ``?`` with three operands."""

    span: Span
    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression that is not looked into: loops, splats, directives."""

    span: Span


Expression = Literal | Template | Items | Table | Name | Part | Call | Operation | Opaque


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = value``; `span` is all of it."""

    name: str
    name_span: Span
    span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """``kind "label" { … }``.

    Attributes:
        kind: ``target``, ``group``, ``variable``, ``function``, or whatever is written.
        labels: the words behind the kind.
        name_span: where the first label stands, or the kind where there is none.
        span: all of it.
        attributes: in the order of the file; in JSON a name may come twice.
        blocks: blocks inside.
    """

    kind: str
    labels: tuple[str, ...]
    name_span: Span
    span: Span
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...] = ()

    @property
    def name(self) -> str:
        """The first label."""
        return self.labels[0] if self.labels else ""

    def attribute(self, name: str) -> Attribute | None:
        """The attribute called `name`."""
        return next((one for one in self.attributes if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something because of which bake refuses the file."""

    span: Span
    message: str


@dataclass(frozen=True)
class Document:
    """One bake file.

    Attributes:
        source: the file.
        blocks: in its order.
        attributes: those outside of blocks, which are variables that the environment cannot set.
        problems: why bake refuses it; the rest is then as good as it could be read.
        comments: all of HCL's comments.
        names: the places in which variables and functions are used, by name.
    """

    source: Source
    blocks: tuple[Block, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    problems: tuple[Problem, ...] = ()
    comments: tuple[Span, ...] = ()
    names: dict[str, list[Span]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[Block, ...]:
        """The blocks of one kind."""
        return tuple(one for one in self.blocks if one.kind == kind)
