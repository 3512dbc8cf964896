"""Paths, and when a write disturbs an access."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects.places import ANYWHERE, Place, ancestors, clean, disturbed, entry, first_meeting, inside, tree

NAMES = st.sampled_from(["a", "b", "ab", "app"])
PATHS = st.lists(NAMES, max_size=4).map(lambda parts: "/" + "/".join(parts))
PLACES = st.builds(lambda path, whole: tree(path) if whole else entry(path), PATHS, st.booleans())


@pytest.mark.parametrize(
    ("write", "access", "met"),
    [
        (entry("/app"), entry("/app"), True),
        (entry("/app"), entry("/app/x"), True),
        (entry("/app/x"), entry("/app"), False),
        (entry("/app/x"), tree("/app"), True),
        (tree("/app/x"), entry("/app"), False),
        (tree("/app"), tree("/application"), False),
        (tree("/app"), entry("/ap"), False),
        (ANYWHERE, entry("/x/y"), True),
        (entry("/x"), ANYWHERE, True),
    ],
)
def test_disturbed(write: Place, access: Place, met: bool) -> None:
    assert disturbed(write, access) is met


@given(PATHS, PATHS)
def test_inside_is_about_components(path: str, ancestor: str) -> None:
    parts, above = path.split("/")[1:], [part for part in ancestor.split("/")[1:] if part]
    assert inside(path, ancestor) == ([part for part in parts if part][: len(above)] == above)


@given(PLACES, PLACES)
def test_two_trees_meet_in_both_directions(one: Place, other: Place) -> None:
    if one.extent is other.extent and one.extent:
        assert disturbed(one, other) == disturbed(other, one)


@given(st.text(alphabet="/.ab", max_size=12))
def test_clean_paths_stay_clean(text: str) -> None:
    found = clean(text)
    assert found.startswith("/") and clean(found) == found == posixpath.normpath(found)


@given(PATHS)
def test_ancestors_come_nearest_first(path: str) -> None:
    found = ancestors(path)
    assert all(inside(path, one) and one not in (path, "/") for one in found)
    assert list(found) == sorted(found, key=len, reverse=True)
    assert len(found) == max(0, len([part for part in path.split("/") if part]) - 1)


def test_the_first_meeting_does_not_depend_on_the_order() -> None:
    writes = [tree("/b"), tree("/a")]
    accesses = [entry("/b/x"), entry("/a/y")]
    assert first_meeting(writes, accesses) == first_meeting(writes[::-1], accesses[::-1]) == (tree("/a"), entry("/a/y"))
    assert first_meeting(writes, [entry("/c")]) is None
