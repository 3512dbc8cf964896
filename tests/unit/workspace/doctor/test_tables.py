"""Versions and the table of security fixes, and the page that is made of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.advisories import ADVISORIES, CURRENT, affecting
from bakegen.workspace.doctor.findings import Result
from bakegen.workspace.doctor.reference import RESULTS, page
from bakegen.workspace.doctor.versions import (
    ENGINE_BUILDKIT,
    buildkit_of_engine,
    buildkit_of_frontend,
    numbers,
    of_distribution,
    older,
)
from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from tests.golden_files import Golden


def test_the_page_is_current(golden: Golden) -> None:
    path = DOCS / "reference" / "doctor.md"
    if golden.update:
        path.write_text(page(), "utf-8")
    assert path.read_text("utf-8") == page(), "pytest --update-golden"
    assert set(RESULTS) == set(Result)


def test_every_advisory_has_an_address_a_name_and_a_date() -> None:
    for one in ADVISORIES:
        assert re.fullmatch(r"https://github\.com/[a-z]+/[a-z]+/security/advisories/GHSA(-[0-9a-z]{4}){3}", one.source)
        assert all(re.fullmatch(r"CVE-20\d\d-\d{4,6}", name) for name in one.names)
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", one.date) and one.date <= CURRENT
        assert all(older(since, until) is not False for since, until in one.fixed)
    assert len({one.names for one in ADVISORIES}) == len(ADVISORIES)


def test_what_is_proposed_has_every_fix() -> None:
    assert list(affecting("buildkit", mending.BUILDKIT)) == []


@pytest.mark.parametrize(
    ("component", "version", "first"),
    [
        ("buildkit", "v0.12.4", "CVE-2026-33747"),
        ("buildkit", "v0.28.0", "CVE-2026-33747"),
        ("buildx", "0.21.2", "CVE-2025-0495"),
        ("runc", "1.2.7", "CVE-2026-41579"),
        ("containerd", "v2.1.0", "CVE-2026-47262"),
        ("engine", "25.0.1", "CVE-2024-24557"),
        ("engine", "24.0.9", ""),
        ("runc", "1.4.3", ""),
        ("buildx", "0.21.3", ""),
        ("buildkit", "unknown", ""),
    ],
)
def test_versions_with_faults(component: str, version: str, first: str) -> None:
    assert next((one.names[0] for one in affecting(component, version)), "") == first


def test_the_versions_of_engines_are_in_order_and_each_gives_its_buildkit() -> None:
    engines = [numbers(engine) or () for engine, _ in ENGINE_BUILDKIT]
    assert engines == sorted(engines, reverse=True)
    assert buildkit_of_engine("28.5.2+dfsg4") == "0.25.2"
    assert buildkit_of_engine("29.5.3") == "0.30.0"
    assert buildkit_of_engine("23.0.1") == buildkit_of_engine("31.0.0") == buildkit_of_engine("dev") == ""


def test_versions() -> None:
    assert (older("1.2", "1.2.0"), older("v1.2.0", "1.2.1"), older("master", "1.0")) == (False, True, None)
    assert numbers("v0.0.0+unknown") is None
    assert [of_distribution(one) for one in ("28.5.2+dfsg4", "1.1.5+ds1-1+deb12u1", "29.7.2", "v2.1.9")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert [buildkit_of_frontend(one) for one in ("1.4", "1.20", "1.2")] == ["0.10", "0.26", "0.10"]
