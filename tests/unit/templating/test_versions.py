"""Version order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.templating.versions import at_least, below, first_parts, version_key


@pytest.mark.parametrize(
    "ordered",
    [
        ["1.0-rc1", "1.0", "1.0.1"],
        ["1.8", "1.9", "1.10", "1.11-rc1", "1.11"],
        ["1.0.dev1", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0", "1.0.1"],
        ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
        ["v1.2", "1.3", "v1.4"],
        ["go1.9", "go1.10"],
        ["1.0", "1.0-debian", "1.0.1"],
        ["bookworm", "trixie"],
        ["2023-12-31", "2024-01-01"],
        ["1.0", "1.0+1"],
        ["9", "10", "11"],
    ],
)
def test_order(ordered: list[str]) -> None:
    as_text = sorted(ordered)
    assert sorted(as_text, key=version_key) == ordered
    assert all(version_key(a) < version_key(b) for a, b in pairwise(ordered))


@pytest.mark.parametrize(("a", "b"), [("1.0", "v1.0"), ("1.02", "1.2"), ("1-0", "1.0")])
def test_spellings_that_are_equal(a: str, b: str) -> None:
    assert version_key(a) == version_key(b)


def test_tests_for_templates() -> None:
    assert at_least("1.10", "1.9") and at_least("1.9", "1.9") and not at_least("1.9-rc1", "1.9")
    assert below("1.9", "1.10") and below("1.9-rc1", "1.9") and not below("1.9", "1.9")


@pytest.mark.parametrize(("text", "count", "result"), [("v1.22.3-rc1", 2, "1.22"), ("1", 2, "1"), ("x", 1, "")])
def test_first_parts(text: str, count: int, result: str) -> None:
    assert first_parts(text, count) == result


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_have_an_order(a: str, b: str) -> None:
    assert (version_key(a) <= version_key(b)) or (version_key(b) <= version_key(a))


def test_very_long_numbers_are_fine() -> None:
    assert version_key("9" * 10_000) < version_key("1" + "0" * 10_000)
