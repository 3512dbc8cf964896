"""Rule DF222: an image without a HEALTHCHECK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Healthcheck
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._stages import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    stages = chain(subject)
    if stages and not any(isinstance(command, Healthcheck) for stage in stages for command in stage.commands):
        yield Finding(stages[0].start.image.span, "the image has no HEALTHCHECK", "add one, or HEALTHCHECK NONE")


RULE = Rule(
    code="DF222",
    name="healthcheck-missing",
    summary="Say how to tell whether the container is well",
    why="Docker and Swarm ask a HEALTHCHECK whether the program in a container still answers. It does not run unless "
    "it is selected: Kubernetes has its own probes and ignores HEALTHCHECK, a command-line tool or a base image "
    "has no use for one, and one that the base image brings is not seen. Only the image that the file ends with "
    "is looked at, with the stages of the file that it builds on. `HEALTHCHECK NONE` says that none is wanted.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("None", 'FROM debian:13 AS build\nRUN make\nFROM ⟦debian:13⟧\nCMD ["app"]\n'),
        Example("One", "FROM debian:13\nHEALTHCHECK CMD app --ping\n"),
        Example("One of a parent", "FROM debian:13 AS base\nHEALTHCHECK CMD app --ping\nFROM base\n"),
        Example("None is wanted", "FROM debian:13\nHEALTHCHECK NONE\n"),
    ),
    twins=("hadolint:DL3057",),
    default=False,
    links=("https://docs.docker.com/reference/dockerfile/#healthcheck",),
)
