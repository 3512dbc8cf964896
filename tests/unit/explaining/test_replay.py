"""What builds run with each policy, on small histories that are counted by hand; and the page that says so."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from bakegen.explaining.replay.figures import Figures, figures, minutes
from bakegen.explaining.replay.model import Build, Commit, TargetUse, Text, Use
from bakegen.explaining.replay.page import html
from bakegen.explaining.replay.policies import Policy, replay
from bakegen.explaining.replay.shown import COLUMNS, HEADS, csv_text, json_text, rows, target_rows

if TYPE_CHECKING:
    from collections.abc import Sequence


def target(name: str, steps: str, key: str = "") -> TargetUse:
    """A target; `steps` are keys of a letter and a number each, ``b2?`` one whose loose key is that of any b."""
    made = [
        Use(one.rstrip("?!"), one[0] if "?" in one else one.rstrip("!"), 60, f"Dockerfile:1 RUN {one}", "!" in one)
        for one in steps.split()
    ]
    return TargetUse(name, tuple(made), key)


def build(number: int, *targets: TargetUse, pull: str = "") -> Build:
    commit = Commit(f"{number:040x}", "", 86400 * number, f"change <{number}>", pull)
    return Build(commit, dict.fromkeys(Text, targets))


def runs(builds: Sequence[Build], policy: Policy) -> list[int]:
    return [one.all.runs for one in replay(builds, Text.ORIGINAL, policy)]


LINE = [
    build(1, target("app", "a1 b1 c1", "k1")),
    build(2, target("app", "a1 b2 c2", "k2"), pull="m"),
    build(3, target("app", "a1 b2 c3", "k3"), pull="m"),
    build(4, target("app", "a1 b2 c3", "k3")),
    build(5, target("app", "a1 b1 c1", "k1"), pull="n"),
    build(6, target("app", "a1 b1 c1", "k1")),
]
"""The default branch, a pull request of two commits and its merge, another one that takes it back, and its merge."""


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.NONE, [3, 3, 3, 3, 3, 3]),
        (Policy.BRANCH, [3, 3, 1, 2, 3, 2]),
        (Policy.DEFAULT, [3, 2, 1, 2, 2, 2]),
        (Policy.KEYS, [3, 2, 1, 0, 0, 0]),
        (Policy.READ_ONLY, [3, 2, 2, 2, 2, 2]),
    ],
)
def test_a_build_runs_what_its_policy_lets_it_not_read(policy: Policy, expected: list[int]) -> None:
    assert runs(LINE, policy) == expected


def test_a_step_that_several_targets_have_runs_once() -> None:
    (ran,) = replay([build(1, target("app", "a1 b1"), target("tool", "a1 c1"))], Text.ORIGINAL, Policy.BRANCH)
    assert (ran.all.runs, ran.all.steps, ran.all.seconds) == (3, 3, 180)
    assert {name: share.runs for name, share in ran.targets.items()} == {"app": 2, "tool": 2}


def test_a_step_of_another_target_is_read_from_its_cache() -> None:
    assert runs([build(1, target("app", "a1 b1")), build(2, target("new", "a1 c1"))], Policy.BRANCH) == [2, 1]


def test_a_step_that_copies_from_what_runs_again_may_run() -> None:
    both = [build(1, target("app", "a1 b1?")), build(2, target("app", "a2 b2?"))]
    ran = list(replay(both, Text.ORIGINAL, Policy.BRANCH))[1]
    assert (ran.all.runs, ran.all.may, ran.all.seconds, ran.all.may_seconds) == (1, 1, 60, 60)
    assert ran.first == {"app": "Dockerfile:1 RUN a2"}


def test_a_step_without_cache_always_runs() -> None:
    same = [build(number, target("app", "a1! b1")) for number in (1, 2)]
    assert runs(same, Policy.BRANCH) == [2, 1]


def test_a_skipped_target_leaves_its_cache_as_it_was() -> None:
    history = [
        build(1, target("app", "a1", "k1")),
        build(2, target("app", "a2", "k2")),
        build(3, target("app", "a1", "k1")),  # skipped: the cache still has a2
        build(4, target("app", "a2 b1", "k4")),
    ]
    assert runs(history, Policy.KEYS) == [1, 1, 0, 1]
    assert runs(history, Policy.BRANCH) == [1, 1, 1, 2]


def test_a_commit_that_cannot_be_read_changes_no_cache() -> None:
    history = [
        LINE[0],
        Build(Commit("2" * 40, "", 0, ""), {}, "there is no project"),
        build(3, target("app", "a1 b1 c1")),
    ]
    assert runs(history, Policy.BRANCH) == [3, 0, 0]


@pytest.fixture
def found() -> Figures:
    strange = build(7, target('<b>"&', "z1"))
    return figures([*LINE, strange, Build(Commit("8" * 40, "", 0, ""), {}, "broken <here>")], 30, 1, 0)


def test_the_table_sums_up_all_but_the_first_commit(found: Figures) -> None:
    table = {(row[0], row[1]): row for row in rows(found)}
    assert table["no cache", "original"] == ("no cache", "original", "16", "0", "16.0", "100.0%")
    assert table["read-only PRs", "rewritten"] == ("read-only PRs", "rewritten", "11", "0", "11.0", "68.8%")
    assert {len(row) for row in table.values()} == {len(HEADS)}
    assert next(target_rows(found, Policy.DEFAULT)) == ("app", "9", "9", "9.0", "9.0")
    assert found.said == "4 commits of the branch and 3 of pull requests, 1 of which could not be read"
    assert minutes(6000) == "100"


def test_csv_and_json_have_every_commit(found: Figures) -> None:
    told = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert tuple(told[0]) == COLUMNS
    ours = [one for one in told if (one["policy"], one["dockerfiles"]) == ("branch + master", "original")]
    assert [one["runs"] for one in ours if not one["target"]] == ["2", "1", "2", "2", "2", "1"]
    assert [one["pull_request"] for one in ours if one["target"] == "app"] == ["m", "m", "", "n", ""]
    made = json.loads(json_text(found))
    assert made["problems"] == {"broken <here>": 1}
    assert {len(line["commits"]) for line in made["lines"]} == {len(made["commits"])} == {7}


def test_the_page_is_well_formed_and_needs_nothing_else(found: Figures) -> None:
    text = html(found, "<shop>", lambda commit: ["<src>", "b", "c", "d", "e"])
    page = ET.fromstring(text)
    tags = [one.tag for one in page.iter()]
    assert not {"script", "link", "img", "iframe", "object"} & set(tags)
    assert not [name for one in page.iter() for name in one.attrib if name in ("src", "href") or name.startswith("on")]
    assert not re.search(r"https?:|url\(|@import", text)
    assert "prefers-color-scheme: dark" in text
    charts = list(page.iter("svg"))
    assert len(charts) == 2
    assert all(one.find("title") is not None and one.get("role") == "img" for one in charts)
    said = " ".join(page.itertext())
    assert '<b>"&' in said and "change <5>" in said and "<src>" in said and "and 2 more files" in said
    assert len(charts[0].findall("polyline")) == len(found.lines)


def test_a_history_in_which_nothing_ran_has_a_page() -> None:
    same = [build(number, target("app", "a1")) for number in (1, 2)]
    page = ET.fromstring(html(figures(same, 30, 1, 1), "shop", lambda commit: []))
    said = " ".join(page.itertext())
    assert "Nothing ran of any target." in said and "far above what is drawn" in said
