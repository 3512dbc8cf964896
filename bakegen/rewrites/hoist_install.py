"""Rewrite `hoist-install`: an installer that needs nothing of what was copied before it goes in front of the COPY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Run, Transfer
from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.climbing import Climb, changes_often, lines, ways
from bakegen.rewrites.model import Example, Proposal, Rewrite
from bakegen.rewrites.moves import move_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            if isinstance(view.step.command, Run) and view.effect.installs:
                yield from proposals(situation, stage, stage.own, index)


def proposals(situation: Situation, stage: StageView, steps: Sequence[StepView], index: int) -> Iterator[Proposal]:
    """The proposal for the RUN at `index` of `steps`, the own steps of `stage` or what they might become."""
    best: Climb | None = None
    for way in ways(steps, index):
        if way.crossed and (best is None or len(way) > len(best)) and changes_often(situation, way.crossed[-1]):
            best = way
    if best is not None:
        yield _proposal(situation, best)


def _proposal(situation: Situation, way: Climb) -> Proposal:
    place = way.crossed[-1].step.command.node
    run = way.group[-1].step.command
    nodes = tuple(view.step.command.node for view in way.group)
    volatile = [view for view in way.crossed if changes_often(situation, view)]
    tools = " and ".join(dict.fromkeys(install.tool for install in way.group[-1].effect.installs))
    copies = [view for view in way.crossed if isinstance(view.step.command, Transfer)]
    reason = f"{tools} and the COPY of {lines(copies)} touch nothing of each other's"
    return Proposal(
        REWRITE.name,
        run.span,
        move_before(situation.dockerfile, nodes, place),
        Tier.KNOWLEDGE,
        Equivalence.IMAGE,
        reason,
        f"a change of what {lines(volatile)} copies no longer re-runs {tools}",
        assumes=way.verdict.assumes,
    )


REWRITE = Rewrite(
    name="hoist-install",
    order=50,
    summary="Move an installer in front of a COPY or ADD whose files it does not need.",
    why="A RUN behind a COPY runs again whenever a copied file changes. An installer with only remote operands looks "
    "at the system's directories and its own settings, and writes there: where the COPY's destination lies elsewhere, "
    "the two commute. What the RUN needs (WORKDIR, ENV, ARG) goes along; installers keep their order among each other; "
    "a COPY whose files never changed in git's history, or come from an image, is no reason to move.",
    tier=Tier.KNOWLEDGE,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "System packages do not depend on the project's files",
            "FROM debian\nCOPY . /app\n# for health checks\nRUN apt-get update && apt-get install -y curl\n",
            "FROM debian\n# for health checks\nRUN apt-get update && apt-get install -y curl\nCOPY . /app\n",
            files={"main.c": "int main;"},
            level="assumed",
        ),
        Example(
            "The variables that it reads go along",
            "FROM debian\nWORKDIR /app\nCOPY . .\nENV DEBIAN_FRONTEND=noninteractive\n"
            "RUN apt-get update && apt-get install -y curl\n",
            "FROM debian\nWORKDIR /app\nENV DEBIAN_FRONTEND=noninteractive\n"
            "RUN apt-get update && apt-get install -y curl\nCOPY . .\n",
            files={"main.c": "int main;"},
            level="assumed",
        ),
        Example(
            "Past several COPYs, up to the one that it needs",
            "FROM debian\nCOPY sources.list /etc/apt/sources.list\nCOPY docs /docs\nCOPY src /src\n"
            "RUN apt-get update && apt-get install -y curl\n",
            "FROM debian\nCOPY sources.list /etc/apt/sources.list\nRUN apt-get update && apt-get install -y curl\n"
            "COPY docs /docs\nCOPY src /src\n",
            files={"sources.list": "deb http://deb.debian.org/debian trixie main\n", "docs/a": "", "src/b": ""},
            level="assumed",
        ),
        Example(
            "Certificates that are copied are read by whoever downloads",
            "FROM debian\nCOPY ca.crt /usr/local/share/ca-certificates/\n"
            "RUN apt-get update && apt-get install -y curl\n",
            files={"ca.crt": "…"},
            level="assumed",
        ),
        Example(
            "A copied file in a directory of PATH may take the place of a program",
            "FROM debian\nCOPY entrypoint.sh /usr/local/bin/\nRUN apt-get update && apt-get install -y curl\n",
            files={"entrypoint.sh": "#!/bin/sh\n"},
            level="assumed",
        ),
        Example(
            "Files that never change are no reason to move",
            "FROM debian\nCOPY licence.txt /app/\nRUN apt-get update && apt-get install -y curl\n",
            files={"licence.txt": "…", "main.c": "…"},
            changes={"main.c": 9},
            level="assumed",
        ),
        Example(
            "What comes from a pinned image does not change",
            "FROM debian\nCOPY --from=busybox:1 /bin/busybox /app/busybox\n"
            "RUN apt-get update && apt-get install -y curl\n",
            level="assumed",
        ),
        Example(
            "Installers keep their order",
            "FROM debian\nRUN apt-get update && apt-get install -y nodejs\nRUN apt-get install -y npm\n",
            level="assumed",
        ),
    ),
)
