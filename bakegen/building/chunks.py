"""Which targets go into one bake: as many as an engine bears, those that build on each other together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.plan.graph import topological

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def chunks(targets: Sequence[str], parents: Mapping[str, Sequence[str]], size: int) -> tuple[tuple[str, ...], ...]:
    """`targets` in bakes of at most `size`, parents never in a later one than their children.

    Targets that are connected stay together. Only where they are more than `size` are they cut, and what a bake takes
    up again of earlier ones counts for it: bake builds linked targets too.
    """
    found: list[list[str]] = []
    room: list[str] = []
    for group in _groups(targets, parents):
        if len(group) > size:
            found += _cut(group, parents, size)
        elif len(room) + len(group) > size:
            found.append(room)
            room = [*group]
        else:
            room += group
    if room:
        found.append(room)
    return tuple(tuple(chunk) for chunk in found)


def ancestors(target: str, parents: Mapping[str, Sequence[str]]) -> dict[str, None]:
    """All that `target` builds on, the nearest first."""
    found: dict[str, None] = {}
    waiting = list(parents.get(target, ()))
    for name in waiting:
        if name not in found:
            found[name] = None
            waiting += parents.get(name, ())
    return found


def _groups(targets: Sequence[str], parents: Mapping[str, Sequence[str]]) -> Iterable[list[str]]:
    """The connected parts of `targets`, each with parents first."""
    linked: dict[str, list[str]] = {name: [] for name in targets}
    inside = {name: [parent for parent in parents.get(name, ()) if parent in linked] for name in targets}
    for name, above in inside.items():
        for parent in above:
            linked[name].append(parent)
            linked[parent].append(name)
    seen: set[str] = set()
    for name in targets:
        if name not in seen:
            seen.add(name)
            group = [name]
            for member in group:
                near = [one for one in dict.fromkeys(linked[member]) if one not in seen]
                seen.update(near)
                group += near
            yield topological(group, inside)


def _cut(group: Sequence[str], parents: Mapping[str, Sequence[str]], size: int) -> list[list[str]]:
    """A group that is too large, each target in the first bake that has room for it and all that it builds on."""
    members = frozenset(group)
    found: list[tuple[list[str], set[str]]] = []
    where: dict[str, int] = {}
    for name in group:
        above = members.intersection(ancestors(name, parents))
        first = max((where[parent] for parent in above), default=0)
        for at in range(first, len(found) + 1):
            if at == len(found):
                found.append(([], set()))
            held = found[at][1] | above | {name}
            if len(held) <= size or not found[at][0]:
                found[at][0].append(name)
                found[at][1].update(held)
                where[name] = at
                break
    return [chunk for chunk, _ in found]
