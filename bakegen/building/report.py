"""What a build came to, as ``bakegen-report.json`` tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.building.model import Outcome
    from bakegen.plan.branch import BranchState


@dataclass(frozen=True, slots=True)
class Report:
    """A build, or as much of it as is over.

    Attributes:
        version: bakegen's.
        branch: what was known about the branch.
        outcomes: what became of the targets, in any order; those that are not done yet may be left out.
        seconds: since it began.
        finished: whether it went to its end; False for what is written meanwhile and where it was interrupted.
    """

    version: str
    branch: BranchState
    outcomes: tuple[Outcome, ...]
    seconds: float
    finished: bool = True


def report_text(report: Report) -> str:
    """The text of ``bakegen-report.json``; the same report gives the same bytes."""
    raise NotImplementedError
