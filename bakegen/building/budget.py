"""Which targets are known to take longer than their budget where no cache helps, and what of them costs most; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.step_summary import time_text
from bakegen.diagnostics import warning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.costs import Costs
    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.model import Plan, Target

_SHOWN = 3
_WIDTH = 60


def budget(target: Target) -> int | None:
    """The seconds of the field ``budget``; None where it is not set."""
    value = target.variant.value("budget")
    return value if isinstance(value, int) else None


def over_budget(plan: Plan, names: Iterable[str], costs: Costs) -> tuple[Diagnostic, ...]:
    """A warning for each of `names` that a cold build is known to take too long for."""
    found = []
    for name in names:
        target = plan.targets.get(name)
        if target is None:
            continue  # an artifact: the budget is that of the image that it comes from
        allowed = budget(target)
        known = costs.cold(name)
        if allowed is None or known is None or known <= allowed:
            continue
        dearest = sorted(costs.steps(name), key=lambda step: -step.seconds)[:_SHOWN]
        said = "; ".join(f"{time_text(step.seconds)} {_short(step.name)}" for step in dearest if step.seconds)
        found.append(
            warning(
                "over-budget",
                f"a cold build of {name} takes {time_text(known)}, and its budget is {time_text(allowed)}",
                target.variant.place("budget"),
                help=f"what costs most: {said}",
            )
        )
    return tuple(found)


def _short(name: str) -> str:
    line = " ".join(clean_line(name).split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
