"""Why steps of a build that is over really ran: its report against the records of what it and an earlier one had."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bakegen.building.masking import clean_line
from bakegen.explaining.causes import clipped, summary
from bakegen.explaining.compare import compare
from bakegen.explaining.costing import LINK
from bakegen.explaining.explanation import place_text
from bakegen.explaining.model import Verdict
from bakegen.explaining.texts import matched, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.explaining.compare import Judged, JudgedStage
    from bakegen.explaining.model import Side

NOT_IN_CACHE = "nothing that it is made of differs: it was in none of the caches that were read"
OTHER_FILES = "other files came out of what it copies from"
BEHIND = "it stands behind a step that ran"


@dataclass(frozen=True, slots=True)
class Reported:
    """A step of a report: its stage ("" where unknown), what BuildKit called it, whether it was cached, its seconds."""

    stage: str
    name: str
    cached: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Miss:
    """A step that ran.

    Attributes:
        stage: its stage.
        place: where it stands.
        shown: the instruction.
        why: why it ran.
        seconds: how long.
        first: whether a cause is known that is its own, so that it is not just behind another.
    """

    stage: str
    place: str
    shown: str
    why: str
    seconds: float
    first: bool


def reported(text: str, target: str) -> tuple[Reported, ...] | None:
    """The steps of a target in the text of a ``bakegen-report.json``; None where the target is not in it.

    Raises:
        ValueError: it is no such report.
    """
    try:
        made: Any = json.loads(text)
        for one in made["targets"]:
            if one["name"] == target:
                return tuple(
                    Reported(str(step.get("stage") or ""), str(step["name"]), bool(step["cached"]), step["seconds"])
                    for step in one["steps"]
                )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as problem:
        raise ValueError("it is no report of a build") from problem
    return None


def misses(before: Side, after: Side, target: str, told: Sequence[Reported]) -> Iterator[Miss]:
    """The steps of `target` that ran, in the order of its Dockerfile.

    Args:
        before: the steps of the earlier build.
        after: those of the build that the report is of; it has the target.
        told: the steps as the report has them.
    """
    (judged,) = compare(before, after, [target])
    for stage in judged.stages:
        for one, found in _joined(stage, told):
            if not found.cached:
                why, first = _why(one)
                shown = clean_line(clipped(one.step.shown))
                yield Miss(stage.chain.label, place_text(one), shown, why, found.seconds, first)


def _joined(stage: JudgedStage, told: Sequence[Reported]) -> Iterator[tuple[Judged, Reported]]:
    label = stage.chain.label
    labels = (label, "") if label == "stage-0" else (label,)
    own = [one for one in told if one.stage in labels and not one.name.startswith(LINK)]
    names = [plain(one.name) for one in own]
    for one, at in zip(stage.steps, matched([plain(one.step.shown) for one in stage.steps], names), strict=True):
        if at is not None:
            yield one, own[at]


def _why(one: Judged) -> tuple[str, bool]:
    if one.verdict is Verdict.CACHED:
        return NOT_IN_CACHE, True
    if one.verdict is Verdict.MAYBE:
        said = clean_line(summary(one.causes))
        return (f"{said}: {OTHER_FILES}", True) if said else (BEHIND, False)
    return (clean_line(summary(one.causes)), True) if one.causes else (BEHIND, False)
