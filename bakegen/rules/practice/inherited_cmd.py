"""Rule DF233: an ENTRYPOINT that takes away the CMD of the stage it builds on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Cmd, Entrypoint
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        entrypoint = _last(stage, Entrypoint)
        if entrypoint is None or _last(stage, Cmd) is not None:
            continue
        for each in chain(subject, stage)[1:]:
            cmd = _last(each, Cmd)
            if isinstance(cmd, Cmd) and cmd.line.words:
                message = f"this ENTRYPOINT takes away the CMD of {each.label}"
                labels = ((cmd.span, "no longer there"),)
                yield Finding(entrypoint.node.keyword_span, message, "write the CMD again behind it", labels)
            if cmd is not None or _last(each, Entrypoint) is not None:
                break


def _last(stage: Stage, kind: type[Cmd | Entrypoint]) -> Cmd | Entrypoint | None:
    return next((one for one in reversed(stage.commands) if isinstance(one, kind)), None)


RULE = Rule(
    code="DF233",
    name="inherited-cmd",
    summary="Write CMD again behind an ENTRYPOINT of a child stage",
    why="An ENTRYPOINT clears the CMD that the image below has: a stage that builds on another one and sets only "
    "ENTRYPOINT starts its program without the arguments that were written there. In one stage the order does "
    "not matter, and both are kept. Where the arguments are not wanted all is well; `CMD []` says so.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "Arguments get lost",
            'FROM debian:13 AS base\nCMD ["--port", "80"]\nFROM base\n⟦ENTRYPOINT⟧ ["app"]\n',
            message="the CMD of base",
        ),
        Example("Written again", 'FROM debian:13 AS base\nCMD ["a"]\nFROM base\nCMD ["b"]\nENTRYPOINT ["app"]\n'),
        Example("In one stage", 'FROM debian:13 AS base\nCMD ["a"]\nENTRYPOINT ["app"]\nFROM base\nENV A=1\n'),
        Example("Not wanted", 'FROM debian:13 AS base\nCMD ["a"]\nFROM base\nCMD []\nENTRYPOINT ["app"]\n'),
        Example("Another stage", 'FROM debian:13 AS base\nCMD ["a"]\nFROM debian:13\nENTRYPOINT ["app"]\n'),
    ),
    words=("entrypoint",),
    links=("https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",),
)
