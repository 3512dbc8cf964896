"""What would have kept more of a target in the cache: rewrites, really tried, and rules that report the place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.explaining.model import Verdict
from bakegen.explaining.texts import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.explaining.compare import JudgedTarget

_SMALL = 0.05


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that would have helped.

    Attributes:
        kind: ``rewrite`` or ``rule``.
        name: of rewrites their names with commas between; of a rule its code and name.
        what: in a few words what it does, or what the rule reports.
        target: the target that it was worked out for.
        runs, steps: how many steps of that would have run, and of how many, with the rewrite; 0 for a rule.
        saved: seconds that would have been saved, 0 where that is not known.
    """

    kind: str
    name: str
    what: str
    target: str
    runs: int = 0
    steps: int = 0
    saved: float = 0.0


@dataclass(frozen=True, order=True, slots=True)
class Effort:
    """What running some steps again takes; less is better, the first difference counts.

    Attributes:
        seconds: of those that are known.
        commands: how many RUNs there are among them.
        steps: how many there are.
    """

    seconds: float
    commands: int
    steps: int


def effort(target: JudgedTarget, known: Mapping[str, float]) -> Effort:
    """The effort of what runs again of a target; `known` has the seconds of RUNs by their text without flags."""
    steps = [one.step for one in target.of(Verdict.RUNS)]
    runs = [step for step in steps if step.name == "RUN"]
    return Effort(round(sum(known.get(plain(step.shown), 0.0) for step in runs), 3), len(runs), len(steps))


def better(now: Effort, than: Effort) -> bool:
    """Whether an effort is really less."""
    if abs(now.seconds - than.seconds) > _SMALL:
        return now.seconds < than.seconds and now.commands <= than.commands
    return (now.commands, now.steps) < (than.commands, than.steps) and now.commands <= than.commands
