"""The changelog: its newest version is that of the package, in the form of Keep a Changelog 1.1.0."""

from __future__ import annotations

import re

from packaging.version import Version

from bakegen import __version__
from tests.packaging.building import ROOT

TEXT = (ROOT / "CHANGELOG.md").read_text("utf-8")
HEADING = re.compile(r"(?P<version>\d+\.\d+\.\d+) - (?:\d{4}-\d\d-\d\d|unreleased)")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_its_newest_version_is_that_of_the_package() -> None:
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    versions = [match["version"] for heading in headings if (match := HEADING.fullmatch(heading))]
    assert len(versions) == len(headings)
    assert versions[0] == __version__
    assert versions == sorted(versions, key=Version, reverse=True)
    assert all("unreleased" not in heading for heading in headings[1:])


def test_its_sections_are_those_of_its_form() -> None:
    assert set(re.findall(r"^### (.*)$", TEXT, re.MULTILINE)) <= KINDS
