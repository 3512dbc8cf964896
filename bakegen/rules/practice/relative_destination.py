"""Rule DF211: a relative destination where no WORKDIR says to what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Transfer, Workdir
from bakegen.facts.model import PlatformFacts
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Text
    from bakegen.rules.dockerfiles import DockerfileSubject

_ABSOLUTE = re.compile(r"[\"']?(?:[/\\$]|[A-Za-z]:)")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        relative: list[Text] = []
        for command in stage.commands:
            if isinstance(command, Workdir):
                break
            if isinstance(command, Transfer) and not _ABSOLUTE.match(command.destination.text):
                relative.append(command.destination)
        if relative:
            yield from _findings(subject, stage, relative)


def _findings(subject: DockerfileSubject, stage: Stage, relative: list[Text]) -> Iterator[Finding]:
    above = chain(subject, stage)
    if any(isinstance(command, Workdir) for one in above[1:] for command in one.commands):
        return
    image = above[-1].start.image.text
    facts = subject.evidence.bases.get(image, PlatformFacts("") if image == "scratch" else None)
    if facts is not None and facts.working_dir not in ("", "/"):
        return
    for target in relative:
        if facts is not None:
            message = f"{target.text} is below /, as no WORKDIR is set"
        else:
            message = f"only {image} says where {target.text} is, as no WORKDIR is set"
        yield Finding(target.span, message, "set WORKDIR first, or write it from /")


_GO = PlatformFacts("", working_dir="/go")

RULE = Rule(
    code="DF211",
    name="relative-destination",
    summary="Set WORKDIR before a COPY to a relative destination",
    why="A relative destination is below the working directory. Where the file sets none, that is the base image's: "
    "`/` mostly, and whatever its makers like in the next version. Files that land in `/` lie among those of the "
    "system.\n\n"
    "With facts of the base image at hand nothing is found where it sets a directory of its own (`golang` has "
    "`/go`). ADD is looked at like COPY, which hadolint does not do.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("Nothing set", "FROM debian:13\nCOPY app ⟦app⟧\nADD x ⟦.⟧\nWORKDIR /a\n", message="only debian:13"),
        Example("In scratch", 'FROM scratch\nCOPY ["app", ⟦"app/"⟧]\n', message="below /"),
        Example("In a child", "FROM debian:13 AS base\nFROM base\nCOPY app ⟦app/⟧\n"),
        Example(
            "A base without a directory",
            "FROM debian:13\nCOPY app ⟦./app⟧\n",
            bases={"debian:13": PlatformFacts("")},
            message="below /",
        ),
        Example("A base with a directory", "FROM golang:1.25\nCOPY a a\n", bases={"golang:1.25": _GO}),
        Example("Set before", "FROM debian:13\nWORKDIR /app\nCOPY app .\n"),
        Example("Set in the parent", "FROM debian:13 AS base\nWORKDIR /app\nFROM base\nCOPY app .\n"),
        Example("From the root, or a variable", "FROM debian:13\nARG DIR\nCOPY app /app\nCOPY app $DIR/app\n"),
        Example("On Windows", "# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:ltsc2025\nCOPY app c:\\app\n"),
    ),
    twins=("hadolint:DL3045",),
    words=("copy", "add"),
)
