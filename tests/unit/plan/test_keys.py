"""Content keys: equal inputs, equal keys; any change, another key; nothing private shown."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bakegen.plan.keys import KEY_LENGTH, KeyInputs, content_key, difference, digest, encode, explain

TEXT = st.text(max_size=8)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "dockerfile": st.lists(TEXT, max_size=3),
    "target": TEXT,
    "syntax": TEXT,
    "platforms": st.lists(st.sampled_from(["linux/amd64", "linux/arm64", "linux/s390x"]), max_size=3, unique=True),
    "args": st.dictionaries(TEXT, TEXT | st.none(), max_size=3),
    "attributes": st.dictionaries(TEXT, TEXT | st.booleans() | st.integers() | st.lists(TEXT, max_size=2), max_size=3),
    "contexts": st.dictionaries(TEXT, TEXT, max_size=3),
    "files": TEXT,
    "parents": st.dictionaries(TEXT, TEXT, max_size=3),
    "bases": st.dictionaries(TEXT, TEXT | st.none(), max_size=3),
}
INPUTS = st.builds(KeyInputs, **FIELDS)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def typed(value: Any) -> Any:
    """A form in which Python, too, tells True from 1 and the order of keys does not count."""
    if isinstance(value, dict):
        return ("map", frozenset((key, typed(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *map(typed, value))
    return (type(value).__name__, value)


def same(first: KeyInputs, second: KeyInputs) -> bool:
    def shown(inputs: KeyInputs) -> list[Any]:
        values = [getattr(inputs, field.name) for field in fields(inputs) if field.name != "platforms"]
        return [typed(value) for value in values] + [set(inputs.platforms)]

    return shown(first) == shown(second)


@given(VALUES, VALUES)
def test_encoding_is_injective(first: Any, second: Any) -> None:
    assert (encode(first) == encode(second)) == (typed(first) == typed(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["a", ["b"]], [["a"], "b"]),
        ({"a": "b"}, ["a", "b"]),
        (1, True),
        (0, None),
        ("", None),
        ([], {}),
        ("1", 1),
        (["s1:a"], ["s1:a", ""]),
        ({"a": {"b": "c"}}, {"a": "b", "c": {}}),
    ],
)
def test_near_misses_are_told_apart(first: object, second: object) -> None:
    assert encode(first) != encode(second)


def test_sequences_of_one_content_are_one_value() -> None:
    assert encode(["a", ("b",)]) == encode(("a", ["b"]))


@pytest.mark.parametrize("value", [1.5, {1: "a"}, {"a": object()}, b"bytes-are-not-text", {"x"}])
def test_values_that_no_key_can_be_made_of(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_undecodable_text_has_an_encoding() -> None:
    assert encode("\udcff") != encode("\udcfe")


@given(INPUTS, INPUTS)
def test_keys_are_equal_exactly_when_the_inputs_are(first: KeyInputs, second: KeyInputs) -> None:
    assert (content_key(first) == content_key(second)) == same(first, second)


@pytest.mark.parametrize("name", FIELDS)
@given(data=st.data())
def test_one_changed_field_changes_the_key_and_the_explanation(name: str, data: st.DataObject) -> None:
    before = data.draw(INPUTS)
    after = replace(before, **{name: data.draw(FIELDS[name])})
    assume(not same(before, after))
    assert content_key(before) != content_key(after)


@given(INPUTS)
def test_order_of_mappings_and_platforms_does_not_count(inputs: KeyInputs) -> None:
    turned: dict[str, Any] = {
        name: dict(reversed(getattr(inputs, name).items()))
        for name in ("args", "attributes", "contexts", "parents", "bases")
    }
    turned["platforms"] = list(inputs.platforms)[::-1]
    other = replace(inputs, **turned)
    assert content_key(other) == content_key(inputs)
    assert explain(other) == explain(inputs)


def test_every_field_is_covered_by_these_tests() -> None:
    assert set(FIELDS) == {field.name for field in fields(KeyInputs)}


def test_a_key_is_a_short_tag_part() -> None:
    key = content_key(KeyInputs())
    assert len(key) == KEY_LENGTH == 40
    assert set(key) <= set("0123456789abcdef")


def test_a_known_key_stays_what_it_is() -> None:
    """Fails when keys change by accident; change it together with `VERSION`."""
    inputs = KeyInputs(dockerfile=["FROM scratch\n"], args={"A": "1"}, files="f" * 64, bases={"debian": None})
    assert content_key(inputs) == "083c2380c558b08e7358e877f8fdaebd1d79f168"


def test_keys_do_not_depend_on_the_process() -> None:
    program = (
        "from bakegen.plan.keys import *;"
        "print(content_key(KeyInputs(dockerfile=['é'], args={x: x for x in {'a', 'b', 'c', 'd', 'e'}})))"
    )
    keys = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("99", "UTC")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
        keys.add(run.stdout)
    assert len(keys) == 1


def test_private_values_show_only_as_digests() -> None:
    inputs = KeyInputs(args={"TOKEN": "hunter2"}, attributes={"labels.x": "hunter3"}, dockerfile=["RUN hunter4"])
    shown = str(explain(inputs))
    assert "TOKEN" in shown
    assert "hunter" not in shown


def test_differences_name_what_changed() -> None:
    before = KeyInputs(args={"A": "1", "B": "2"}, parents={"base": "k1"})
    after = KeyInputs(args={"A": "1", "C": "3"}, parents={"base": "k2"})
    assert difference(explain(before), explain(before)) == ()
    assert difference(explain(before), explain(after)) == (
        ("arg B", digest("2"), ""),
        ("arg C", "", digest("3")),
        ("parent base", "k1", "k2"),
    )
