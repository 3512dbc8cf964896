"""How long steps are known to run, from the reports of earlier builds: recorded steps are found again in chains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.explaining.texts import matched, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.building.costs import Costs, StepCost
    from bakegen.explaining.compare import Judged
    from bakegen.explaining.model import TargetChain

Seconds = dict[str, float]
"""Strict key of a step -> seconds that it is known to run."""

LINK = "LINK "
"""How BuildKit names the step that puts the layer of a COPY --link on top."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The seconds of some steps together, and how many of them have never been seen to run."""

    seconds: float = 0.0
    unknown: int = 0


def cost(steps: Iterable[Judged], known: Mapping[str, float]) -> Cost:
    """What `steps` cost together; one that is there several times counts once."""
    keys = {one.step.key.strict for one in steps}
    return Cost(sum(known.get(key, 0.0) for key in keys), sum(key not in known for key in keys))


def seconds_of(chains: Iterable[TargetChain], costs: Costs) -> Seconds:
    """The seconds of every step that a report knows.

    A report has instructions as BuildKit shows them, with variables expanded, and those of an older Dockerfile: they
    are matched by their text without flags, by their place where a stage has as many steps as then, else by likeness.
    """
    found: Seconds = {}
    for chain in chains:
        recorded = costs.steps(chain.name)
        if not recorded:
            continue
        for stage in chain.stages:
            labels = (stage.label, "") if stage.label == "stage-0" else (stage.label,)
            then = _longest(one for one in recorded if one.stage in labels and not one.name.startswith(LINK))
            names = list(then)
            for step, at in zip(stage.steps, matched([plain(one.shown) for one in stage.steps], names), strict=True):
                if at is not None and (seconds := then[names[at]]):
                    found[step.key.strict] = max(seconds, found.get(step.key.strict, 0.0))
    return found


def _longest(recorded: Iterable[StepCost]) -> dict[str, float]:
    longest: dict[str, float] = {}
    for one in recorded:
        name = plain(one.name)
        longest[name] = max(longest.get(name, 0.0), one.seconds)
    return longest
