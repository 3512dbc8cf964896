"""Rewrite `sink-arg`: an ARG goes down to its first reader, so that a new value re-runs less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Arg
from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.model import Example, Rewrite
from bakegen.rewrites.sinking import ON_DEBIAN, sink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rewrites.model import Proposal, Situation


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            if isinstance(view.step.command, Arg):
                yield from sink(REWRITE, situation, stage, index)


REWRITE = Rewrite(
    name="sink-arg",
    order=70,
    summary="Move an ARG down to the first instruction that reads it.",
    why="A set ARG is in the environment of every later RUN and in its cache key, whether the RUN reads it or not: a "
    "commit id at the top re-runs the whole file at every commit. Below a RUN that is understood and does not look at "
    "the variable, nothing can tell the difference. ENV and LABEL that read the ARG go with it.",
    tier=Tier.FACTS,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "A commit id that only a label needs",
            'FROM debian\nARG GIT_SHA\nLABEL revision=$GIT_SHA\nRUN mkdir -p /app\nCMD ["/app/run"]\n',
            'FROM debian\nRUN mkdir -p /app\nARG GIT_SHA\nLABEL revision=$GIT_SHA\nCMD ["/app/run"]\n',
            bases=ON_DEBIAN,
        ),
        Example(
            "Comments go along, up to the reader",
            "FROM debian\n# which build this is\nARG BUILD=0\nRUN mkdir /data\nRUN echo $BUILD > /data/build\n",
            "FROM debian\nRUN mkdir /data\n# which build this is\nARG BUILD=0\nRUN echo $BUILD > /data/build\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "An installer is crossed when that is assumed",
            "FROM debian\nARG GIT_SHA\nRUN apt-get update && apt-get install -y curl\nENV REVISION=$GIT_SHA\n",
            "FROM debian\nRUN apt-get update && apt-get install -y curl\nARG GIT_SHA\nENV REVISION=$GIT_SHA\n",
            level="assumed",
            bases=ON_DEBIAN,
        ),
        Example(
            "A script may read any variable",
            "FROM debian\nARG GIT_SHA\nCOPY build.sh /\nRUN /build.sh\nLABEL revision=$GIT_SHA\n",
            missing="whether the RUN of line 4 reads GIT_SHA",
            level="assumed",
            bases=ON_DEBIAN,
        ),
        Example("The next RUN reads it", "FROM debian\nARG MODE\nRUN mkdir -m $MODE /data\n", bases=ON_DEBIAN),
        Example(
            "Nothing is gained without a RUN in between",
            "FROM debian\nARG PORT\nEXPOSE $PORT\nRUN mkdir /data\nEXPOSE 1\n",
            after="FROM debian\nRUN mkdir /data\nARG PORT\nEXPOSE $PORT\nEXPOSE 1\n",
            bases=ON_DEBIAN,
        ),
        Example(
            "An ARG behind every RUN stays",
            "FROM debian\nRUN mkdir /data\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n",
            bases=ON_DEBIAN,
        ),
    ),
)
