"""Lines of events: one line of JSON each, whatever the event holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.building.events import event_line
from bakegen.building.model import Event, Happening
from tests.unit.building.reports import NAMES, TEXTS

FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3) | st.tuples(inner),
    max_leaves=6,
)


@given(st.sampled_from(Happening), st.floats(0, 1e9), NAMES, st.dictionaries(TEXTS, FACTS, max_size=3))
def test_no_text_breaks_a_line(what: Happening, at: float, target: str, facts: dict[str, object]) -> None:
    line = event_line(Event(what, at, target, facts))
    assert line.isascii() and line.endswith("\n") and len(line.splitlines()) == 1
    found = json.loads(line, parse_constant=pytest.fail)
    assert list(found) == ["event", "at", "target", "facts"]
    assert found["event"] == what
    assert json.dumps(found, ensure_ascii=False).encode()  # no half of a surrogate pair, which other readers refuse


def test_what_json_cannot_hold() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd\x1b"

    facts: dict[str, Any] = {"nan": float("nan"), "far": float("inf"), "odd": Odd(), "pair": ("a", 1.23456)}
    found = json.loads(event_line(Event(Happening.DONE, 1.0, "", facts)))
    assert found == {
        "event": "done",
        "at": 1.0,
        "target": None,
        "facts": {"nan": None, "far": None, "odd": "odd\\x1b", "pair": ["a", 1.235]},
    }
