"""Settings for every test: the hypothesis profiles, of which the small one always runs, and golden files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.golden_files import Golden

if TYPE_CHECKING:
    from pathlib import Path

PROFILE_VARIABLE = "BAKEGEN_TEST_PROFILE"

settings.register_profile(
    "small", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile("large", max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get(PROFILE_VARIABLE, "small"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes the golden files anew; CI refuses it."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew; not in CI")


@pytest.fixture
def golden(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Golden:
    """Compares what a test made with a folder below tests/golden."""
    update = bool(pytestconfig.getoption("--update-golden"))
    if update and os.environ.get("CI") == "true":
        raise pytest.UsageError("--update-golden is for a person's machine: CI only compares")
    root: Path = request.config.rootpath
    return Golden(root / "tests" / "golden", update=update)
