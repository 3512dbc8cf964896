"""What targets are known to cost, from the reports of earlier builds: the seconds of their steps, were none cached."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any

from bakegen.building.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LEAST = 0.001
"""Seconds that any target costs at least: what costs nothing cannot be shared out."""

_Step = tuple[str, str, int]
"""A step's stage, its name, and how many such steps stand before it: an instruction may be there several times."""


@dataclass(frozen=True, slots=True)
class StepCost:
    """A step of a target, the longest that it is known to have run, 0 where it was always cached, and its stage."""

    name: str
    seconds: float
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """What is known of targets by their names.

    Attributes:
        longest: the longest that each step has run.
        order: the steps of the last build that went through; of one that failed only where none did.
    """

    longest: Mapping[str, Mapping[_Step, float]] = field(default_factory=dict)
    order: Mapping[str, tuple[_Step, ...]] = field(default_factory=dict)

    def steps(self, target: str) -> tuple[StepCost, ...]:
        """The steps of a target, in order; those that the last build did not have any more are left out."""
        times = self.longest.get(target, {})
        return tuple(StepCost(step[1], times[step], step[0]) for step in self.order.get(target, ()))

    def cold(self, target: str) -> float | None:
        """Seconds of all steps of a target together, without those of its parents; None where none is known to run."""
        return sum(step.seconds for step in self.steps(target)) or None

    def stages(self, target: str) -> dict[str, float]:
        """Seconds of all steps of each stage of a target that is known by its name, were none of them cached."""
        found: dict[str, float] = {}
        for step in self.steps(target):
            if step.stage:
                found[step.stage] = found.get(step.stage, 0.0) + step.seconds
        return found

    def of(self, targets: Iterable[str]) -> dict[str, float]:
        """What each of `targets` costs: what is not known costs as much as the others on average, or 1 each."""
        known = {target: self.cold(target) for target in targets}
        average = fmean(found) if (found := [one for one in known.values() if one]) else 1.0
        return {target: max(_LEAST, average if one is None else one) for target, one in known.items()}

    def joined(self, text: str) -> Costs:
        """These and what the text of a newer ``bakegen-report.json`` tells.

        Raises:
            ValueError: it is no such report.
        """
        longest = dict(self.longest)
        order = dict(self.order)
        for target, status, steps in _targets(text):
            times = dict(longest.get(target, {}))
            seen: Counter[tuple[str, str]] = Counter()
            found: list[_Step] = []
            for stage, name, cached, seconds in steps:
                found.append((stage, name, seen[stage, name]))
                seen[stage, name] += 1
                times[found[-1]] = max(times.get(found[-1], 0.0), 0.0 if cached else seconds)
            longest[target] = times
            if found and (status == Status.BUILT or target not in order):
                order[target] = tuple(found)
        return Costs(longest, order)


def read_costs(reports: Iterable[str]) -> Costs:
    """The costs that texts of ``bakegen-report.json`` tell, the oldest first; raises ValueError as `joined`."""
    costs = Costs()
    for text in reports:
        costs = costs.joined(text)
    return costs


def _targets(text: str) -> list[tuple[str, str, list[tuple[str, str, bool, float]]]]:
    try:
        report: Any = json.loads(text)
        return [
            (
                str(target["name"]),
                str(target["status"]),
                [
                    (str(one.get("stage") or ""), str(one["name"]), bool(one["cached"]), float(one["seconds"]))
                    for one in target["steps"]
                ],
            )
            for target in report["targets"]
        ]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as problem:
        raise ValueError("it is no report of a build") from problem
