"""Outputs for GitHub and GitLab, read back as their runners do; no name breaks them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.building import outputs
from bakegen.building.masking import clean_line
from bakegen.building.model import Outcome, Status
from bakegen.building.outputs import (
    READY_VARIABLES,
    digests,
    github_output,
    gitlab_dotenv,
    ready_environment,
    variable_names,
)
from tests.unit.building.reports import NAMES, digest, example, outcomes, reports

if TYPE_CHECKING:
    from bakegen.building.report import Report


def read_output(text: str) -> dict[str, str]:
    """The outputs in a file as GitHub's runner reads it: whichever of ``=`` and ``<<`` comes first decides."""
    lines = re.split(r"\r\n|\n|\r", text)
    assert lines.pop() == ""
    found: dict[str, str] = {}
    while lines:
        line = lines.pop(0)
        assert "<<" in line and line.find("<<") < (line.find("=") if "=" in line else len(line))
        name, _, end = line.partition("<<")
        assert end
        at = lines.index(end)
        assert name not in found
        found[name] = "\n".join(lines[:at])
        del lines[: at + 1]
    return found


@given(reports())
def test_no_name_breaks_the_outputs_of_github(report: Report) -> None:
    found = read_output(github_output(report))
    assert list(found) == ["digests", "built", "skipped", "failed", "not-built"]
    values = {name: json.loads(text) for name, text in found.items()}
    by_status = {status: [clean_line(o.target) for o in report.targets if o.status is status] for status in Status}
    assert values["built"] == by_status[Status.BUILT]
    assert values["failed"] == by_status[Status.FAILED]
    assert values["skipped"] == by_status[Status.SKIPPED]
    assert values["not-built"] == by_status[Status.NOT_BUILT]
    assert values["digests"] == {clean_line(name): one for name, one in digests(report).items()}


def test_outputs_without_targets_are_still_json() -> None:
    found = read_output(github_output(replace(example(), outcomes=())))
    assert {json.dumps(json.loads(text)) for text in found.values()} == {"{}", "[]"}


@given(reports())
def test_no_name_breaks_the_variables_of_gitlab(report: Report) -> None:
    text = gitlab_dotenv(report)
    lines = text.split("\n")
    assert lines.pop() == ""
    assert all(re.fullmatch(r"BAKEGEN_DIGEST_[A-Z0-9_]+=[a-z0-9]+:[0-9a-f]{32,}", line, re.ASCII) for line in lines)
    names = [line.partition("=")[0] for line in lines]
    assert len(set(names)) == len(names) == len(digests(report))


@given(st.sets(NAMES, max_size=30))
def test_variables_of_different_targets_differ_and_stay(targets: set[str]) -> None:
    names = variable_names(targets)
    assert len(set(names.values())) == len(targets)
    assert all(re.fullmatch(r"[A-Z0-9_]+", name, re.ASCII) for name in names.values())
    for target in targets:
        assert variable_names([target])[target] == names[target]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("app", "APP"),
        ("app-1-22", "APP_1_22"),
        ("my_app", "MY__APP"),
        ("my-app_x", "MY_APP__X"),
        ("my--app", "MY_APP_7377D6D5"),
        ("App", "APP_0D04BFEB"),
        ("app.1", "APP_1_074A76D0"),
        ("app-0123abcd", "APP_0123ABCD_29F42A3E"),
        ("…", "B4935894"),
    ],
)
def test_the_variable_of_a_target(target: str, name: str) -> None:
    assert variable_names([target])[target] == name


def test_names_that_look_like_hashed_ones_are_hashed_themselves() -> None:
    hashed = variable_names(["my--app", "…"]).values()
    like = [name.lower().replace("_", "-") for name in hashed]
    assert not set(variable_names(like).values()) & set(hashed)


def test_targets_whose_hashes_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "digest8", lambda text: "0123abcd")
    names = variable_names(["A--b", "a--B"])
    assert names["A--b"] == "A_B_0123ABCD"
    assert re.fullmatch(r"A_B_0123ABCD_[0-9A-F]{64}", names["a--B"])


def test_a_digest_that_is_none_and_a_target_that_failed_are_left_out() -> None:
    odd = Outcome("odd", Status.BUILT, digest="sha256:x\nA=b")
    failed = Outcome("failed", Status.FAILED, digest=digest("a"))
    assert gitlab_dotenv(replace(example(), outcomes=(odd, failed))) == ""


@given(outcomes())
def test_the_environment_of_a_ready_target(outcome: Outcome) -> None:
    found = ready_environment(outcome)
    assert list(found) == list(READY_VARIABLES)
    assert not any(re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", value) for value in found.values())
    assert all("\n" not in value for name, value in found.items() if name != "BAKEGEN_REFERENCES")
    assert found["BAKEGEN_TARGET"] == clean_line(outcome.target)
    assert len(found["BAKEGEN_REFERENCES"].split("\n")) == max(1, len(outcome.references))
