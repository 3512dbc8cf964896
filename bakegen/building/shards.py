"""Shares targets out to machines: as even as their costs allow, those together that build on the same; pure.

What a shard costs is what it builds: its targets and all that they build on. A parent that only one shard needs is
built there and nowhere else. One that several need is built in each of them unless it was there before; it belongs to
one of them, and whoever has it built before the shards begin (`shared`) saves the others the work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.building.chunks import ancestors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# How much work that is done twice is disliked: each is tried, and what is over first is taken.
_DISLIKES = (0.0, 0.5, 1.0, 3.0, 100.0)
_NUMBERS = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the targets.

    Attributes:
        number: its number, from 1.
        count: how many there are.
        targets: those that belong to it, in the order in which they were given.
        builds: those and all that they build on, the former first.
        cost: what `builds` cost together.
    """

    number: int
    count: int
    targets: tuple[str, ...]
    builds: tuple[str, ...]
    cost: float

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def read_shard(text: str) -> tuple[int, int]:
    """The numbers of ``2/5``.

    Raises:
        ValueError: it is not of that form, or there is no such shard.
    """
    found = _NUMBERS.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError(f"{text!r} is no shard such as 2/5")
    return int(found[1]), int(found[2])


def shards(
    targets: Iterable[str], parents: Mapping[str, Sequence[str]], costs: Mapping[str, float], count: int
) -> tuple[Shard, ...]:
    """`targets` in `count` shards, of which some are empty where there are not enough; the same whenever asked.

    The dearest goes first, each to the shard that costs least with it: children come to their parents where these are
    dear, and else to where there is room. With a shard for each of `ends` there is one in each.

    Args:
        targets: names of the targets that are wanted.
        parents: what each target builds on, wanted or not; what need not be built is left out.
        costs: what each target and parent costs.
        count: how many shards.
    """
    wanted = list(dict.fromkeys(targets))
    needs = {name: (name, *ancestors(name, parents)) for name in wanted}
    last = ends(wanted, parents)
    order = sorted(last, key=lambda one: (-_cost(needs[one], costs), one))
    tried = [_share(order, needs, costs, count, dislike) for dislike in (_DISLIKES if count < len(last) else (0.0,))]
    built, loads = min(tried, key=lambda one: (round(max(one[1]), 6), round(sum(one[1]), 6)))
    owner = {
        name: min((at for at in range(count) if name in built[at]), key=lambda at: (round(loads[at], 6), at))
        for name in wanted
    }
    return tuple(
        _shard(at, count, tuple(name for name in wanted if owner[name] == at), built[at], loads[at])
        for at in range(count)
    )


def _share(
    order: Sequence[str],
    needs: Mapping[str, tuple[str, ...]],
    costs: Mapping[str, float],
    count: int,
    dislike: float,
) -> tuple[list[dict[str, None]], list[float]]:
    """What each shard builds and what that costs; each of `order` goes where it costs least.

    What is built in another shard already counts `dislike` times more.
    """
    built: list[dict[str, None]] = [{} for _ in range(count)]
    loads = [0.0] * count
    seen: set[str] = set()
    for name in order:
        extra = [[one for one in needs[name] if one not in built[at]] for at in range(count)]
        added = [_cost(one, costs) for one in extra]
        again = [dislike * _cost((one for one in extra[at] if one in seen), costs) for at in range(count)]
        score = [round(loads[at] + added[at] + again[at], 6) for at in range(count)]
        best = score.index(min(score))
        loads[best] += added[best]
        built[best].update(dict.fromkeys(needs[name]))
        seen.update(needs[name])
    return built, loads


def ends(targets: Sequence[str], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Those of `targets` that no other one of them builds on: at most as many shards have something to do."""
    above = {parent for name in targets for parent in ancestors(name, parents)}
    return [name for name in targets if name not in above]


def shared(made: Iterable[Shard]) -> tuple[str, ...]:
    """What several shards build, so that it is better built before them."""
    seen: dict[str, int] = {}
    for shard in made:
        for name in shard.builds:
            seen[name] = seen.get(name, 0) + 1
    return tuple(sorted(name for name, times in seen.items() if times > 1))


def _shard(at: int, count: int, own: tuple[str, ...], built: Iterable[str], load: float) -> Shard:
    rest = sorted(set(built) - set(own))
    return Shard(at + 1, count, own, (*own, *rest), load)


def _cost(names: Iterable[str], costs: Mapping[str, float]) -> float:
    return sum(costs[name] for name in names)
