"""Groups of targets to selections: the rules that choose the same variants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.importing.folding_axes import axes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.folding_model import Image
    from bakegen.importing.model import Found

_DEFAULT = "default"
_FEW = 2
_GLOB = re.compile(r"[*?\[\]]")


def members_of(groups: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """The targets of a group, those of groups in it among them."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def walk(one: str) -> None:
        if one not in groups:
            found[one] = None
        elif one not in seen:
            seen.add(one)
            for member in groups[one]:
                walk(member)

    walk(name)
    return list(found)


def selections(found: Found, images: Sequence[Image]) -> dict[str, Json]:
    """The groups as selections, less those that images make by themselves."""
    whole = {image.name: {target.name for target in image.members} for image in images}
    chosen: dict[str, Json] = {}
    for name in found.groups:
        members = {one for one in members_of(found.groups, name) if any(one in names for names in whole.values())}
        if name == _DEFAULT or not members or whole.get(name) == members:
            continue
        chosen[name] = _rules(members, images)
    return chosen


def _rules(members: set[str], images: Sequence[Image]) -> Json:
    if members == {target.name for image in images for target in image.members}:
        return "all"
    rules: list[Json] = []
    matrices: list[Json] = []
    for image in images:
        names = [target.name for target in image.members]
        inside = [name for name in names if name in members]
        if len(names) > 1 and len(inside) == len(names):
            matrices.append(image.name)
        elif (rule := _one_axis(image, set(inside))) is not None:
            rules.append(rule)
        else:
            rules += inside
    if matrices:
        rules.insert(0, {"match": {"image": matrices[0] if len(matrices) == 1 else matrices}})
    return rules[0] if len(rules) == 1 else rules


def _one_axis(image: Image, chosen: Collection[str]) -> Json:
    """The rule for exactly the variants that have some values of one axis; None where these are no such variants.

    Several variants in an order of versions, such as the newest two, stay what they are: nobody said that the next
    version takes the place of one of them.
    """
    if len(chosen) < _FEW or not image.axes:
        return None
    for axis in axes_of([target.axes for target in image.members]) or ():
        with_names = [(label, target.name in chosen) for label, target in zip(axis.labels, image.members, strict=True)]
        labels = list(dict.fromkeys(label for label, inside in with_names if inside))
        if len(labels) == len(chosen) or any(_GLOB.search(label) for label in labels):
            continue  # names of the variants are as short
        if all(inside == (label in labels) for label, inside in with_names):
            return {"match": {"image": image.name, axis.name: labels[0] if len(labels) == 1 else [*labels]}}
    return None
