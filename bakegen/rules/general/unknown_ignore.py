"""Rule GE003: a comment that names a rule which does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from ()  # `check` knows the names of all rules


RULE = Rule(
    code="GE003",
    name="unknown-ignore",
    summary="Name rules that exist in ignore comments",
    why="A comment with a slip of the pen silences nothing, and nobody notices.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A slip of the pen", "FROM debian:13\n# bakegen ignore=⟦GE0001⟧\nRUN make\n", message="GE0001"),
        Example("A rule of hadolint that we do not know", "FROM debian:13\n# hadolint ignore=SC1000\nRUN make\n"),
        Example("No pragmas at all", "FROM debian:13\n# ignore this\nRUN make\n"),
    ),
    words=("ignore",),
)
