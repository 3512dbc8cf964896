"""Holds what a registry has against the plan: the first layer that differs, and the instruction that it is of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bakegen.sharing.parting import Parting, first_parting, parting_at
from bakegen.sharing.tree import prefix_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.sharing.lines import Lines
    from bakegen.sharing.model import Family, Member
    from bakegen.sharing.tree import Node


class Agreement(StrEnum):
    """How the layers of a registry and the plan's steps go together."""

    AGREE = "agree"
    """Both part at the same instruction, or nowhere."""
    EARLIER = "earlier"
    """The layers part before the steps do: built apart, without a cache in common."""
    LATER = "later"
    """The layers part behind the place where the steps do: what an instruction gave was the same all the same."""
    UNKNOWN = "unknown"
    """One of both is not known, or the images have other steps than the plan."""


@dataclass(frozen=True, slots=True)
class StoredParting:
    """Where layers part.

    Attributes:
        layer: how many layers are shared before.
        into: the groups, as names of targets.
        made_by: the instruction of the first layer that differs, by the history of each group, each once.
        parting: the same by the plan, None where the layers do not fit its steps.
    """

    layer: int
    into: tuple[tuple[str, ...], ...]
    made_by: tuple[str, ...]
    parting: Parting | None


@dataclass(frozen=True, slots=True)
class Held:
    """Both ways for one family; each is None where nothing parts or nothing is known.

    Attributes:
        plan: where the steps part first, by the plan.
        stored: where the layers part first, in the registry.
        agreement: whether that is the same instruction, among the images that are there.
    """

    plan: Parting | None
    stored: StoredParting | None
    agreement: Agreement

    @property
    def said(self) -> str:
        """What to tell people where they are not the same; "" where they are or nothing was to compare."""
        return {
            Agreement.EARLIER: "layers part before the steps do: built apart, without a cache in common",
            Agreement.LATER: "layers part later than the steps: what an instruction gave was the same all the same",
        }.get(self.agreement, "")


def held(lines: Lines, family: Family) -> Held:
    """Where the members of a family part, both ways."""
    plan = first_parting(lines, family.members)
    stored = stored_parting(lines, family.stored)
    return Held(plan, stored, _agreement(lines, family, stored))


def stored_parting(lines: Lines, members: Sequence[Member]) -> StoredParting | None:
    """Where the layers of members that are all stored part first; None where they do not."""
    root = layer_tree(members) if len(members) > 1 else None
    return layers_part(lines, members, root) if root is not None and root.children else None


def layer_tree(members: Sequence[Member]) -> Node:
    """What the layers of members that are all stored begin with together."""
    return prefix_tree([[layer.digest for layer in one.stored.layers] for one in members if one.stored is not None])


def layers_part(lines: Lines, members: Sequence[Member], node: Node) -> StoredParting:
    """What is to tell of the end of a node of `layer_tree` with children."""
    groups = [[members[number] for number in child.members] for child in node.children]
    made_by: dict[str, None] = {}
    for group in groups:
        image = group[0].stored
        if image is not None and node.end < len(image.layers):
            made_by.setdefault(image.layers[node.end].made_by)
    at = _position(groups, node.end)
    parting = parting_at(lines, groups, at) if at is not None else None
    into = tuple(tuple(one.target for one in group) for group in groups)
    return StoredParting(node.end, into, tuple(name for name in made_by if name), parting)


def base_layers(member: Member) -> int | None:
    """How many layers of a stored image are its base image's; None where its layers do not fit the plan's steps."""
    if member.stored is None or member.line is None:
        return None
    layers, steps = member.stored.layers, member.line.steps
    count = len(layers) - len(steps)
    if count < 0 or (member.line.start.base.kind == "scratch" and count):
        return None
    own = zip(layers[count:], steps, strict=True)
    return count if all(layer.made_by.split(" ", 1)[0].upper() == one.step.name for layer, one in own) else None


def _position(groups: Sequence[Sequence[Member]], layer: int) -> int | None:
    """The place in the lines of a layer at which groups part."""
    found = []
    for group in groups:
        base = base_layers(group[0])
        if base is None:
            return None
        found.append(max(0, layer - base + 1))
    return min(found)


def _agreement(lines: Lines, family: Family, stored: StoredParting | None) -> Agreement:
    there = [one for one in family.stored if base_layers(one) is not None]
    if len(there) < 2 or len(there) < len(family.stored):
        return Agreement.UNKNOWN
    plan = first_parting(lines, there)
    if stored is None:
        return Agreement.AGREE if plan is None else Agreement.LATER
    if stored.parting is None:
        return Agreement.UNKNOWN
    if plan is None or stored.parting.position < plan.position:
        return Agreement.EARLIER
    return Agreement.AGREE if stored.parting.position == plan.position else Agreement.LATER
