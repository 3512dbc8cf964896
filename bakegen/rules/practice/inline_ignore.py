"""Rule DF201: a comment that silences a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.pragmas import pragmas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for pragma in pragmas(subject.dockerfile):
        if pragma.tool != "buildkit":
            yield Finding(pragma.span, f"{pragma.word} is silenced in the file", "silence rules in the configuration")


RULE = Rule(
    code="DF201",
    name="inline-ignore",
    summary="Silence rules in the configuration, not in comments",
    why="For those who want all exceptions in one place, where they are reviewed: each comment that silences a rule "
    "is found. It does not run unless it is selected, since a comment beside the line that it is about is a good "
    "way to say why a rule is not followed there. The parser directive `check=skip=…` is BuildKit's own "
    "configuration and is not found.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Ours and another tool's", "FROM debian:13\n# hadolint ignore=⟦DL3006⟧,⟦SC2086⟧\nRUN make $X\n"),
        Example("For the whole file", "# bakegen global ignore=⟦DF203⟧\nFROM debian\n"),
        Example("A comment", "FROM debian:13\n# ignore what make says\nRUN make\n"),
        Example("A directive", "# check=skip=StageNameCasing\nFROM debian:13\nRUN make\n"),
    ),
    twins=("hadolint:DL1001",),
    words=("ignore",),
    default=False,
)
