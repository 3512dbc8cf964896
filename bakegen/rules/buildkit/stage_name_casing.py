"""Rule BK101: ``FROM x AS Builder``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import From
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage, start in subject.each(From):
        if start.alias is None or start.alias.text == stage.name:
            continue
        name = start.alias
        fix = Fix(
            (Edit(name.span, stage.name),), f"Write {stage.name}", True, "BuildKit keeps names in lower case anyway"
        )
        yield Finding(name.span, f"the stage name {name.text} is not in lower case", f"write {stage.name}", fix=fix)


RULE = Rule(
    code="BK101",
    name="stage-name-casing",
    summary="Write names of stages in lower case",
    why=(
        "BuildKit keeps every stage under its name in lower case. `COPY --from=Builder` and `--target Builder` find it "
        "all the same, but `FROM Builder` does not: it looks for an image of that name, and fails on the capital "
        "letter. Written in lower case the name is one and the same everywhere."
    ),
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A name with a capital letter",
            "FROM busybox AS ⟦Builder⟧\nRUN echo x > /x\nFROM scratch\nCOPY --from=Builder /x /\n",
            "FROM busybox AS builder\nRUN echo x > /x\nFROM scratch\nCOPY --from=Builder /x /\n",
            message="Builder",
        ),
        Example("A name in lower case", "FROM debian AS builder\n"),
        Example("The image has a tag in capitals", "FROM example.com/app:V1 AS app\n"),
        Example("AS in lower case is another matter", "FROM debian as builder\n"),
    ),
    twins=("buildkit:StageNameCasing",),
    words=(" as", "\tas", "\nas"),
    links=("https://docs.docker.com/reference/build-checks/stage-name-casing/",),
)
