"""Tags that several targets have: each stays on one, as the last one built would take it from the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.importing.folding_selections import members_of
from bakegen.importing.model import Found, Loss
from bakegen.plan.names import split_reference

if TYPE_CHECKING:
    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted

_PUSHED = ("image", "registry")


def with_own_tags(found: Found) -> Found:
    """`found` with every tag on one target, and a loss for each target that it is taken from.

    It stays where it is built by default, and published rather than loaded or written to files.
    """
    owners: dict[str, list[Wanted]] = {}
    for target in found.targets:
        for tag in dict.fromkeys(map(_whole, _tags(target.attributes.get("tags")))):
            owners.setdefault(tag, []).append(target)
    default = set(members_of(found.groups, "default")) if "default" in found.groups else set()
    order = {target.name: at for at, target in enumerate(found.targets)}
    lost: dict[str, dict[str, str]] = {}
    for tag, several in owners.items():
        if len(several) > 1:
            kept = min(several, key=lambda one: (one.name not in default, not _published(one), order[one.name]))
            for target in several:
                if target is not kept:
                    lost.setdefault(target.name, {})[tag] = kept.name
    if not lost:
        return found
    losses = [
        Loss(
            target.origin,
            f"the tag {tag} of {target.name} is left to {owner}: it can be on one target only",
            f"give {target.name} a tag of its own in its image.yaml",
        )
        for target in found.targets
        for tag, owner in lost.get(target.name, {}).items()
    ]
    targets = tuple(_without(target, set(lost.get(target.name, ()))) for target in found.targets)
    return replace(found, targets=targets, losses=(*found.losses, *losses))


def _tags(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _whole(tag: str) -> str:
    repository, name, digest = split_reference(tag)
    return tag if name is not None or digest is not None else f"{repository}:latest"


def _published(target: Wanted) -> bool:
    outputs = target.attributes.get("output")
    if not isinstance(outputs, list) or not outputs:
        return True
    return any(isinstance(one, dict) and one.get("type") in _PUSHED for one in outputs)


def _without(target: Wanted, gone: set[str]) -> Wanted:
    if not gone:
        return target
    plain = _tags(target.attributes.get("tags"))
    kept = [at for at, tag in enumerate(plain) if _whole(tag) not in gone]
    attributes: dict[str, Json] = {**target.attributes, "tags": [plain[at] for at in kept]}
    marked: dict[str, Json] = dict(target.marked)
    marks = _tags(marked.get("tags"))
    if marks:
        marked["tags"] = [marks[at] for at in kept]
    return replace(target, attributes=attributes, marked=marked)
