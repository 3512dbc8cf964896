"""Ignore files (``.dockerignore``, ``<Dockerfile>.dockerignore``): what of a context a build can see.

Read as https://github.com/moby/patternmatcher/blob/main/ignorefile/ignorefile.go reads them and applied as
BuildKit's file sender walks a context (tonistiigi/fsutil ``filter.go``). Used by the context trees that content
keys are made of, and by rules on Dockerfiles.
"""

from __future__ import annotations

import itertools
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.diagnostics import error, warning
from bakegen.dockerfile.patterns import GO_SPACE, Matcher, PatternError, check, clean, compile_ignore
from bakegen.text import Location, Source, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bakegen.diagnostics import Diagnostic

DEFAULT_NAME = ".dockerignore"
_LONGEST_LINE = 65535


def ignore_file_names(dockerfile: str) -> tuple[str, str]:
    """Where the ignore file of a Dockerfile is looked for, the first that exists wins (and is not merged).

    The first name stands beside the Dockerfile, the second at the root of the context.
    Source: https://docs.docker.com/build/concepts/context/#filename-and-location
    """
    return f"{dockerfile}{DEFAULT_NAME}", DEFAULT_NAME


@dataclass(frozen=True, slots=True)
class Rule:
    """One line that counts: `pattern` is clean and without its ``!``; `negated` rules bring paths back."""

    pattern: str
    negated: bool
    matcher: Matcher = field(compare=False)
    location: Location | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"!{self.pattern}" if self.negated else self.pattern


@dataclass(frozen=True, slots=True)
class State:
    """What is known about a directory while a walk goes down: the verdict so far, and the rules still open.

    With no rules left the verdict holds for everything below. Equal states of one directory leave out equal
    paths below it, so a state is a key under which results can be kept.
    """

    excluded: bool
    rules: tuple[Rule, ...]

    @property
    def settled(self) -> bool:
        """True when nothing below can differ from `excluded`."""
        return not self.rules


@dataclass(frozen=True)
class IgnoreFile:
    """The rules of one ignore file in order, and what is wrong with it.

    Attributes:
        rules: patterns in order; a later match wins.
        diagnostics: errors where Docker would fail the build, warnings where it does what nobody means.
        sent: whether the rules decide what is sent to the builder, as those of a file do, or, as ``--exclude``,
            what it copies: the sender leaves whole directories out unseen.
    """

    rules: tuple[Rule, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)
    sent: bool = False

    @classmethod
    def parse(cls, source: Source) -> IgnoreFile:
        """Reads an ignore file; never fails, faults are in `diagnostics` and their lines have no effect."""
        rules: list[Rule] = []
        problems: list[Diagnostic] = []
        for line, start in _lines(source):
            text = line.strip(GO_SPACE)
            lead = start + len(line) - len(line.lstrip(GO_SPACE))
            location = Location(source, Span(lead, lead + len(text)))
            if len(line.encode("utf-8", "surrogateescape")) > _LONGEST_LINE:
                problems.append(
                    error(
                        "ignore-line-too-long",
                        f"a line of an ignore file is longer than {_LONGEST_LINE} bytes",
                        location,
                        help="Docker refuses to read the file; split the line",
                    )
                )
            elif text and not line.startswith("#"):
                _add(_from_line(text), location, rules, problems)
        return cls(tuple(rules), tuple(problems), sent=True)

    @classmethod
    def of(cls, patterns: Iterable[str], location: Location | None = None) -> IgnoreFile:
        """Rules of a list of patterns as ``--exclude`` and ``--parents`` take them: no comments, `!` negates."""
        rules: list[Rule] = []
        problems: list[Diagnostic] = []
        for pattern in patterns:
            _add(pattern, location, rules, problems)
        return cls(tuple(rules), tuple(problems))

    def __add__(self, other: IgnoreFile) -> IgnoreFile:
        """The rules of both, those of `other` later and so stronger."""
        return IgnoreFile(self.rules + other.rules, self.diagnostics + other.diagnostics, self.sent or other.sent)

    def excludes(self, path: str) -> bool:
        """Whether a path relative to the context's root is left out of the context.

        A directory that is left out may still be seen when something below it is brought back.
        """
        state = self.start
        parts = path.split("/")
        excluded = False
        for count in range(1, len(parts) + 1):
            if state.settled:
                return state.excluded
            current = "/".join(parts[:count])
            if count == len(parts):
                return self.verdict(state, current)
            excluded, state = self.enter(state, current)
        return excluded

    @cached_property
    def start(self) -> State:
        """The state of the context's root, which no rule can exclude."""
        return _simplified(False, self.rules)

    def verdict(self, state: State, path: str) -> bool:
        """Whether `path`, an entry of the directory that `state` belongs to, is excluded."""
        excluded = state.excluded
        for rule in state.rules:
            if rule.negated == excluded and rule.matcher.matches(path):
                excluded = not rule.negated
        return excluded

    def enter(self, state: State, path: str) -> tuple[bool, State]:
        """The verdict on a directory, an entry of the one that `state` belongs to, and its own state.

        A rule that matched a directory holds for all below it; one that was not asked, because the verdict
        already was what it would make it, is asked again below. That is how the engine's walk behaves
        (`MatchesUsingParentResults`), and it differs from matching a path and all its parents afresh.
        """
        excluded = settled = state.excluded
        open_rules: list[Rule] = []
        for rule in state.rules:
            if rule.negated == excluded and rule.matcher.matches(path):
                excluded = settled = not rule.negated
                open_rules.clear()
            elif rule.matcher.reaches(path):
                open_rules.append(rule)
        if excluded and self._skips(path):
            return True, State(True, ())
        return excluded, _simplified(settled, tuple(open_rules))

    @cached_property
    def quirk(self) -> tuple[str, ...] | None:
        """Directories that exceptions are about, when the sender's shortcut through them can be seen; else None.

        The sender does not look into an excluded directory when all exceptions are plain paths and none lies
        below it. That changes nothing, unless such a "plain" path holds ``| { }``, which the matcher does not
        escape. States of files with different quirks cannot be compared.
        """
        stems = [_without_glob(rule.pattern) for rule in self.rules if rule.negated]
        text = "".join(stems)
        if not self.sent or not any(char in text for char in "|{}") or any(char in text for char in "*[]?^\\"):
            return None
        return tuple(stem + "/" for stem in stems)

    def _skips(self, directory: str) -> bool:
        """Whether the sender leaves an excluded directory out unseen."""
        return self.quirk is not None and not any(stem.startswith(directory + "/") for stem in self.quirk)


def _without_glob(pattern: str) -> str:
    return pattern.removesuffix("/**").removesuffix("/*")


def _simplified(excluded: bool, rules: tuple[Rule, ...]) -> State:
    """Drops leading rules that could only make the verdict what it already is."""
    return State(excluded, tuple(itertools.dropwhile(lambda rule: rule.negated != excluded, rules)))


def _lines(source: Source) -> Iterator[tuple[str, int]]:
    """The lines and where they start; the byte order mark belongs to none."""
    start = 1 if source.text.startswith("\ufeff") else 0
    for line in source.text[start:].split("\n"):
        yield line, start
        start += len(line) + 1


def _from_line(text: str) -> str:
    """A line as Docker hands it on: clean, without a leading slash."""
    negated = text.startswith("!")
    pattern = text[1:].strip(GO_SPACE) if negated else text
    if pattern:
        pattern = clean(pattern)
        if len(pattern) > 1:
            pattern = pattern.removeprefix("/")
    return f"!{pattern}" if negated else pattern


def _add(pattern: str, location: Location | None, rules: list[Rule], problems: list[Diagnostic]) -> None:
    text = pattern.strip(GO_SPACE)
    if not text:
        return
    text = clean(text)
    negated = text.startswith("!")
    try:
        if text == "!":
            raise PatternError("'!' brings nothing back: a pattern has to follow it")
        body = text[1:] if negated else text
        check(body)
        rule = Rule(body, negated, compile_ignore(body), location)
    except PatternError as problem:
        problems.append(
            error(
                "ignore-bad-pattern",
                f"bad ignore pattern {pattern!r}: {problem}",
                location,
                help="Docker fails the build on it; escape a special character with a backslash",
            )
        )
        return
    rules.append(rule)
    problem_text = _surprise(body)
    if problem_text:
        problems.append(warning("ignore-odd-pattern", problem_text, location))


def _surprise(body: str) -> str | None:
    if body == ".." or body.startswith("../"):
        return f"{body!r} matches nothing: patterns are relative to the root of the context"
    if any("\udc80" <= char <= "\udcff" for char in body):
        return f"{body!r} is not UTF-8; Docker replaces such bytes, so that it matches nothing that is meant"
    return None
