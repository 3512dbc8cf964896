"""Rule CA310: an install shares a RUN with what changes more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Run, Transfer
from bakegen.rules.cache._installs import PROJECT, SYSTEM
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.offers import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.model import Proposal
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding
    from bakegen.text import Span


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    marks: dict[int, Span] = {}
    for call in subject.calls(*SYSTEM, *PROJECT):
        start = call.run.span.start
        if (
            start not in marks
            and call.sub in ("install", "add", "ci", "i", "sync", "mod", "")
            and "&&" in call.run.node.original
        ):
            marks[start] = call.span
    if not marks or not any(_may_gain(subject, start) for start in marks):
        return

    def message(proposal: Proposal) -> str:
        words = " ".join(subject.slice(marks[proposal.span.start]).split()[:2])
        return f"`{words}` shares a RUN with what changes more often, and runs again with it"

    yield from offered(
        subject,
        "split-run",
        "Give the install a RUN of its own",
        message,
        also=lambda proposal: proposal.span.start in marks,
        mark=lambda proposal: marks[proposal.span.start],
    )


def _may_gain(subject: DockerfileSubject, start: int) -> bool:
    """Whether an ARG or a COPY stands above a RUN in its stage, which the install might do without."""
    for stage in subject.stages:
        for index, command in enumerate(stage.commands):
            if isinstance(command, Run) and command.span.start == start:
                return any(isinstance(one, Arg | Transfer) for one in stage.commands[:index])
    return False


RULE = Rule(
    code="CA310",
    name="long-run-with-volatile-part",
    summary="Give an install a RUN of its own where the rest of the RUN changes more often",
    why="A RUN is run again as a whole. `RUN apt-get install … && make` behind a COPY of the sources installs again "
    "with every change of a file; `pip install … && echo $GIT_SHA > /version` does so with every commit. Split in two, "
    "the first part can stand above what changes.\n\n"
    "Other linters ask for as few RUNs as possible. A layer costs next to nothing by itself: what counts is what "
    "is done again, and that what one command leaves and another removes is in one RUN (downloads with their "
    "clean-up). Reported is only where the first part surely gains.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "What is installed and what carries the commit",
            "FROM debian\nARG GIT_SHA\nRUN apt-get update && ⟦apt-get install -y curl⟧ && echo $GIT_SHA > /version\n",
            "FROM debian\nARG GIT_SHA\nRUN apt-get update && apt-get install -y curl\nRUN echo $GIT_SHA > /version\n",
            safe=False,
        ),
        Example(
            "All of it changes together",
            "FROM debian\nARG GIT_SHA\nRUN apt-get update && apt-get install -y curl=$GIT_SHA && echo $GIT_SHA\n",
        ),
        Example("Nothing above changes", "FROM debian\nRUN apt-get update && apt-get install -y gcc && make\n"),
        Example("Split already", "FROM debian\nRUN apt-get install -y gcc\nCOPY . /src\nRUN make -C /src\n"),
    ),
    words=(*PROJECT, *SYSTEM),
)
