"""What a change makes run again, with what it costs and what would have helped: what all formats are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.step_summary import time_text
from bakegen.explaining.causes import summary
from bakegen.explaining.costing import Cost, cost
from bakegen.explaining.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bakegen.explaining.advice import Advice
    from bakegen.explaining.compare import Judged, JudgedTarget

_SHORT = 12
_NAMES = 3


@dataclass(frozen=True)
class Explanation:
    """What becomes of targets.

    Attributes:
        since: the full id of the commit that is compared with.
        until: that of the newer one; "" for the work tree.
        targets: what becomes of each target, parents before those that build on them.
        seconds: what steps are known to take, by their strict keys.
        advice: target -> what would have helped.
    """

    since: str
    until: str
    targets: tuple[JudgedTarget, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    advice: Mapping[str, tuple[Advice, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What is compared, in a few words."""
        return f"since {self.since[:_SHORT]}" + (f" until {self.until[:_SHORT]}" if self.until else "")

    @property
    def said(self) -> str:
        """All targets together in one sentence: a step that several of them have counts once."""
        every = [one for target in self.targets for one in target.steps]
        runs = [one for one in every if one.verdict is Verdict.RUNS]
        maybe = distinct(one for one in every if one.verdict is Verdict.MAYBE)
        text = f"{distinct(runs)} of {distinct(every)} steps run again"
        if maybe:
            text += f", {maybe} more may"
        known = cost(runs, self.seconds)
        if known.seconds:
            text += f"; {time_text(known.seconds)} by earlier builds"
            text += f", without {_steps(known.unknown)} never seen to run" if known.unknown else ""
        return text

    @property
    def quiet(self) -> str:
        """Of how many targets nothing runs again; "" where there are none of them."""
        count = sum(target.first is None and not target.problem for target in self.targets)
        others = "" if count == len(self.targets) else "other "
        return f"nothing runs again of {count} {others}target{'' if count == 1 else 's'}" if count else ""

    def cost(self, target: JudgedTarget) -> Cost:
        """What a target's steps that surely run cost."""
        return cost(target.of(Verdict.RUNS), self.seconds)

    def told(self) -> tuple[tuple[Advice, tuple[str, ...]], ...]:
        """Each advice once, with the targets that it is for."""
        found: dict[Advice, list[str]] = {}
        for name, given in self.advice.items():
            for advice in given:
                found.setdefault(advice, []).append(name)
        return tuple((advice, tuple(names)) for advice, names in found.items())


def distinct(steps: Iterable[Judged]) -> int:
    """How many different steps there are."""
    return len({one.step.key.strict for one in steps})


def place_text(one: Judged) -> str:
    """Where a step stands: ``images/app/Dockerfile:7``."""
    source = one.step.location.source
    return clean_line(f"{source.path}:{source.position(one.step.location.span.start)[0]}")


def why_text(one: Judged) -> str:
    """Why a step runs again, "" for one that only stands behind another."""
    return clean_line(summary(one.causes))


def count_text(target: JudgedTarget) -> str:
    """How many of the steps run: ``4 of 7, 1 may``."""
    maybe = len(target.of(Verdict.MAYBE))
    return f"{len(target.of(Verdict.RUNS))} of {len(target.steps)}" + (f", {maybe} may" if maybe else "")


def cost_text(found: Cost) -> str:
    """Seconds for people; ``>`` where steps are among them that nobody has seen run."""
    if not found.seconds:
        return "unknown" if found.unknown else ""
    return f"{'> ' if found.unknown else ''}{time_text(found.seconds)}"


def names_text(names: Sequence[str]) -> str:
    """The names of targets: up to three of them, or the first and how many more."""
    return ", ".join(names) if len(names) <= _NAMES else f"{names[0]} and {len(names) - 1} more"


def advice_text(advice: Advice, names: tuple[str, ...]) -> str:
    """What would have helped, in one sentence."""
    target = names_text(names)
    if advice.kind == "rule":
        return clean_line(f"{target}: rule {advice.name}: {advice.what}")
    plural = "s" if "," in advice.name else ""
    what = f" ({advice.what.rstrip('.')})" if advice.what else ""
    saved = f", {time_text(advice.saved)} less" if advice.saved else ""
    of = f" of {advice.target}" if len(names) > 1 else ""
    return clean_line(
        f"{target}: with the rewrite{plural} {advice.name}{what} {advice.runs} of {advice.steps} steps{of} "
        f"would run again{saved}"
    )


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"
