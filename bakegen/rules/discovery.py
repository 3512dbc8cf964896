"""Finds the rules: every module with a `RULE` in the folders of this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from bakegen.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDERS = ("general", "buildkit", "practice", "cache", "bakefiles", "definitions")


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by code."""
    found = []
    for folder in FOLDERS:
        package = importlib.import_module(f"bakegen.rules.{folder}")
        for module in pkgutil.iter_modules(package.__path__):
            one = getattr(importlib.import_module(f"bakegen.rules.{folder}.{module.name}"), "RULE", None)
            if isinstance(one, Rule):
                found.append(one)
    return tuple(sorted(found, key=lambda one: one.code))


def rule(code: str) -> Rule:
    """The rule of a code.

    Raises:
        LookupError: there is none.
    """
    return {one.code: one for one in rules()}[code]


def twins(among: Iterable[Rule]) -> dict[str, list[Rule]]:
    """The rules by what they are called elsewhere, with and without the tool: ``hadolint:DL3006``, ``DL3006``."""
    found: dict[str, list[Rule]] = {}
    for rule in among:
        for twin in rule.twins:
            found.setdefault(twin, []).append(rule)
            found.setdefault(twin.partition(":")[2], []).append(rule)
    return found


def named(word: str, among: Iterable[Rule]) -> list[Rule]:
    """The rules that a word of the configuration or of a comment means.

    It may be ``ALL``, a code, the beginning of codes (``CA``, ``CA3``), a name, a glob over names (``apt-*``), or what
    the rule is called elsewhere (``DL3006``, ``hadolint:DL3006``, ``StageNameCasing``).
    """
    from fnmatch import fnmatchcase

    among = list(among)
    if word.upper() == "ALL":
        return among
    found = [rule for rule in among if fnmatchcase(rule.name, word)]
    if found:
        return found
    exact = twins(among).get(word)
    if exact is not None:
        return exact
    upper = word.upper()
    if upper.isalnum() and upper[:2].isalpha() and (len(upper) == 2 or upper[2:].isdigit()):
        return [rule for rule in among if rule.code.startswith(upper)]
    return []
