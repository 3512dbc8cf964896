"""Rule BK106: a stage that is called ``scratch`` or ``context``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject

_RESERVED = ("context", "scratch")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        if stage.start.alias is not None and stage.name in _RESERVED:
            yield Finding(
                stage.start.alias.span,
                f"the name {stage.name} means something else to BuildKit",
                "give the stage another name",
            )


RULE = Rule(
    code="BK106",
    name="reserved-stage-name",
    summary="Call no stage scratch or context",
    why=(
        "`scratch` is the empty image and `context` is the build context. A stage of that name hides it from those "
        "who read the file: after `FROM debian AS scratch`, `FROM scratch` starts from Debian. Nor does a named "
        "context ever take the place of such a stage."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A stage that is called scratch", "FROM busybox AS ⟦scratch⟧\n", message="scratch"),
        Example("A stage that is called context", "FROM busybox AS ⟦Context⟧\n"),
        Example("The empty image under a name", "FROM scratch AS empty\n"),
        Example("A name that begins so", "FROM busybox AS context-files\n"),
    ),
    twins=("buildkit:ReservedStageName", "hadolint:DL3063"),
    words=_RESERVED,
    links=("https://docs.docker.com/reference/build-checks/reserved-stage-name/",),
)
