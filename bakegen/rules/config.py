"""What a team wants of the linter: which rules run where, how bad they are, from when on the command fails."""

from __future__ import annotations

import re
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.discovery import entries, named
from bakegen.rules.model import Settings
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.rules.discovery import Entry
    from bakegen.rules.model import Rule

RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
"""How bad a severity is."""


@dataclass(frozen=True)
class Config:
    """The configuration of one run. Words mean what `discovery.named` says.

    Attributes:
        select: the rules that run; those that run by default where empty.
        extend: more rules.
        ignore: rules that do not run.
        per_file: path globs (``*`` stays in a folder, ``**`` does not) with rules that do not run there.
        severities: how bad a rule is here.
        severity: findings that are less are not shown.
        fail_on: the severity from which on the command exits with 1.
        pragmas: whether comments in files may silence findings.
        settings: what rules ask for.
    """

    select: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    severity: Severity = Severity.NOTE
    fail_on: Severity = Severity.WARNING
    pragmas: bool = True
    settings: Settings = field(default_factory=Settings)

    def chosen(self, path: str) -> tuple[Entry, ...]:
        """The rules that run on the file at `path`, which is relative to the configuration's folder."""
        return _chosen(self.select, self.extend, self._ignored(path))

    def leaves_out(self, twins: Iterable[str], path: str) -> bool:
        """Whether findings that `twins` report elsewhere are ignored: a rule may stand for several of another tool."""
        words = self._ignored(path)
        return bool(words) and any(twin in words or twin.partition(":")[2] in words for twin in twins)

    def severity_of(self, rule: Rule, twins: Iterable[str]) -> Severity | None:
        """What the configuration says of a finding's severity, None where nothing; the last word that means it counts.

        Args:
            rule: the finding's rule.
            twins: what reports the finding elsewhere.
        """
        if not self.severities:
            return None
        said = _severities(tuple(self.severities.items()))
        names = (rule.code, *(name for twin in twins for name in (twin, twin.partition(":")[2])))
        return max((said[name] for name in names if name in said), default=(0, None))[1]

    def _ignored(self, path: str) -> tuple[str, ...]:
        words = tuple(word for glob, words in self.per_file if _glob(glob).fullmatch(path) for word in words)
        return (*self.ignore, *words) if words else self.ignore


@lru_cache(maxsize=64)
def _chosen(select: tuple[str, ...], extend: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Entry, ...]:
    every = entries()
    wanted = {rule.code for word in select for rule in named(word, every)} if select else set()
    if not select:
        wanted = {rule.code for rule in every if rule.default}
    wanted |= {rule.code for word in extend for rule in named(word, every)}
    wanted -= {rule.code for word in ignore for rule in named(word, every) if not _in_part(word, rule)}
    return tuple(rule for rule in every if rule.code in wanted)


def _in_part(word: str, rule: Entry) -> bool:
    """Whether a word means only some findings of a rule: it is one of several names that another tool has for them."""
    tools = [twin.partition(":")[0] for twin in rule.twins if word in (twin, twin.partition(":")[2])]
    return any(sum(twin.startswith(f"{tool}:") for twin in rule.twins) > 1 for tool in tools)


@lru_cache(maxsize=8)
def _severities(said: tuple[tuple[str, Severity], ...]) -> dict[str, tuple[int, Severity]]:
    """The severity of each rule by its code, and of those that a word means in part by that word, with its place."""
    found: dict[str, tuple[int, Severity]] = {}
    for place, (word, severity) in enumerate(said, 1):
        meant = named(word, entries())
        found.update({rule.code: (place, severity) for rule in meant if not _in_part(word, rule)})
        if not meant or any(_in_part(word, rule) for rule in meant):
            found[word] = (place, severity)
    return found


def in_globs(path: str, globs: Iterable[str]) -> bool:
    """Whether one of `globs` means `path`, or a folder that it lies in; see `Config.per_file` for how they are read."""
    return any(_glob(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(meaning.get(part) or re.escape(part) for part in parts)
    return re.compile(f"{body}(?:/.*)?")
