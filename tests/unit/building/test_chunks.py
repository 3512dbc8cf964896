"""Targets in bakes: connected ones together, parents never after their children, never too many."""

from __future__ import annotations

import random

import pytest

from bakegen.building.chunks import ancestors, chunks


@pytest.mark.parametrize(
    ("targets", "parents", "size", "expected"),
    [
        ("", {}, 3, []),
        ("abc", {}, 3, ["abc"]),
        ("abcd", {}, 3, ["abc", "d"]),
        # Who is connected stays together, and those before it in the order get no bake of their own for that.
        ("abcd", {"d": "b"}, 3, ["abd", "c"]),
        ("abcd", {"d": "bc"}, 3, ["a", "bcd"]),
        # Parents first, also where they are named last.
        ("ab", {"a": "b"}, 3, ["ba"]),
        # What is not built for itself connects nobody.
        ("abcd", {"a": "x", "d": "x"}, 2, ["ab", "cd"]),
        # Too many for one bake: each child takes up its parent again.
        ("pabcd", {"a": "p", "b": "p", "c": "p", "d": "p"}, 3, ["pab", "cd"]),
        ("abcde", {"b": "a", "c": "b", "d": "c", "e": "d"}, 2, ["ab", "c", "d", "e"]),
    ],
)
def test_chunks(targets: str, parents: dict[str, str], size: int, expected: list[str]) -> None:
    assert ["".join(chunk) for chunk in chunks(tuple(targets), parents, size)] == expected


def test_any_graph() -> None:
    chance = random.Random(5)
    for _ in range(200):
        names = [f"t{number}" for number in range(chance.randint(1, 60))]
        above = {
            name: tuple(chance.sample(names[:at], min(at, chance.choice((0, 0, 0, 1, 2)))))
            for at, name in enumerate(names)
        }
        size = chance.randint(1, 12)
        order = chance.sample(names, len(names))
        found = chunks(order, above, size)
        assert sorted(name for chunk in found for name in chunk) == sorted(names)
        place = {name: (at, index) for at, chunk in enumerate(found) for index, name in enumerate(chunk)}
        assert all(place[parent] < place[name] for name in names for parent in above[name])
        for chunk in found:
            built = {*chunk, *(one for name in chunk for one in ancestors(name, above))}
            assert len(built) <= size or len(chunk) == 1
        assert found == chunks(order, above, size)


def test_ancestors_come_nearest_first() -> None:
    assert [*ancestors("d", {"d": ("c", "b"), "c": ("a",), "b": ("a", "x")})] == ["c", "b", "a", "x"]
    assert [*ancestors("a", {})] == []
