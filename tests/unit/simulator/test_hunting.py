"""The hunt finds faults that are planted in the rewriter: it would find real ones."""

from __future__ import annotations

import pytest

from bakegen.effects.commute import COMMUTE
from bakegen.rewrites import checks, climbing, sinking, sort_copies
from tests.simulator.case import read_case
from tests.simulator.checking import check, shrink
from tests.simulator.hunting import hunt

PLANTED = {
    "sink-arg": (sinking, "commute_all"),
    "sort-copies": (sort_copies, "commute"),
    "hoist-install": (climbing, "commute_all"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_does_not_commute_changes_places(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function = PLANTED[name]
    monkeypatch.setattr(module, function, lambda *things: COMMUTE)
    for one in ("commute", "commute_all"):  # the driver's own check would say so first
        monkeypatch.setattr(checks, one, lambda *things: COMMUTE, raising=False)
    total = hunt(200, seed=0, levels=("assumed",), only=(name,), stop_after=5)
    # Some of them the driver's own checks find; the images must tell others.
    case, finding = next((one, why) for _, one, why in total.found if why.kind in ("differs", "fails"))
    small, why = shrink(case, finding, (name,))
    assert len(small.blocks) <= len(case.blocks)
    assert why.kind == finding.kind
    assert check(small, ("assumed",), (name,)).findings


def test_a_named_assumption_excuses_other_bases_only() -> None:
    """The rewriting says that no link stands on the way; a base that only other build arguments choose has one."""
    text = (
        "known=bases,context\n{other}-----\nARG BASE={base}\nFROM $BASE\nCOPY conf /opt/through\n"
        "RUN chown -R 5:50 /sl/through || true\nRUN apt-get update && apt-get install -y curl\n"
    )
    report = check(read_case(text.format(base="debian:13", other="other0:BASE=odd:1\n")), ("assumed",))
    assert (report.excused, report.findings) == (1, [])
    report = check(read_case(text.format(base="debian:13", other="")), ("assumed",))
    assert (report.excused, report.findings) == (0, [])
