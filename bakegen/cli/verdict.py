"""How a build ends: its exit code, and the last line that it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.failures import is_of_others
from bakegen.building.masking import clean_line
from bakegen.building.model import Status
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bakegen.building.model import Outcome

_NAMED = 5


def verdict(
    outcomes: Collection[Outcome], *, failure: str = "", unwritten: bool = False, late: int = 0, problems: int = 0
) -> tuple[ExitCode, str]:
    """The exit code of a build that went to its end, and the line that tells why; "" where all is well.

    Args:
        outcomes: what became of the targets.
        failure: why the build ended before them, "" where it did not.
        unwritten: whether a file that hands the build on could not be written.
        late: how many commands of ``--on-ready`` failed.
        problems: how many tags and caches could not be written.
    """
    failed = [one for one in outcomes if one.status is Status.FAILED]
    parts = [
        _named(failed, "failed"),
        _named([one for one in outcomes if one.status is Status.NOT_BUILT], "not built"),
        f"{problems} tag{'s' * (problems != 1)} or cache{'s' * (problems != 1)} not written" if problems else "",
        f"{late} command{'s' * (late != 1)} of --on-ready failed" if late else "",
        "not all files written" if unwritten else "",
    ]
    line = "; ".join(filter(None, [failure, *parts]))
    return _code(outcomes, failed, failure, unwritten=unwritten, late=late, problems=problems), line


def interrupted(outcomes: Collection[Outcome]) -> str:
    """The last line of a build that was ended by a signal."""
    counts = [(sum(one.status is status for one in outcomes), status) for status in Status]
    return f"interrupted: {', '.join(f'{count} {status}' for count, status in counts if count) or 'nothing was begun'}"


def _code(
    outcomes: Collection[Outcome], failed: Sequence[Outcome], failure: str, *, unwritten: bool, late: int, problems: int
) -> ExitCode:
    if failure:
        return ExitCode.ENGINE
    if unwritten:
        return ExitCode.BAD_INPUT
    if late:
        return ExitCode.FINDINGS
    if problems or (failed and all(is_of_others(one.error) for one in failed)):
        return ExitCode.ENGINE
    bad = (Status.FAILED, Status.NOT_BUILT)
    return ExitCode.FINDINGS if any(one.status in bad for one in outcomes) else ExitCode.CLEAN


def _named(outcomes: Sequence[Outcome], what: str) -> str:
    if not outcomes:
        return ""
    names = ", ".join(sorted(clean_line(one.target) for one in outcomes)[:_NAMED])
    more = f" and {len(outcomes) - _NAMED} more" if len(outcomes) > _NAMED else ""
    return f"{len(outcomes)} {what}: {names}{more}"
