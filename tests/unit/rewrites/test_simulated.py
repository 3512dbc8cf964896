"""Generated Dockerfiles, rewritten and built in the simulator: no difference. Counterexamples of old stay as cases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bakegen.rewrites.driver import rewrites
from tests.conftest import PROFILE_VARIABLE
from tests.simulator.case import read_case
from tests.simulator.checking import LEVELS, check, shrink
from tests.simulator.hunting import Total, hunt

CASES = sorted((Path(__file__).parent / "simulated_cases").glob("*.case"))
COUNT = 2000 if os.environ.get(PROFILE_VARIABLE) == "large" else 150
LEAST = COUNT // 75


@pytest.fixture(scope="module")
def total() -> Total:
    """As many cases as the profile asks for; ``python -m tests.simulator --cases 10000`` runs ten thousand."""
    return hunt(COUNT, seed=0, stop_after=1)


def test_no_difference(total: Total) -> None:
    """Original and rewritten build the same image, at each level, with all build arguments."""
    for seed, case, finding in total.found:
        small, why = shrink(case, finding)
        pytest.fail(f"seed {seed}: {why}\n{small}\n---- rewritten\n{why.rewritten}")
    assert total.cases == COUNT


@pytest.mark.parametrize("name", [one.name for one in rewrites() if one.default])
def test_every_rewrite_fires(total: Total, name: str) -> None:
    """No rewrite passes by doing nothing."""
    assert sum(count for (_, one), count in total.fired.items() if one == name) >= LEAST


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_counterexamples_of_old(path: Path) -> None:
    """What was once rewritten wrongly stays right."""
    case = read_case(path.read_text())
    report = check(case, LEVELS)
    assert report.built, report.why_not
    assert not report.findings, "\n".join(f"{one}\n{one.rewritten}" for one in report.findings)
