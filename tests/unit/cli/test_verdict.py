"""The exit code of a build and its last line, by what became of its targets."""

from __future__ import annotations

import pytest

from bakegen.building.model import Outcome, Status
from bakegen.cli.verdict import interrupted, verdict
from bakegen.errors import ExitCode

BUILT = Outcome("a", Status.BUILT)
BROKEN = Outcome("b", Status.FAILED, error='process "/bin/sh -c curl" did not complete successfully: exit code: 7')
BUSY = Outcome(
    "c", Status.FAILED, error="failed to push r/c:latest: unexpected status from HEAD: 503 Service Unavailable"
)
REFUSED = Outcome("d", Status.FAILED, error="r/d:made-1: it answers with status 503 for a layer")
LEFT = Outcome("e", Status.NOT_BUILT, error="builds on c, which failed")


@pytest.mark.parametrize(
    ("outcomes", "code", "line"),
    [
        ([], ExitCode.CLEAN, ""),
        ([BUILT], ExitCode.CLEAN, ""),
        ([BUILT, BROKEN], ExitCode.FINDINGS, "1 failed: b"),
        ([BUSY, LEFT], ExitCode.ENGINE, "1 failed: c; 1 not built: e"),
        ([REFUSED, BUSY], ExitCode.ENGINE, "2 failed: c, d"),
        ([BUSY, BROKEN], ExitCode.FINDINGS, "2 failed: b, c"),
    ],
)
def test_who_is_at_fault(outcomes: list[Outcome], code: ExitCode, line: str) -> None:
    assert verdict(outcomes) == (code, line)


def test_what_went_wrong_beside_targets() -> None:
    assert verdict([BUILT], problems=2) == (ExitCode.ENGINE, "2 tags or caches not written")
    assert verdict([BUILT], late=1) == (ExitCode.FINDINGS, "1 command of --on-ready failed")
    assert verdict([BROKEN], unwritten=True) == (ExitCode.BAD_INPUT, "1 failed: b; not all files written")
    assert verdict([LEFT], failure="no engine") == (ExitCode.ENGINE, "no engine; 1 not built: e")


def test_many_names_are_cut_short() -> None:
    many = [Outcome(f"t{number}", Status.FAILED) for number in range(9)]
    assert verdict(many)[1] == "9 failed: t0, t1, t2, t3, t4 and 4 more"


def test_interrupted() -> None:
    assert interrupted([BUILT, LEFT, BROKEN]) == "interrupted: 1 built, 1 failed, 1 not built"
    assert interrupted([]) == "interrupted: nothing was begun"
