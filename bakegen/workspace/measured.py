"""Reads the reports of earlier builds, for what targets cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.costs import Costs
from bakegen.diagnostics import error
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_cost_files(paths: Sequence[Path]) -> Costs:
    """What reports tell, the oldest first.

    A file that is missing is an error: a machine that shares targets out without it builds another share than the
    others think.

    Raises:
        InputError: one cannot be read, or is no report.
    """
    costs = Costs()
    for path in paths:
        try:
            costs = costs.joined(path.read_text("utf-8"))
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is no report of a build"
            found = error("costs", f"{path}: {reason}", help="--costs takes a bakegen-report.json")
            raise InputError([found]) from None
    return costs


def with_last_report(costs: Costs, path: Path) -> Costs:
    """`costs` and what the report tells that the last build here left behind, if there is one that can be read.

    Not for sharing out: other machines have another report, or none.
    """
    try:
        return costs.joined(path.read_text("utf-8"))
    except (OSError, ValueError):
        return costs
