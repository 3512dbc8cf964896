"""Rule GE002: a comment that silences nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    yield from ()  # `check` knows which comments were of use, when all other rules have run


RULE = Rule(
    code="GE002",
    name="unused-ignore",
    summary="Take away ignore comments that silence nothing",
    why="What the comment was written for is gone, or it never named the right rule. Left in place it will hide the "
    "next finding of that rule. Comments for rules that do not run here are left alone, "
    "and so are those for other tools, which may need them.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Nothing to silence", "FROM debian:13\n# bakegen ignore=⟦GE001⟧\nRUN make\n"),
        Example("Another tool's comment", "FROM debian:13\n# hadolint ignore=DL3003\nRUN make $X\n"),
        Example("No pragmas at all", "FROM debian:13\n# ignore this\nRUN make\n"),
    ),
    words=("ignore",),
)
