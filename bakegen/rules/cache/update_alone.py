"""Rule CA338: the package lists are fetched in a RUN of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._lists import by_stage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for runs in by_stage(subject).values():
        for number, run in enumerate(runs):
            for family, call in run.updates.items():
                if family in run.installs or any(mount.kind == "cache" for mount in call.run.mounts):
                    continue
                later = next(
                    (one for one in runs[number + 1 :] if family in one.installs or family in one.updates), None
                )
                if later is None or family in later.updates:
                    continue
                install = later.installs[family]
                yield Finding(
                    call.span,
                    f"{call.name} {call.sub} is cached apart from the {install.name} {install.sub} of line "
                    f"{install.run.node.line}, which will install from old lists",
                    "put both into one RUN",
                    ((install.span, "the installation"),),
                )


RULE = Rule(
    code="CA338",
    name="update-alone",
    summary="Fetch package lists in the RUN that installs",
    why="A RUN is taken from the cache as long as its text and what is above it stay the same. The lists that "
    "`apt-get update` fetched in a RUN of its own stay those of that day; when a package is added to the installation "
    "weeks later, only that RUN runs again, with the old lists: it asks for versions that the mirrors have deleted "
    "(`404 Not Found`), or installs one with known holes.\n\n"
    "`RUN apt-get update && apt-get install -y …` always has both or neither. Nothing is said where a later RUN of the "
    "stage updates again before it installs, nor where the lists are in a cache mount.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("apt", "FROM debian\nRUN ⟦apt-get update⟧\nRUN apt-get install -y curl\n"),
        Example("With other commands, and apk", "FROM alpine\nRUN set -e; ⟦apk update⟧; mkdir /x\nRUN apk add curl\n"),
        Example("Together", "FROM debian\nRUN apt-get update && apt-get install -y curl\n"),
        Example(
            "Fetched again before anything is installed",
            "FROM debian\nRUN apt-get update\nRUN apt-get update && apt-get install -y curl\n",
        ),
        Example("Nothing of them is installed", "FROM debian\nRUN apt-get update\nRUN mkdir /x\n"),
        Example("apk fetches them itself", "FROM alpine\nRUN apk update\nRUN apk add --no-cache curl\n"),
    ),
    words=("update",),
    links=("https://docs.docker.com/build/building/best-practices/#apt-get",),
)
