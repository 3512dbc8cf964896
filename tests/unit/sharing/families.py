"""Families of images out of projects in memory, with layers as a registry would have them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.sharing.lines import Lines
from bakegen.sharing.model import Family, Layer, Member, StoredImage
from tests.unit.explaining.sides import side
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def family(files: Mapping[str, str], image: str = "app") -> tuple[Family, Lines]:
    """The variants of one image of a project, none of them in a registry."""
    plan = plan_of(files)
    lines = Lines(plan, side(files))
    names = [name for name, target in plan.targets.items() if target.variant.image == image and target.of is None]
    return Family(image, "", tuple(Member(name, "", lines.of(name, "")) for name in names)), lines


def stored(found: Family, layers: Sequence[Sequence[str]], base: int = 1) -> Family:
    """The family with an image for each member: `layers` names them, the first `base` are those of the base image."""
    members = []
    for member, names in zip(found.members, layers, strict=True):
        steps = member.line.steps if member.line is not None else ()
        made = ["ADD rootfs.tar /"] * base + [one.step.shown for one in steps]
        image = StoredImage(
            "image-" + "".join(names),
            "linux/amd64",
            tuple(Layer(name, 10, text) for name, text in zip(names, made, strict=True)),
            {f"config-{member.target}": 5},
        )
        members.append(replace(member, stored=image, by="tag"))
    return replace(found, members=tuple(members))
