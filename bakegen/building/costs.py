"""What targets are known to cost, from the reports of earlier builds: the seconds of their steps, were none cached."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LEAST = 0.001
"""Seconds that any target costs at least: what costs nothing cannot be shared out."""


@dataclass(frozen=True, slots=True)
class StepCost:
    """A step of a target, and the longest that it is known to have run; 0 where it was always cached."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Costs:
    """The steps of targets by name, as the last report with steps of a target has them."""

    steps: Mapping[str, tuple[StepCost, ...]] = field(default_factory=dict)

    def cold(self, target: str) -> float | None:
        """Seconds of all steps of a target together, without those of its parents; None where none is known to run."""
        known = sum(step.seconds for step in self.steps.get(target, ()))
        return known or None

    def of(self, targets: Iterable[str]) -> dict[str, float]:
        """What each of `targets` costs: what is not known costs as much as the others on average, or 1 each."""
        known = {target: self.cold(target) for target in targets}
        average = fmean(found) if (found := [one for one in known.values() if one]) else 1.0
        return {target: max(_LEAST, average if one is None else one) for target, one in known.items()}


def read_costs(reports: Iterable[str]) -> Costs:
    """The costs that texts of ``bakegen-report.json`` tell, the oldest first.

    Raises:
        ValueError: one is not such a report.
    """
    longest: dict[tuple[str, str, int], float] = {}
    last: dict[str, list[tuple[str, str, int]]] = {}
    for text in reports:
        for target, steps in _targets(text):
            times: Counter[str] = Counter()
            found = []
            for name, cached, seconds in steps:
                # A Dockerfile may hold an instruction several times, and platforms run the same one.
                step = (target, name, times[name])
                times[name] += 1
                longest[step] = max(longest.get(step, 0.0), 0.0 if cached else seconds)
                found.append(step)
            if found:
                last[target] = found
    return Costs({name: tuple(StepCost(step[1], longest[step]) for step in found) for name, found in last.items()})


def _targets(text: str) -> list[tuple[str, list[tuple[str, bool, float]]]]:
    try:
        report: Any = json.loads(text)
        return [
            (
                str(target["name"]),
                [(str(one["name"]), bool(one["cached"]), float(one["seconds"])) for one in target["steps"]],
            )
            for target in report["targets"]
        ]
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise ValueError("it is no report of a build") from problem
