"""Rewrite `sink-env`: an ENV whose value changes from build to build goes down to its first reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Env
from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.model import Example, Rewrite
from bakegen.rewrites.sinking import ON_DEBIAN, sink, steers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StepView
    from bakegen.rewrites.model import Proposal, Situation

_VOLATILE = re.compile(
    r"(?:^|_)(?:COMMIT|SHA|REVISION|REV|BUILD|BUILD_(?:ID|DATE|NUMBER|TIME)|DATE|TIMESTAMP|RELEASE|VERSION|GIT\w*)$"
)


def _volatile(view: StepView) -> bool:
    """Whether a value comes from the command line, or its name says that it changes with every build."""
    if any(steers(name) for name in view.effect.sets):
        return False
    if view.effect.variables.met_by(view.around.unsure):
        return True
    return all(_VOLATILE.search(name) for name in view.effect.sets)


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            if isinstance(view.step.command, Env) and _volatile(view):
                yield from sink(REWRITE, situation, stage, index)


REWRITE = Rewrite(
    name="sink-env",
    order=75,
    summary="Move an ENV that changes with every build down to the first instruction that reads it.",
    why="A variable is part of the cache key of every later RUN. One that carries a version, a commit or a build "
    "argument goes below the RUNs that are understood and do not look at it. Variables that steer tools (PATH, LANG, "
    "NODE_ENV, PIP_*, *_HOME, …) stay.",
    tier=Tier.FACTS,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "A version that is only kept in the image",
            "FROM debian\nENV APP_VERSION=1.2.3\nRUN mkdir -p /app\nWORKDIR /app\n",
            "FROM debian\nRUN mkdir -p /app\nENV APP_VERSION=1.2.3\nWORKDIR /app\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "Down to the RUN that reads it",
            "FROM debian\nENV RELEASE=7\nRUN mkdir /a\nRUN touch /a/$RELEASE\n",
            "FROM debian\nRUN mkdir /a\nENV RELEASE=7\nRUN touch /a/$RELEASE\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "The metadata that reads it goes along",
            "FROM debian\nENV BUILD_DATE=today\nLABEL date=$BUILD_DATE\nRUN mkdir /a\n",
            "FROM debian\nRUN mkdir /a\nENV BUILD_DATE=today\nLABEL date=$BUILD_DATE\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "A variable that steers a tool stays", "FROM debian\nENV PIP_VERSION=1\nRUN mkdir /a\n", bases=ON_DEBIAN
        ),
        Example("A value that does not change stays", "FROM debian\nENV COLOUR=blue\nRUN mkdir /a\n", bases=ON_DEBIAN),
        Example(
            "A compiler may read it",
            "FROM debian\nENV GIT_SHA=abc\nRUN make\n",
            missing="whether the RUN of line 3 reads GIT_SHA",
            bases=ON_DEBIAN,
        ),
    ),
)
