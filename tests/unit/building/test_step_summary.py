"""The summary of a step: a table that stays one, whatever stands in it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bakegen.building.masking import clean_line
from bakegen.building.model import CacheWritten, Outcome, Status
from bakegen.building.report import Report
from bakegen.building.step_summary import SUMMARY_LIMIT, cell, github_summary
from tests.unit.building.reports import TEXTS, example, reports


def rows(text: str) -> list[list[str]]:
    lines = text.split("\n")
    start = lines.index("| --- | --- | ---: | ---: | ---: | --- |") + 1
    table = lines[start : lines.index("", start)]
    return [[html.unescape(one.strip(" ")) for one in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


@given(reports())
def test_no_text_breaks_the_table(report: Report) -> None:
    text = github_summary(report)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text)
    found = rows(text)
    assert {len(row) for row in found} <= {6}
    assert sorted(row[0] for row in found) == sorted(clean_line(o.target).strip(" ") for o in report.outcomes)


@given(TEXTS)
def test_a_cell_says_what_the_text_says_and_holds_no_markup(text: str) -> None:
    made = cell(text)
    assert html.unescape(made) == clean_line(text)
    assert not re.search(r"[|`*_\[\]<>\\~$!@\n]|&(?!#[0-9]+;)|#(?![0-9]+;)|://", made)


def test_what_failed_comes_first() -> None:
    assert [row[0] for row in rows(github_summary(example()))] == ["tools", "tools-debug", "my_app", "base-1-22"]


@given(st.integers(0, 9000))
def test_what_does_not_fit_is_counted(limit: int) -> None:
    many = tuple(Outcome(f"target-{n}", Status.BUILT) for n in range(100))
    text = github_summary(replace(example(), outcomes=many), limit)
    assert len(text.encode()) <= limit
    told = re.search(r"… and (\d+) more", text)
    if text:
        assert len(rows(text)) + (int(told[1]) if told else 0) == 100


def test_caches_of_what_was_skipped_are_counted() -> None:
    written = (CacheWritten("r/app:cache-app.main", "", 1.0, 2.0),)
    outcomes = (Outcome("app", Status.SKIPPED, caches=written), Outcome("base", Status.SKIPPED))
    text = github_summary(replace(example(), outcomes=outcomes))
    assert text.startswith("### bakegen: 2 skipped (caches of 1 written)\n")


def test_nothing_is_said_of_an_unknown_branch_or_an_end_that_was_none() -> None:
    branch = replace(example().branch, branch=None, pull_request=None, trusted=False)
    text = github_summary(Report("1", branch, (), 0.5, finished=False), SUMMARY_LIMIT)
    assert text.startswith("### bakegen: no targets\n\nbranch unknown, not trusted, 0.5 s, interrupted\n\n")


def test_a_tag_is_no_unknown_branch() -> None:
    report = example()
    tag = replace(report, branch=replace(report.branch, branch=None, pull_request=None, is_tag=True, trusted=True))
    assert "\n\na git tag, " in github_summary(tag)
