"""Rule BF400: bake would not read the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.bakefile_subject import BakeSubject


def _check(subject: BakeSubject) -> Iterator[Finding]:
    for problem in subject.document.problems:
        yield Finding(problem.span, problem.message)


RULE = Rule(
    code="BF400",
    name="unreadable-bake-file",
    summary="Write what bake can read",
    why="Bake stops at this before it builds anything. Other rules look only at files that it reads.",
    severity=Severity.ERROR,
    kind=Kind.BAKE_FILE,
    check=_check,
    examples=(
        Example("An attribute twice", 'target "app" {\n  target = "a"\n  ⟦target⟧ = "b"\n}\n', message="twice"),
        Example("JSON that goes on behind its end", '{"target": {}}⟦}⟧\n', path="docker-bake.json"),
        Example("A word without a sign", '⟦target "app" {⟧\n  tags []\n}\n'),
        Example("A file that is read", 'target "app" {\n  tags = ["app"]\n}\n'),
        Example("JSON", '{"target": {"app": {"tags": ["app:${1 + 1}"]}}}\n', path="docker-bake.json"),
    ),
)
