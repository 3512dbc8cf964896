"""sort-copies beyond its examples: thresholds, what stops a move, and that the order settles."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.unit.rewrites.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.rewrites.driver import Outcome

NAMES = ("a", "b", "c", "d", "e")
FILES = {f"{name}/file": "" for name in NAMES} | {"a/deep/x": "", "one": "", "two": ""}


def sort(text: str, changes: Mapping[str, int], *, files: Mapping[str, str] | None = FILES) -> Outcome:
    return rewrite(Source("Dockerfile", text), evidence(files, None, changes), only=("sort-copies",), strict=True)


def order(text: str, changes: Mapping[str, int]) -> str:
    lines = sort(text, changes).source.text.splitlines()
    return "".join(line.split()[-2].strip("/")[0] for line in lines if line.startswith("COPY"))


def copies(names: str) -> str:
    return "FROM scratch\n" + "".join(f"COPY {name} /app/{name}\n" for name in names)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((6, 3), "ba"),
        ((6, 4), "ab"),  # not twice as often
        ((4, 2), "ab"),  # two commits are too few
        ((3, 0), "ba"),
        ((2, 0), "ab"),
        ((3, 6), "ab"),
    ],
)
def test_how_clear_it_must_be(counts: tuple[int, int], expected: str) -> None:
    assert order(copies("ab"), dict(zip(("a/file", "b/file"), counts, strict=True))) == expected


@given(st.lists(st.integers(0, 60), min_size=5, max_size=5))
def test_it_settles_and_nothing_is_clearly_wrong_then(counts: list[int]) -> None:
    changes = {f"{name}/file": count for name, count in zip(NAMES, counts, strict=True)}
    settled = order(copies("abcde"), changes)
    assert sorted(settled) == list(NAMES)
    assert order(copies(settled), changes) == settled
    weights = [changes[f"{name}/file"] for name in settled]
    assert not any(after * 2 <= before and before - after >= 3 for before, after in itertools.pairwise(weights))


@given(st.lists(st.integers(0, 60), min_size=5, max_size=5), st.integers(0, 4))
def test_a_written_order_survives_a_commit(counts: list[int], touched: int) -> None:
    """One more commit on one COPY turns nothing around, unless one behind it has become clearly rarer just then."""
    changes = {f"{name}/file": count for name, count in zip(NAMES, counts, strict=True)}
    settled = order(copies("abcde"), changes)
    moved = NAMES[touched]
    changes[f"{moved}/file"] += 1
    often = changes[f"{moved}/file"]
    behind = [changes[f"{name}/file"] for name in settled[settled.index(moved) + 1 :]]
    clear = any(count * 2 <= often and often - count >= 3 for count in behind)
    assert clear or order(copies(settled), changes) == settled


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch\nCOPY a /app\nCOPY one /app\n",
        "FROM scratch\nCOPY a /app/\nCOPY b /app/deep/\n",
        "FROM scratch\nCOPY a /x\nWORKDIR /app\nCOPY one ./\n",
        "FROM scratch\nARG D=/x\nCOPY a $D/\nCOPY one /y/\n",
        "FROM scratch\nARG S=one\nCOPY a /x/\nCOPY $S /y/\n",
        "FROM scratch\nCOPY a /x/\nCOPY <<one /y/\n1\none\n",
        "FROM scratch\nCOPY --chown=1:1 a /app/\nCOPY one /app/more/\n",
        "FROM scratch\nCOPY a /x/\nADD one /y/\n",
        "FROM scratch\nCOPY a /x/\nCOPY . /y/\n",
        "FROM scratch\nONBUILD COPY a /x/\nONBUILD COPY one /y/\n",
    ],
)
def test_what_stays(text: str) -> None:
    assert sort(text, {"a/file": 50, "one": 1}).source.text == text


def test_numbers_are_in_the_reason() -> None:
    proposal = sort(copies("ab"), {"a/file": 50, "b/file": 2}).applied[0].proposal
    assert "changed in 2 of the last commits, those of line 2 in 50" in proposal.reason


def test_excluded_files_are_asked_for() -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []
    found = evidence(FILES, None, {"a/file": 1})
    history = found.history
    assert history is not None
    original = history.changes

    def changes(path: str, exclude: tuple[str, ...] = ()) -> int | None:
        asked.append((path, tuple(exclude)))
        return original(path, exclude)

    history.changes = changes  # type: ignore[method-assign, assignment]
    text = "FROM scratch\nCOPY --exclude=deep a /x/\nCOPY one t* /y/\n"
    rewrite(Source("Dockerfile", text), found, only=("sort-copies",))
    assert {("a", ("deep",)), ("one", ()), ("two", ())} <= set(asked)


def test_a_file_without_a_last_line_end() -> None:
    outcome = sort("FROM scratch\nCOPY a /app/a\nCOPY b /app/b", {"a/file": 50, "b/file": 2})
    assert outcome.source.text.split("\n")[1:3] == ["COPY b /app/b", "COPY a /app/a"]
