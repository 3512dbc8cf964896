"""Judges what was seen: every check of the wanted groups, and what a project's absence makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.workspace.doctor.checks import CHECKS
from bakegen.workspace.doctor.findings import Finding, Result

if TYPE_CHECKING:
    from collections.abc import Collection

    from bakegen.workspace.doctor.findings import Check
    from bakegen.workspace.doctor.model import Facts

_ORDER = tuple(Result)


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and the check that it is of."""

    check: Check
    finding: Finding

    @property
    def why(self) -> str:
        """Why it matters."""
        return self.finding.why or self.check.why


def judge(facts: Facts, groups: Collection[str]) -> tuple[Judged, ...]:
    """All findings, the worst first, else in the order of the checks.

    Where there is no project, nothing is needed, so nothing can stand in its way: a failure is a warning there.
    """
    found = []
    for check in CHECKS:
        if check.group not in groups:
            continue
        for finding in check.judge(facts):
            if facts.project is None and finding.result is Result.FAILURE:
                finding = replace(finding, result=Result.WARNING)
            found.append(Judged(check, finding))
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.finding.result)))
