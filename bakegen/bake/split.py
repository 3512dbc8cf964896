"""Splits a large bake file into several that bake reads in bearable time, each whole in itself.

Bake's own reading time grows with the square of the number of targets in a file (see the decision record on
large bake files), whatever part of it is asked for. A part holds whole sections together with everything
that they link to or inherit, so that ``docker buildx bake -f PART`` needs no other file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from bakegen.bake.hcl import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, Value

LIMIT = 1000
"""The number of targets above which a file is split; bake then reads a part in about a second or two."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of several: what goes between ``docker-bake`` and the ending of its name, and its content.

    `owned` are the targets that this part is there for; the others are in it because those need them.
    """

    infix: str
    file: BakeFile
    owned: frozenset[str]


def split(file: BakeFile, at: int = LIMIT, ending: str = "hcl") -> tuple[Part, ...]:
    """`file` as parts of about `at` targets each, in the order of the file; one part where that suffices.

    A part holds more only where a single section, or what its targets need, is larger. Groups are restricted
    to each part, so that the same group can be baked in each of them.
    """
    if len(file.targets) <= at:
        return (Part("", file, frozenset(target.name for target in file.targets)),)
    needs = _needs(file)
    chunks: list[list[BakeTarget]] = []
    held: set[str] = set()
    for chunk in _sections(file, at):
        wanted = _closure([target.name for target in chunk], needs)
        if chunks and len(held | wanted) <= at:
            chunks[-1] += chunk
            held |= wanted
        else:
            chunks.append(list(chunk))
            held = wanted
    index = _index(chunks, ending)
    parts: list[Part] = []
    for number, chunk in enumerate(chunks, 1):
        owned = frozenset(target.name for target in chunk)
        inside = _closure(owned, needs)
        title = f"Part {number} of {len(chunks)}: bake reads large files slowly, so this one was split."
        part = replace(
            file,
            header=(*file.header, "", title, *index),
            groups=_restricted(file.groups, owned),
            targets=tuple(target for target in file.targets if target.name in inside),
        )
        parts.append(Part("" if number == 1 else f".{number}", part, owned))
    return tuple(parts)


def _sections(file: BakeFile, at: int) -> list[list[BakeTarget]]:
    chunks: list[list[BakeTarget]] = []
    for _, members in groupby(file.targets, key=lambda target: target.section):
        section = list(members)
        chunks += [section[start : start + at] for start in range(0, len(section), at)]
    return chunks


def _needs(file: BakeFile) -> dict[str, tuple[str, ...]]:
    known = {target.name for target in file.targets}
    needs: dict[str, tuple[str, ...]] = {}
    for target in file.targets:
        parents = target.attributes.get("inherits", ())
        names = [str(name) for name in parents] if isinstance(parents, tuple) else []
        names += _linked(target.attributes.get("contexts", {}))
        needs[target.name] = tuple(name for name in names if name in known)
    return needs


def _linked(contexts: Value) -> list[str]:
    if isinstance(contexts, str | int | tuple):
        return []
    return [str(value).removeprefix("target:") for value in contexts.values() if str(value).startswith("target:")]


def _closure(names: Iterable[str], needs: Mapping[str, tuple[str, ...]]) -> set[str]:
    found = set(names)
    left = list(found)
    while left:
        for name in needs[left.pop()]:
            if name not in found:
                found.add(name)
                left.append(name)
    return found


def _restricted(groups: tuple[BakeGroup, ...], names: frozenset[str]) -> tuple[BakeGroup, ...]:
    # A group stays where it leads to a target of the part, through however many other groups.
    kept = set(names)
    size = -1
    while size != len(kept):
        size = len(kept)
        kept.update(group.name for group in groups if not kept.isdisjoint(group.targets))
    return tuple(
        replace(group, targets=tuple(member for member in group.targets if member in kept))
        for group in groups
        if group.name in kept
    )


def _index(chunks: list[list[BakeTarget]], ending: str) -> list[str]:
    lines = [
        f"Bake another part with `docker buildx bake -f docker-bake.N.{ending}`, and add its override file",
        f"(`-f docker-bake.N.override.{ending}`) where there is one. Where each image is:",
    ]
    for number, chunk in enumerate(chunks, 1):
        sections = dict.fromkeys(target.section or target.name for target in chunk)
        infix = "" if number == 1 else f".{number}"
        line = f"  docker-bake{infix}.{ending}: "
        for at, section in enumerate(sections):
            word = section if at == len(sections) - 1 else f"{section}, "
            if len(line) + len(word) > WIDTH and line.strip():
                lines.append(line.rstrip())
                line = "    "
            line += word
        lines.append(line)
    return lines
