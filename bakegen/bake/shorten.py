"""Moves what all targets of a section share into a base target that they inherit, where that shortens the file.

Meaning stays exactly: only what every target of the section has, and only as bake merges it (maps by key,
lists and values as a whole). `meaning` before and after are equal; the tests hold it to that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from bakegen.bake.hcl import write_target
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.definition.attributes import ATTRIBUTES, Merge

if TYPE_CHECKING:
    from bakegen.bake.model import Value

# What tells a target from its neighbours is never moved: it is what a reader looks for there.
_STAYS = frozenset(("inherits", "tags", "description", "cache-to", "cache-from"))


def shorten(file: BakeFile) -> BakeFile:
    """`file` with base targets (``_go``) for sections where they save text; targets keep their order."""
    names = {target.name for target in file.targets} | {group.name for group in file.groups}
    targets: list[BakeTarget] = []
    for section, members in groupby(file.targets, key=lambda target: target.section):
        targets += _shorten(list(members), section, names)
    return replace(file, targets=tuple(targets))


def _shorten(targets: list[BakeTarget], section: str, names: set[str]) -> list[BakeTarget]:
    if len(targets) < 2 or any("inherits" in target.attributes for target in targets):
        return targets
    shared = _shared(targets)
    if not shared:
        return targets
    base = _free_name(section, names)
    origins = {path: origin for path, origin in targets[0].origins.items() if path.partition(".")[0] in shared}
    shorter = [
        BakeTarget(base, shared, origins, section=section),
        *(_derive(target, shared, base) for target in targets),
    ]
    if _length(shorter) >= _length(targets):
        return targets
    names.add(base)
    return shorter


def _shared(targets: list[BakeTarget]) -> dict[str, Value]:
    first, *others = (target.attributes for target in targets)
    shared: dict[str, Value] = {}
    for name, value in first.items():
        # The host's network brings its entitlement along, and would put it before a target's own.
        if name in _STAYS or (name, value) == ("network", "host"):
            continue
        if ATTRIBUTES[name].merge is Merge.KEYS and isinstance(value, Mapping):
            both = {key: item for key, item in value.items() if all(_holds(other, name, key, item) for other in others)}
            if both:
                shared[name] = both
        elif all(name in other and other[name] == value for other in others):
            shared[name] = value
    return shared


def _holds(attributes: Mapping[str, Value], name: str, key: str, item: Value) -> bool:
    value = attributes.get(name)
    return isinstance(value, Mapping) and key in value and value[key] == item


def _derive(target: BakeTarget, shared: Mapping[str, Value], base: str) -> BakeTarget:
    own: dict[str, Value] = {"inherits": (base,)}
    for name, value in target.attributes.items():
        common = shared.get(name)
        if common is None:
            own[name] = value
        elif isinstance(value, Mapping) and isinstance(common, Mapping):
            rest = {key: item for key, item in value.items() if key not in common}
            if rest:
                own[name] = rest
    return replace(target, attributes=own)


def _length(targets: list[BakeTarget]) -> int:
    lines: list[str] = []
    for target in targets:
        write_target(lines, target, objects=True, described=True)
    return sum(map(len, lines)) + len(lines) + len(targets)


def _free_name(section: str, names: set[str]) -> str:
    wanted = "_" + (re.sub(r"[^a-zA-Z0-9_-]+", "-", section).strip("-") or "common")
    name, number = wanted, 2
    while name in names:
        name, number = f"{wanted}-{number}", number + 1
    return name
