"""Rule CA353: an ONBUILD that copies everything above other ONBUILDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add, Copy, Onbuild, Run
from bakegen.rules.cache._stages import takes_all
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for stage in subject.stages:
        triggers = [command for command in stage.commands if isinstance(command, Onbuild)]
        for number, one in enumerate(triggers):
            copy = one.trigger
            if not isinstance(copy, Copy | Add) or not takes_all(copy):
                continue
            if isinstance(copy, Copy) and copy.source_stage is not None:
                continue
            run = next((later for later in triggers[number + 1 :] if isinstance(later.trigger, Run)), None)
            if run is not None:
                yield Finding(
                    one.span,
                    "an image on top of this one copies everything first, and has the RUN behind it run again at every "
                    "change of any file",
                    "copy the manifests first, run, and copy the rest last",
                    ((run.span, "runs again each time"),),
                )


RULE = Rule(
    code="CA353",
    name="onbuild-copy-all",
    summary="Do not have child images copy everything before they run something",
    why="The triggers of a base image run right behind the child's FROM, before anything that the child can do. "
    "`ONBUILD COPY . .` with `ONBUILD RUN npm install` behind it is copy-all-before-install for every image on top, "
    "and none of them can change the order. Copy the manifests, run, and then copy the rest, or leave these steps "
    "to the children.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("All, then an installation", "FROM node\n⟦ONBUILD COPY . /app⟧\nONBUILD RUN npm ci\n"),
        Example(
            "Manifests first",
            "FROM node\nONBUILD COPY package*.json ./\nONBUILD RUN npm ci\nONBUILD COPY . .\n",
        ),
        Example("All at the end", "FROM nginx\nONBUILD RUN mkdir /x\nONBUILD COPY . /srv\n"),
        Example("No trigger", "FROM node\nCOPY . .\nONBUILD RUN npm ci\n"),
    ),
    words=("onbuild",),
    links=("https://docs.docker.com/reference/dockerfile/#onbuild",),
)
