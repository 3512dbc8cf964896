"""Every Dockerfile of tests/golden/rewrites, rewritten with the facts that are kept; tests/engine builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.facts.lockfile import read_lock
from bakegen.facts.model import LOCK_FILE
from bakegen.rewrites.driver import rewrites
from bakegen.text import Source
from tests.rewrite_cases import BASES, cases

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.driver import Outcome
    from tests.golden_files import Golden
    from tests.rewrite_cases import Case

CASES = cases()


@pytest.fixture(scope="module")
def facts() -> Mapping[str, PlatformFacts]:
    """Facts of all bases, as the engine test wrote them down."""
    lock = read_lock(Source(LOCK_FILE, (BASES / LOCK_FILE).read_text(encoding="utf-8")))
    found = {name: lock.facts(name) for name in lock.bases}
    return {name: one for name, one in found.items() if one is not None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, facts: Mapping[str, PlatformFacts], golden: Golden, tmp_path: Path) -> None:
    outcome = case.rewrite(case.lay_out(tmp_path / "context"), facts)
    assert not outcome.diagnostics
    assert bool(outcome.refused) == case.refused, outcome.refused
    golden.check(f"rewrites/{case.name}", case.made(outcome))
    applied = {one.proposal.rewrite for one in outcome.applied}
    assert applied == set(case.applies), "\n".join(_told(case, outcome))
    offered = {one.rewrite: one for one in outcome.offered}
    assert offered.keys() >= set(case.offers)
    assert all(offered[name].missing for name in case.offers)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_twice_is_once(case: Case, facts: Mapping[str, PlatformFacts], tmp_path: Path) -> None:
    context = case.lay_out(tmp_path / "context")
    once = case.rewrite(context, facts)
    again = case.rewrite(context, facts, of=once.source, ignore=case.ignore_after(once))
    assert (again.source.text, again.ignore) == (once.source.text, ())


def test_every_rewrite_has_several_cases_of_both_kinds() -> None:
    for name in (one.name for one in rewrites()):
        about = [case for case in CASES if not case.only or name in case.only]
        assert len([case for case in about if name in case.applies]) >= 2, name
        assert len([case for case in about if name not in case.applies and case.only]) >= 2, name


def test_a_case_in_which_nothing_happens_says_why() -> None:
    assert [case.name for case in CASES if not case.applies and not case.why] == []


def _told(case: Case, outcome: Outcome) -> list[str]:
    """What a person needs to see which of the two is wrong: the case or the rewriter."""
    return [
        f"{case.folder / 'case.yaml'}: {case.title}",
        *(f"done: {one.proposal.rewrite}: {one.proposal.reason}" for one in outcome.applied),
        *(
            f"offered: {one.rewrite} [{one.tier.name}]: " + "; ".join(missing.what for missing in one.missing)
            for one in outcome.offered
        ),
    ]
