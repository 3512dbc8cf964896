"""What a rule is: it looks at a subject and reports findings, some with a fix; `check` runs rules, `fixing` mends."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.diagnostics import Severity
    from bakegen.facts.model import PlatformFacts
    from bakegen.text import Edit, Source, Span


class Kind(StrEnum):
    """What a rule looks at."""

    DOCKERFILE = "Dockerfile"
    BAKE_FILE = "bake file"
    DEFINITIONS = "definitions"


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that does away with a finding.

    Attributes:
        edits: what changes in the file; they do not overlap.
        what: what it does, in a few words, as an order ("Write AS in upper case").
        safe: whether the image is surely the same afterwards: ``--fix`` makes it. Others want ``--unsafe``.
        why: why it is safe, or what may be different afterwards; one sentence.
        declared: paths (globs) of the image that may differ although it is safe (package caches).
        own_order: whether its proof covers an order of instructions that commuting alone would refuse.
    """

    edits: tuple[Edit, ...]
    what: str
    safe: bool
    why: str
    declared: tuple[str, ...] = ()
    own_order: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is not followed.

    Attributes:
        span: what to mark, as narrow as it can be.
        message: what is wrong here, one sentence without a full stop, naming the words of the file.
        help: what to do, one sentence without a full stop; "" where the message says it.
        labels: other places with a few words on each.
        fix: a change that does away with it.
        twins: those of the rule's twins that report just this; all of them where empty.
        severity: where it is not the rule's own.
    """

    span: Span
    message: str
    help: str = ""
    labels: tuple[tuple[Span, str], ...] = ()
    fix: Fix | None = None
    twins: tuple[str, ...] = ()
    severity: Severity | None = None


MARKS = ("⟦", "⟧")
"""What stands around the span of a finding in the text of an example."""


@dataclass(frozen=True, slots=True)
class Example:
    """A file with what is found in it: documentation and test at once.

    Attributes:
        title: what it shows, one line.
        text: the file; each finding's span stands between ``⟦`` and ``⟧``; without them nothing is found.
        fixed: the file after the fixes of the rule, safe or not; None where there is no fix.
        safe: whether those fixes are safe ones.
        message: a part of the first finding's message, where that is worth showing.
        files: the build context: path -> text; None where it is not known.
        bases: image name -> facts, for the images that the file builds on.
        ignore: the text of the ignore file.
        settings: fields of `Settings` that are not at their default.
        path: what the file is called, where that matters.
        build: whether an engine can build it (with its fix), for the test that builds safe fixes.
        changes: context path -> how often it changed in git; None where the history is not known.
    """

    title: str
    text: str
    fixed: str | None = None
    safe: bool = True
    message: str = ""
    files: Mapping[str, str] | None = None
    bases: Mapping[str, PlatformFacts] = field(default_factory=dict)
    ignore: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    build: bool = True
    changes: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says that a rule may ask for.

    Attributes:
        trusted_registries: registries that images may come from (``*.example.com`` too); all where empty.
        labels: label -> kind of value (``text``, ``url``, ``rfc3339``, ``spdx``, ``hash``, ``semver``, ``email``) that
            images should have.
        strict_labels: whether images may have only those.
        ephemeral: whether builds run on a new builder each time, where cache mounts are of no use; None: not said.
        trusted: whether builds may write caches; None: not said.
        buildx: the oldest buildx that the files must work with (``0.19``), "" for any.
        project: a short name that is unique to the project, for ids of cache mounts.
    """

    trusted_registries: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    strict_labels: bool = False
    ephemeral: bool | None = None
    trusted: bool | None = None
    buildx: str = ""
    project: str = "project"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; each file in the folders of this package that has a `RULE` is found by `discovery.rules`.

    Attributes:
        code: letters of its family and three digits, for good: ``CA301``.
        name: in words, ``copy-all-before-install``.
        summary: what to do, one line ("Pin the version of base images").
        why: why that is so and when it is right not to follow; paragraphs of Markdown.
        severity: how bad it is. An error fails the build or breaks the image, a warning costs, a note is taste.
        kind: what it looks at.
        check: all findings in a subject, in any order.
        examples: at least one where something is found and two where nothing is, near misses best.
        twins: the same rule elsewhere: ``hadolint:DL3009``, ``buildkit:StageNameCasing``, ``shellcheck:SC2086``.
        words: pieces of text in lower case, one of which must be in the file (in any case) for anything to be found;
            without any the rule always runs. Rules whose words are missing are not even loaded.
        default: whether it runs without being asked for.
        links: pages that say more.
    """

    code: str
    name: str
    summary: str
    why: str
    severity: Severity
    kind: Kind
    check: Callable[[Any], Iterable[Finding]]
    examples: tuple[Example, ...]
    twins: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    default: bool = True
    links: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes find it by its code."""
        from bakegen.rules.discovery import rule  # which imports this module

        return rule, (self.code,)


@dataclass(frozen=True, slots=True)
class Result:
    """A finding with its rule, how bad it is here, and the file that it is in."""

    rule: Rule
    finding: Finding
    severity: Severity
    source: Source

    @property
    def twins(self) -> tuple[str, ...]:
        """What reports the same elsewhere."""
        return self.finding.twins or self.rule.twins
