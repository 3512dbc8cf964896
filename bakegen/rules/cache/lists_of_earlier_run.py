"""Rule CA354: a RUN installs from the package lists that another installation left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._lists import by_stage
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.cache._lists import Lists
    from bakegen.rules.dockerfiles import DockerfileSubject


def _source(runs: list[Lists], family: str) -> Lists | None:
    """The nearest earlier RUN that fetched the lists along with an installation of its own."""
    for run in reversed(runs):
        if run.removes or any(mount.kind == "cache" for mount in run.script.run.mounts):
            return None
        if family in run.updates:
            return run if family in run.installs else None
        if not run.understood:
            return None
    return None


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for runs in by_stage(subject).values():
        for number, run in enumerate(runs):
            for family, call in run.installs.items():
                if family in run.updates or any(mount.kind == "cache" for mount in call.run.mounts):
                    continue
                source = _source(runs[:number], family)
                if source is None:
                    continue
                update = source.updates[family]
                yield Finding(
                    call.span,
                    f"{call.name} {call.sub} relies on the lists that the RUN of line {update.run.node.line} fetched, "
                    "however old they are in the cache",
                    f"fetch them in this RUN, too: {update.name} update && …",
                    ((update.span, "fetched here"),),
                )


RULE = Rule(
    code="CA354",
    name="lists-of-earlier-run",
    summary="Do not install from package lists that another RUN has left",
    why="The RUN with `apt-get update` comes from the cache, with lists as old as that record. A later RUN that "
    "installs something from them works today, and fails weeks later when its own text has changed and the mirrors no "
    "longer have the versions that the lists name. It also needs the lists to stay in the layer of the first RUN, "
    "some 20 to 50 MB.\n\n"
    "Either install everything in one RUN, or fetch the lists in each and remove them at its end.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The second installation",
            "FROM debian\nRUN apt-get update && apt-get install -y curl\nRUN ⟦apt-get install -y git⟧\n",
        ),
        Example(
            "Each has lists of its own",
            "FROM debian\nRUN apt-get update && apt-get install -y curl\n"
            "RUN apt-get update && apt-get install -y git\n",
        ),
        Example(
            "A package that is a file",
            "FROM debian\nRUN apt-get update && apt-get install -y curl\nRUN apt-get install -y ./tool.deb\n",
        ),
        Example(
            "The lists are not those of this file",
            "FROM debian\nRUN apt-get install -y curl\n",
        ),
        Example(
            "They are gone",
            "FROM debian\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
            "RUN apt-get install -y git\n",
        ),
    ),
    words=("update",),
    links=("https://docs.docker.com/build/building/best-practices/#apt-get",),
)
