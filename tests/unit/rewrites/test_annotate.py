"""Hunks that know which changes made them."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.annotate import hunks
from bakegen.rewrites.driver import Applied
from bakegen.rewrites.model import Proposal
from bakegen.text import Span

if TYPE_CHECKING:
    from pathlib import Path

PROPOSAL = Proposal("x", Span(0, 0), (), Tier.SEMANTICS, Equivalence.GRAPH, "", "")


def applied(*texts: str) -> list[Applied]:
    return [Applied(PROPOSAL, before, after) for before, after in itertools.pairwise(texts)]


def test_each_hunk_names_its_changes() -> None:
    lines = [f"{number}\n" for number in range(20)]
    first = "".join(lines)
    second = first.replace("2\n", "two\n", 1)
    third = second.replace("17\n", "seventeen\n")
    found = hunks(first, third, applied(first, second, third))
    assert [hunk.changes for hunk in found] == [(0,), (1,)]
    assert found[0].heading == "@@ -1,6 +1,6 @@"


def test_a_line_that_was_changed_twice_names_both() -> None:
    found = hunks("a\nb\n", "a\nd\n", applied("a\nb\n", "a\nc\n", "a\nd\n"))
    assert [hunk.changes for hunk in found] == [(0, 1)]


def test_a_removed_line_names_who_removed_it() -> None:
    assert hunks("a\nb\nc\n", "a\nc\n", applied("a\nb\nc\n", "a\nc\n"))[0].changes == (0,)


def test_a_line_that_moved_is_told_where_the_diff_shows_that_others_moved() -> None:
    texts = ("arg\ncopy\n", "copy\narg\n", "copy --link\narg\n")
    (hunk,) = hunks(texts[0], texts[-1], applied(*texts))
    assert " arg\n" in hunk.lines and hunk.changes == (0, 1)


@given(st.lists(st.permutations(["a\n", "b\n", "c\n", "d\n", "e\n", "f\n", "g\n", "h\n"]), min_size=2, max_size=4))
def test_every_change_is_told(states: list[list[str]]) -> None:
    texts = ["".join(lines) for lines in states]
    found = hunks(texts[0], texts[-1], applied(*texts))
    assert not found or {index for hunk in found for index in hunk.changes} == set(range(len(texts) - 1))


def test_no_change_no_hunk() -> None:
    assert hunks("a\n", "a\n", ()) == ()


TEXTS = st.lists(st.sampled_from(["a", "b", "RUN c", ""]), max_size=12).map("\n".join)


@given(TEXTS, TEXTS)
def test_the_lines_make_up_both_texts(before: str, after: str) -> None:
    found = hunks(before, after, ())
    removed = sum(line.startswith("-") for hunk in found for line in hunk.lines)
    added = sum(line.startswith("+") for hunk in found for line in hunk.lines)
    assert len(before.splitlines()) - removed + added == len(after.splitlines())


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize(
    ("before", "after"),
    [("a\nb\nc\n", "a\nc\nb\n"), ("a\nb", "b\na\n"), ("a\n", "b"), ("", "x\n"), ("a\r\nb\r\n", "b\r\na\r\n")],
)
def test_git_applies_them(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / "f").write_text(before, newline="")
    found = hunks(before, after, ())
    patch = "--- a/f\n+++ b/f\n" + "".join(hunk.heading + "\n" + "".join(hunk.lines) for hunk in found)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / "f").read_bytes().decode() == after
