"""Rule CA349: a COPY whose source is a variable that may be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.expand import ExpandError, variables_of
from bakegen.dockerfile.instructions import Add, Arg, Copy
from bakegen.rules.cache._stages import lineage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject


def _declared(subject: DockerfileSubject, stage: Stage) -> set[str]:
    """The ARGs that a stage, or one that it is built from, declares."""
    return {
        item.name
        for one in lineage(subject, stage)
        for command in one.commands
        if isinstance(command, Arg)
        for item in command.items
    }


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for kind in (Copy, Add):
        for stage, command in subject.own(kind):
            if not any("$" in source.text for source in command.sources):
                continue
            step = subject.steps.get(command)
            if step is None or len(step.sources) != len(command.sources):
                continue
            for source, value in zip(command.sources, step.sources, strict=True):
                if "$" not in source.text or value.strip("./"):
                    continue
                try:
                    names = variables_of(source.text, subject.dockerfile.escape)
                except ExpandError:
                    continue
                if not names or not names <= _declared(subject, stage):
                    continue
                empty = sorted(name for name in names if not step.environment.get(name))
                if not empty:
                    continue
                origin = isinstance(command, Copy) and command.source_stage
                whole = f"the whole of {origin.text}" if origin else "the whole build context"
                yield Finding(
                    source.span,
                    f"without a value for {' and '.join(empty)} this is {whole}",
                    f"give {empty[0]} a default, or write ${{{empty[0]}:?}} to have the build fail without it",
                )


RULE = Rule(
    code="CA349",
    name="unset-variable-copies-everything",
    summary="Do not let an unset variable copy everything",
    why="A variable without a value is empty, and an empty source of COPY is the root of the build context: "
    "`COPY $DIST /srv/` copies everything when one builds without `--build-arg DIST=…`, secrets and all, and every "
    "change of any file has the rest built again. Nothing warns of it.\n\n"
    "`${DIST:?}` makes it an error, a default (`ARG DIST=dist`) makes it something.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("An ARG without a default", "FROM scratch\nARG DIST\nCOPY ⟦$DIST⟧ /srv/\n"),
        Example("With a slash behind it", "FROM scratch\nARG DIST\nCOPY ⟦${DIST}/⟧ /srv/\n"),
        Example(
            "Of another stage",
            "FROM busybox AS a\nFROM scratch\nARG OUT\nCOPY --from=a ⟦/$OUT⟧ /srv/\n",
            message="the whole of a",
        ),
        Example("A default", "FROM scratch\nARG DIST=dist\nCOPY $DIST /srv/\n"),
        Example("A part of a name", "FROM scratch\nARG V\nCOPY app-$V.tar /srv/\n"),
        Example("A default in place", "FROM scratch\nARG DIST\nCOPY ${DIST:-dist} /srv/\n"),
    ),
    words=("$",),
    links=("https://docs.docker.com/reference/dockerfile/#environment-replacement",),
)
