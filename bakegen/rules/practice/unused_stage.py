"""Rule DF228: a stage that nobody can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if len(subject.stages) < 2:
        return
    stages = subject.resolved.stages
    used = {link.target for stage in stages for link in stage.links}
    used |= {stage.base.stage.index for stage in stages if stage.base is not None}
    for stage in subject.stages[:-1]:
        if not stage.name and stage.index not in used:
            message = f"stage {stage.index} is never built: no other takes files from it or builds on it"
            yield Finding(stage.span, message, "take it out, or name it if it is a target of its own")


RULE = Rule(
    code="DF228",
    name="unused-stage",
    summary="Take out stages that nobody uses",
    why="BuildKit builds the last stage, or the target that is asked for, and what that needs. A stage without a "
    "name that no other builds on or copies from is skipped each time; often it is what a second FROM left over "
    "when the file had one stage. Stages with names are left alone: they may be targets.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Left over", "⟦FROM debian:13⟧\nRUN make\nFROM debian:13\nRUN make\n", message="stage 0"),
        Example("Copied from by its number", "FROM debian:13\nRUN make\nFROM scratch\nCOPY --from=0 /a /a\n"),
        Example("A target", "FROM debian:13 AS test\nRUN make test\nFROM debian:13\nRUN make\n"),
        Example("One stage", "FROM debian:13\nRUN make\n"),
    ),
)
