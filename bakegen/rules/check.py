"""Runs the rules on one subject: findings less those that comments silence, with comments that were of no use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.dockerfile.goparse import parse_bool
from bakegen.rules.config import RANK, Config
from bakegen.rules.discovery import entries, named
from bakegen.rules.discovery import rule as rule_of
from bakegen.rules.model import Finding, Kind, Result, Rule
from bakegen.rules.pragmas import pragmas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bakegen.rules.discovery import Entry
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.pragmas import Pragma
    from bakegen.text import Source

_SHELLCHECK = re.compile(r"SC\d{4}")
REFUSED, UNUSED, UNKNOWN = "GE001", "GE002", "GE003"


def check_dockerfile(subject: DockerfileSubject, config: Config | None = None, path: str = "") -> tuple[Result, ...]:
    """All findings in a Dockerfile, in the order of the file.

    Args:
        subject: the Dockerfile.
        config: which rules run, and how bad they are.
        path: the file's path below the configuration's folder, for rules that do not run everywhere.
    """
    config = config or Config()
    chosen = [rule for rule in config.chosen(path or subject.source.path) if rule.kind is Kind.DOCKERFILE]
    if subject.dockerfile.tree.foreign is not None:
        return ()
    found = _run([one for one in chosen if one.code == REFUSED], subject, "")
    if not found and subject.dockerfile.ok:
        found = _run([one for one in chosen if one.code != REFUSED], subject, subject.lower)
    if config.pragmas:
        found = _silenced(pragmas(subject.dockerfile), chosen, found)
    return _results(_kept(found, config, path or subject.source.path), config, subject)


def check_other(
    subject: object, kind: Kind, source: Source, config: Config, path: str, given: Sequence[Pragma] = ()
) -> tuple[Result, ...]:
    """All findings in a bake file or in definitions, less those that comments (`given`) silence, in its order."""
    every = config.chosen(path or source.path)
    found = _run([rule for rule in every if rule.kind is kind], subject, source.text.lower())
    if config.pragmas and given:
        found = _silenced(given, every, found)
    found = _kept(found, config, path or source.path)
    return _sorted(Result(rule, finding, _severity(rule, finding, config), source) for rule, finding in found)


def _run(chosen: Iterable[Entry], subject: object, lower: str) -> list[tuple[Rule, Finding]]:
    found: list[tuple[Rule, Finding]] = []
    there: dict[str, bool] = {}
    for entry in chosen:
        if not entry.words or _has_any(entry.words, lower, there):
            rule = entry.load()
            found.extend((rule, finding) for finding in rule.check(subject))
    return found


def _has_any(words: Iterable[str], lower: str, there: dict[str, bool]) -> bool:
    """Whether one of `words` is in a text; `there` remembers which are: many rules ask for the same."""
    for word in words:
        if (known := there.get(word)) is None:
            known = there[word] = word in lower
        if known:
            return True
    return False


def _kept(found: list[tuple[Rule, Finding]], config: Config, path: str) -> list[tuple[Rule, Finding]]:
    """The findings whose names elsewhere are not ignored."""
    return [one for one in found if not config.leaves_out(one[1].twins or one[0].twins, path)]


def _results(found: list[tuple[Rule, Finding]], config: Config, subject: DockerfileSubject) -> tuple[Result, ...]:
    strict = _errors(subject)
    results = []
    for rule, finding in found:
        severity = _severity(rule, finding, config)
        if strict and any(twin.startswith("buildkit:") for twin in finding.twins or rule.twins):
            severity = Severity.ERROR
        results.append(Result(rule, finding, severity, subject.source))
    return _sorted(results)


def _severity(rule: Rule, finding: Finding, config: Config) -> Severity:
    return config.severity_of(rule, finding.twins or rule.twins) or finding.severity or rule.severity


def _sorted(results: Iterable[Result]) -> tuple[Result, ...]:
    return tuple(sorted(results, key=lambda one: (one.finding.span, one.rule.code, one.finding.message)))


def _errors(subject: DockerfileSubject) -> bool:
    """Whether the file itself makes build checks errors: ``# check=error=true``."""
    for part in (subject.dockerfile.check or "").split(";"):
        key, _, value = part.partition("=")
        if key.strip() == "error" and parse_bool(value.strip()):
            return True
    return False


def _silenced(
    given: Sequence[Pragma], chosen: Sequence[Entry], found: list[tuple[Rule, Finding]]
) -> list[tuple[Rule, Finding]]:
    if not given:
        return found
    codes = {rule.code for rule in chosen}
    used: set[Pragma] = set()
    kept = []
    for rule, finding in found:
        matching = [one for one in given if rule.code != REFUSED and _silences(one, rule, finding)]
        used.update(matching)
        if not matching:
            kept.append((rule, finding))
    for problem in _problems(given, used, chosen):
        if problem[0].code in codes and not any(_silences(one, *problem) for one in given):
            kept.append(problem)
    return kept


def _silences(pragma: Pragma, rule: Rule, finding: Finding) -> bool:
    area = pragma.area
    if area is not None and not area.start <= finding.span.start < max(area.end, area.start + 1):
        return False
    twins = finding.twins or rule.twins
    if pragma.tool == "buildkit":
        return any(twin == f"buildkit:{pragma.word}" for twin in twins) or (
            pragma.word == "all" and any(twin.startswith("buildkit:") for twin in twins)
        )
    if any(pragma.word in (twin, twin.partition(":")[2]) for twin in twins):
        return True
    if pragma.tool == "hadolint":
        return False
    by_twin = any(pragma.word in (twin, twin.partition(":")[2]) for twin in rule.twins)
    return not by_twin and any(one.code == rule.code for one in named(pragma.word, entries()))


def _problems(given: Iterable[Pragma], used: set[Pragma], chosen: Sequence[Entry]) -> Iterator[tuple[Rule, Finding]]:
    every = entries()
    running = {one.code for one in chosen}
    for pragma in given:
        if pragma in used:
            continue
        meant = named(pragma.word, every)
        if not meant and pragma.tool == "bakegen" and not _SHELLCHECK.fullmatch(pragma.word):
            known = [word for one in every for word in (one.code, one.name)]
            message = f"there is no rule {pragma.word}"
            yield rule_of(UNKNOWN), Finding(pragma.span, message, did_you_mean(pragma.word, known) or "")
        elif meant and pragma.tool == "bakegen" and all(one.code in running for one in meant):
            where = "in this file" if pragma.area is None else "here"
            yield rule_of(UNUSED), Finding(pragma.span, f"{pragma.word} finds nothing {where}", "take it out")


def worst(results: Iterable[Result]) -> Severity | None:
    """The worst severity of all; None without any."""
    return max((one.severity for one in results), key=RANK.__getitem__, default=None)
