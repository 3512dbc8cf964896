"""Rule DF206: a stage that BuildKit refuses when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.general.refused import refusal, refusals
from bakegen.rules.model import Example, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding

_MOST = 50  # each target is read on its own: a file of thousands would take too long


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    seen = {refusal(error).span.start for error in subject.resolved.diagnostics}
    left = {stage.stage.index for stage in subject.resolved.stages if not stage.reached and stage.stage.name}
    for _ in range(_MOST):
        if not left:
            return
        # The last one needs most of the others.
        target = subject.resolved.stages[max(left)].stage
        resolved = subject.dockerfile.resolve(target=target.name, contexts=subject.contexts)
        for found in refusals(subject, resolved.diagnostics):
            if found.span.start not in seen:
                seen.add(found.span.start)
                yield found
        left -= {stage.stage.index for stage in resolved.reachable} | {target.index}


RULE = Rule(
    code="DF206",
    name="refused-target",
    summary="Keep stages buildable that the last one does not need",
    why="BuildKit reads the instructions of a stage only when it builds it. A stage that is there to be built with "
    "`--target` can so be broken for a long time, until somebody asks for it. What every build would stop at is "
    "found by GE001.",
    severity=Severity.ERROR,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A port that does not exist",
            "FROM debian:13 AS dev\nEXPOSE ⟦80800⟧\nFROM debian:13\nEXPOSE 8080\n",
            message="80800",
        ),
        Example(
            "A stage that comes later",
            "FROM debian:13 AS test\nCOPY --from=⟦app⟧ /a /b\nFROM debian:13 AS app\n",
            message="app",
        ),
        Example("All can be built", "FROM debian:13 AS dev\nEXPOSE 80\nFROM debian:13\n"),
        Example("Nobody can ask for it by name", "FROM debian:13\nEXPOSE 80800\nFROM debian:13\n"),
    ),
    twins=("hadolint:DL1000", "hadolint:DL3011", "hadolint:DL3022", "hadolint:DL3023"),
)
