"""Rule CA310: an install shares a RUN with what changes more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Transfer
from bakegen.rules.cache._installs import PROJECT, SYSTEM
from bakegen.rules.cache._understood import knows_program
from bakegen.rules.cache._volatile import is_steady
from bakegen.rules.model import Example, Kind, Rule
from bakegen.rules.offers import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.model import Proposal
    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.rules.model import Finding
    from bakegen.text import Span


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    marks: dict[int, Span] = {}
    for call in subject.calls(*SYSTEM, *PROJECT):
        installs = call.sub in ("install", "add", "ci", "i", "sync", "mod", "") and "&&" in call.run.node.original
        if installs and call.run.span.start not in marks and _may_gain(subject, call):
            marks[call.run.span.start] = call.span
    if not marks:
        return

    def message(proposal: Proposal) -> str:
        words = " ".join(subject.slice(marks[proposal.span.start]).split()[:2])
        return f"`{words}` shares a RUN with what changes more often, and runs again with it"

    yield from offered(
        subject,
        "split-run",
        "Give the install a RUN of its own",
        message,
        # Packages below all of the sources are what install-after-source is about.
        also=lambda proposal: proposal.span.start in marks and not proposal.gain.startswith("with `hoist-install`"),
        mark=lambda proposal: marks[proposal.span.start],
    )


def _may_gain(subject: DockerfileSubject, call: ShellCall) -> bool:
    """Whether the RUN of an install names an ARG above it, or may need only some of the files that stand above it.

    What is before the install, and the install, must be understood.
    """
    calls = subject.script(call.run).calls
    if not all(knows_program(one.name) for one in calls[: calls.index(call) + 1]):
        return False
    stage = next(one for one in subject.stages if one.index == subject.script(call.run).stage)
    text = call.run.node.original
    for command in stage.commands:
        if command is call.run:
            return False
        if isinstance(command, Arg) and any(item.name in text and not is_steady(item.name) for item in command.items):
            return True
        if isinstance(command, Transfer) and subject.context is not None:
            return True
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
