"""Shards: every target in one, parents with their children, as even as may be, the same whenever asked."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest

from bakegen.building.chunks import ancestors
from bakegen.building.shards import ends, read_shard, shards, shared

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("targets", "parents", "costs", "count", "expected"),
    [
        # One each, in the order of their names; and shards that have nothing to do.
        ("abcd", {}, {}, 2, ["ac", "bd"]),
        ("ab", {}, {}, 3, ["a", "b", ""]),
        ("", {}, {}, 2, ["", ""]),
        # The dearest alone.
        ("abcd", {}, {"d": 9}, 2, ["d", "abc"]),
        # Children of a dear parent stay together, and those of a cheap one do not.
        ("pabc", {"a": "p", "b": "p"}, {"p": 9, "c": 8}, 2, ["pab", "c"]),
        ("pab", {"a": "p", "b": "p"}, {"a": 9, "b": 9}, 2, ["pa", "b"]),
        # A parent that only one needs is with it, wanted or not.
        ("abc", {"b": "a"}, {"c": 2}, 2, ["ab", "c"]),
        ("bc", {"b": "x"}, {}, 2, ["b", "c"]),
    ],
)
def test_shards(
    targets: str, parents: Mapping[str, str], costs: Mapping[str, float], count: int, expected: list[str]
) -> None:
    each = dict.fromkeys("abcdpx", 1.0) | dict(costs)
    assert ["".join(one.targets) for one in shards(targets, parents, each, count)] == expected


def test_what_a_shard_builds_and_what_several_build() -> None:
    made = shards("abc", {"a": "px", "b": "p", "p": "q"}, dict.fromkeys("abcpqx", 2.0), 2)
    assert [(one.targets, one.builds, one.cost) for one in made] == [
        (("a",), ("a", "p", "q", "x"), 8.0),
        (("b", "c"), ("b", "c", "p", "q"), 8.0),
    ]
    assert shared(made) == ("p", "q")
    assert [str(one) for one in made] == ["1/2", "2/2"]


def test_any_graph() -> None:
    chance = random.Random(7)
    for _ in range(200):
        names = [f"t{number}" for number in range(chance.randint(0, 40))]
        above = {
            name: tuple(chance.sample(names[:at], min(at, chance.choice((0, 0, 1, 2)))))
            for at, name in enumerate(names)
        }
        costs = {name: chance.choice((0.001, 1.0, 7.5, 600.0)) for name in names}
        wanted = [name for name in names if chance.random() < 0.8]
        count = chance.randint(1, 6)
        made = shards(wanted, above, costs, count)
        assert len(made) == count
        assert sorted(name for one in made for name in one.targets) == sorted(wanted)
        for one in made:
            needed = {*one.targets, *(parent for name in one.targets for parent in ancestors(name, above))}
            assert needed <= set(one.builds)
            assert one.cost == pytest.approx(sum(costs[name] for name in one.builds))
        # Others' order is not theirs: what stands in the definitions first does not move anything.
        assert {one.builds[: len(one.targets)] for one in made} == {one.targets for one in made}
        again = shards(reversed(wanted), above, costs, count)
        assert [set(one.targets) for one in again] == [set(one.targets) for one in made]
        # Never worse than one machine.
        assert max(one.cost for one in made) <= sum(costs[name] for name in names) + 1e-6
        # As many shards as there are ends: each has something to do.
        if ends(wanted, above):
            assert all(one.targets for one in shards(wanted, above, costs, len(ends(wanted, above))))


def _load(share: set[str], above: Mapping[str, tuple[str, ...]], costs: Mapping[str, float]) -> float:
    return sum(costs[one] for one in share | {parent for name in share for parent in above[name]})


def test_nearly_as_good_as_the_best_there_is() -> None:
    chance = random.Random(11)
    found, best = 0.0, 0.0
    for _ in range(60):
        roots = ["p", "q"]
        leaves = [f"t{number}" for number in range(chance.randint(2, 7))]
        above = {name: tuple(chance.sample(roots, chance.randint(0, 2))) for name in leaves}
        costs = {name: float(chance.randint(1, 20)) for name in (*roots, *leaves)}
        best += min(
            max(_load(set(some), above, costs), _load(set(leaves) - set(some), above, costs))
            for size in range(len(leaves) + 1)
            for some in itertools.combinations(leaves, size)
        )
        found += max(one.cost for one in shards(leaves, above, costs, 2))
    assert found <= 1.05 * best


@pytest.mark.parametrize(("text", "numbers"), [("1/1", (1, 1)), ("2/5", (2, 5)), ("12/120", (12, 120))])
def test_the_number_of_a_shard(text: str, numbers: tuple[int, int]) -> None:
    assert read_shard(text) == numbers


@pytest.mark.parametrize("text", ["", "2", "0/5", "6/5", "2/0", "-1/5", "1/5/6", "a/b", " 1/5", "1/5\n", "١/٥", "01/5"])
def test_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match="no shard such as 2/5"):
        read_shard(text)
