"""The bake file as values: what the plan hands over and the writers turn into text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.definition.origin import Origin


class Choice(str):
    """A text that the override file may replace: `key` in the map `variable`, this text where it has none.

    To everything but the writers it is the text itself, which is what bake reads without an override.
    """

    __slots__ = ("key", "variable")

    key: str
    variable: str

    def __new__(cls, text: str, variable: str, key: str) -> Choice:
        made = super().__new__(cls, text)
        made.variable = variable
        made.key = key
        return made


Value = str | bool | int | tuple["Value", ...] | Mapping[str, "Value"]
"""What an attribute may hold. Entries of caches, outputs, secrets … are mappings of text."""

_NOTHING: Mapping[str, Origin] = MappingProxyType({})


def _nothing() -> Mapping[str, Origin]:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class BakeTarget:
    """One target. `origins` maps an attribute (``tags``), a part of one (``tags.0``, ``args.VERSION``), or
    ``""`` for the whole target to where it was written. Targets of one `section` stand under one heading.
    """

    name: str
    attributes: Mapping[str, Value]
    origins: Mapping[str, Origin] = field(default_factory=_nothing, compare=False)
    comment: str = ""
    section: str = ""

    def origin(self, path: str = "") -> Origin | None:
        """Where `path` was written: itself, else the nearest thing that holds it."""
        while True:
            found = self.origins.get(path)
            if found is not None or not path:
                return found
            path = path.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class BakeGroup:
    """A named list of targets and groups."""

    name: str
    targets: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class BakeVariable:
    """A map of text that `Choice` values look into."""

    name: str
    values: Mapping[str, str]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class BakeFile:
    """A whole file: comment lines at its head, variables, groups, targets, in the order in which they are written."""

    header: tuple[str, ...] = ()
    groups: tuple[BakeGroup, ...] = ()
    targets: tuple[BakeTarget, ...] = ()
    variables: tuple[BakeVariable, ...] = ()
