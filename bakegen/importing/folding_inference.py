"""Targets that differ in some build arguments alone: families that nobody wrote as a matrix."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bakegen.importing.model import Wanted

_PARTS = re.compile(r"[-_]+")
_FREE = frozenset({"args", "tags", "description", "labels", "annotations", "platforms", "cache-from", "cache-to"})
"""What may differ between members of a family, besides the arguments that make them differ."""


def with_families(targets: Sequence[Wanted], names: Collection[str]) -> list[Wanted]:
    """`targets` with families and axes for those that have none but look like one.

    Args:
        targets: all targets.
        names: of targets that no family may be called as, besides its own members.
    """
    alike: dict[str, list[Wanted]] = {}
    for target in targets:
        if not target.family and isinstance(target.attributes.get("args"), dict):
            alike.setdefault(_likeness(target), []).append(target)
    found: dict[str, Wanted] = {}
    taken = {target.family for target in targets if target.family}
    for members in alike.values():
        own = {target.name for target in members}
        name = common_name(sorted(own))
        axes = _axes(members) if len(members) > 1 and name else None
        if axes is None or name in taken or name in set(names) - own:
            continue
        taken.add(name)
        found |= {
            target.name: replace(target, family=name, axes=values) for target, values in zip(members, axes, strict=True)
        }
    return [found.get(target.name, target) for target in targets]


def _likeness(target: Wanted) -> str:
    """What members of a family have in common, as a text."""
    attributes = {name: value for name, value in target.attributes.items() if name not in _FREE}
    args = target.attributes["args"]
    keys = sorted(args) if isinstance(args, dict) else []
    own = {name: value for name, value in target.own.items() if name != "ignore"}
    return json.dumps([attributes, keys, own, len(json.dumps(target.attributes.get("tags") or []).split(","))],
                      sort_keys=True)  # fmt: skip


def common_name(names: Sequence[str]) -> str:
    """The words that all names begin with, less versions at their end."""
    shared: list[str] = []
    for words in zip(*(_PARTS.split(name) for name in names), strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    while shared and re.fullmatch(r"v?[0-9.]*", shared[-1]):
        shared.pop()
    found = names[0][: len(names[0]) - len(names[0].lstrip("-_"))]
    return found + "-".join(shared) if shared else ""


def _axes(members: Sequence[Wanted]) -> list[dict[str, str]] | None:
    """The values of each member by axis: of arguments that make a whole grid, or of one that tells all apart."""
    columns: dict[str, list[str]] = {}
    for target in members:
        args = target.attributes["args"]
        for name, value in args.items() if isinstance(args, dict) else ():
            columns.setdefault(name, []).append(str(value))
    different = {name: values for name, values in columns.items() if len(set(values)) > 1 and all(values)}
    # Arguments that change together say the same.
    kinds: dict[tuple[int, ...], str] = {}
    for name, values in different.items():
        order = list(dict.fromkeys(values))
        kinds.setdefault(tuple(order.index(value) for value in values), name)
    rows = set(zip(*kinds, strict=True)) if kinds else set()
    size = 1
    for kind in kinds:
        size *= max(kind) + 1
    if len(rows) == len(members) == size:
        chosen = list(kinds.values())
    else:
        telling = [name for kind, name in kinds.items() if len(set(kind)) == len(members)]
        chosen = telling[:1]
    if not chosen:
        return None
    axes = _axis_names(chosen)
    return [{axis: different[name][at] for axis, name in zip(axes, chosen, strict=True)} for at in range(len(members))]


def _axis_names(arguments: Sequence[str]) -> list[str]:
    names = [name.lower() for name in arguments]
    versions = [name for name in names if name.endswith("version")]
    return ["version" if versions == [name] else name for name in names]
