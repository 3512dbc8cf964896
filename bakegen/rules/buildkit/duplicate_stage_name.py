"""Rule BK105: two stages of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.text import Span


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    first: dict[str, Span] = {}
    for stage in subject.stages:
        alias = stage.start.alias
        if alias is None:
            continue
        if stage.name in first:
            yield Finding(
                alias.span,
                f"there is a stage {stage.name} already",
                "give each stage a name of its own",
                ((first[stage.name], "the other one"),),
            )
        first.setdefault(stage.name, alias.span)


RULE = Rule(
    code="BK105",
    name="duplicate-stage-name",
    summary="Give each stage a name of its own",
    why=(
        "BuildKit does not refuse a second stage of the same name. `FROM` means the one above it that is nearest; "
        "`COPY --from` and `--target` mean the last one of the file, wherever they stand. Names differ in more than "
        "the case of their letters: `build` and `Build` are one."
    ),
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The same name twice",
            "FROM debian AS build\nRUN make\nFROM busybox AS ⟦build⟧\nRUN true\n",
            message="build",
        ),
        Example("The same name in another case", "FROM debian AS build\nFROM busybox AS ⟦Build⟧\n"),
        Example("Different names", "FROM debian AS build\nFROM busybox AS build-2\n"),
        Example("Stages without names", "FROM debian\nFROM debian\n"),
    ),
    twins=("buildkit:DuplicateStageName", "hadolint:DL3024"),
    words=(" as", "\tas", "\nas"),
    links=("https://docs.docker.com/reference/build-checks/duplicate-stage-name/",),
)
