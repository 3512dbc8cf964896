"""Finds the rules: every module with a `RULE` in the folders of this package.

To load all of them takes longer than to lint a file. So there is an index of what must be known of a rule before it
runs, made from the rules themselves (`index_text`); a test holds it against them, and without it they are loaded.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from bakegen.rules.model import Kind, Rule
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDERS = ("general", "buildkit", "practice", "cache", "bakefiles", "definitions")
INDEX = Path(__file__).with_name("index.py")
"""Where the index is kept."""


class Named(Protocol):
    """What words of a configuration are compared with."""

    @property
    def code(self) -> str:
        """See `Rule`."""
        ...

    @property
    def name(self) -> str:
        """See `Rule`."""
        ...

    @property
    def twins(self) -> tuple[str, ...]:
        """See `Rule`."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a rule that is not loaded; see `Rule` for the fields. `module` is where it is."""

    code: str
    name: str
    kind: Kind
    twins: tuple[str, ...]
    words: tuple[str, ...]
    default: bool
    module: str

    def load(self) -> Rule:
        """The rule itself."""
        return _loaded(self.module)


@cache
def _loaded(module: str) -> Rule:
    found = importlib.import_module(f"bakegen.rules.{module}").RULE
    assert isinstance(found, Rule)
    return found


N = TypeVar("N", bound=Named)


def _modules() -> list[str]:
    """All modules of the folders: ``cache.add_link``."""
    found = []
    for folder in FOLDERS:
        with os.scandir(Path(__file__).with_name(folder)) as entries:
            names = [entry.name.removesuffix(".py") for entry in entries if entry.name.endswith(".py")]
        found += [f"{folder}.{name}" for name in names if not name.startswith("_")]
    return sorted(found)


@cache
def entries() -> tuple[Entry, ...]:
    """All rules, by code, without loading them where the index names the modules that are there."""
    try:
        listed = importlib.import_module("bakegen.rules.index").RULES
    except ImportError:
        listed = ()
    kinds = {str(kind): kind for kind in Kind}
    found = [Entry(code, name, kinds[kind], *rest) for code, name, kind, *rest in listed]
    if sorted(one.module for one in found) == _modules():
        return tuple(found)
    return _scanned()


def _scanned() -> tuple[Entry, ...]:
    """All rules, by code, out of their modules."""
    found = []
    for module in _modules():
        one = getattr(importlib.import_module(f"bakegen.rules.{module}"), "RULE", None)
        if isinstance(one, Rule):
            found.append(Entry(one.code, one.name, one.kind, one.twins, one.words, one.default, module))
    return tuple(sorted(found, key=lambda one: one.code))


def index_text() -> str:
    """The text of the index as it should be."""
    lines = ['"""What must be known of a rule before it runs; made from the rules, see `discovery`."""\n\nRULES = (']
    for one in _scanned():
        fields = (one.code, one.name, str(one.kind), one.twins, one.words, one.default, one.module)
        lines.append(f"    {fields!r},")
    return "\n".join([*lines, ")\n"])


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by code."""
    return tuple(one.load() for one in entries())


def rule(code: str) -> Rule:
    """The rule of a code.

    Raises:
        LookupError: there is none.
    """
    for one in entries():
        if one.code == code:
            return one.load()
    raise LookupError(code)


def twins(among: Iterable[N]) -> dict[str, list[N]]:
    """The rules by what they are called elsewhere, with and without the tool: ``hadolint:DL3006``, ``DL3006``."""
    found: dict[str, list[N]] = {}
    for one in among:
        for twin in one.twins:
            found.setdefault(twin, []).append(one)
            found.setdefault(twin.partition(":")[2], []).append(one)
    return found


def named(word: str, among: Iterable[N]) -> list[N]:
    """The rules that a word of the configuration or of a comment means.

    It may be ``ALL``, a code, the beginning of codes (``CA``, ``CA3``), a name, a glob over names (``apt-*``), or what
    the rule is called elsewhere (``DL3006``, ``hadolint:DL3006``, ``StageNameCasing``).
    """
    from fnmatch import fnmatchcase

    among = list(among)
    if word.upper() == "ALL":
        return among
    found = [one for one in among if fnmatchcase(one.name, word)]
    if found:
        return found
    exact = twins(among).get(word)
    if exact is not None:
        return exact
    upper = word.upper()
    if upper.isalnum() and upper[:2].isalpha() and (len(upper) == 2 or upper[2:].isdigit()):
        return [one for one in among if one.code.startswith(upper)]
    return []
