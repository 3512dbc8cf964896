"""What the images of a project share: its plan, and the images that a registry has of it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bake.compose import closed_under_parents
from bakegen.dockerfile.platforms import normalized, parse_platform
from bakegen.plan.refs import image_tags, key_reference
from bakegen.sharing.lines import Lines
from bakegen.sharing.model import Family, Member, Sharing
from bakegen.workspace.contents import Contents
from bakegen.workspace.explaining import steps_of
from bakegen.workspace.sharing_advice import Adviser
from bakegen.workspace.stored_layers import Found, read_images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.explaining.model import Side
    from bakegen.plan.branch import BranchState
    from bakegen.plan.model import Target
    from bakegen.sharing.model import StoredImage
    from bakegen.workspace.project import Workspace


def read_sharing(
    workspace: Workspace,
    names: Sequence[str],
    state: BranchState,
    *,
    offline: bool = False,
    advised: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Sharing, Lines]:
    """What the images of the targets `names` share, and the lines of their steps.

    Args:
        workspace: the project.
        names: targets that are images.
        state: the branch whose tags are looked for where nothing has an image's content key.
        offline: ask no registry.
        advised: whether it is also worked out which rewrites would share more.
        environ: says who we are to registries.

    Raises:
        InputError: a context cannot be read.
    """
    plan = closed_under_parents(workspace.plan, names)
    contents = Contents(workspace, plan)
    side = steps_of(workspace, contents.contexts, names, frozenset())
    lines = Lines(plan, side)
    members = {name: _members(plan.targets[name], side, lines) for name in names}
    problems = [f"{name}: {side.targets[name].problem}" for name in names if side.targets[name].problem]
    if not offline:
        tags = tuple(tag for target in workspace.plan.targets.values() for tag in target.tags)
        keys = contents.keys
        wanted = []
        for name in names:
            target = plan.targets[name]
            by_key = name in keys and target.repository is not None
            key = (key_reference(str(target.repository), keys[name]),) if by_key else ()
            wanted.append((*key, *image_tags(target.tags, state, tags)))
        for name, asked, answer in zip(names, wanted, read_images(wanted, environ), strict=True):
            by_key = isinstance(answer, Found) and name in keys and answer.reference == asked[0]
            members[name] = [_with_stored(one, answer, by_key=by_key) for one in members[name]]
            if isinstance(answer, str):
                problems.append(f"{name}: {answer}")
    families: dict[tuple[str, str], list[Member]] = {}
    for name, some in members.items():
        for member in some:
            families.setdefault((plan.targets[name].variant.image, member.platform), []).append(member)
    made = [Family(image, platform, tuple(some)) for (image, platform), some in families.items()]
    if advised:
        adviser = Adviser(
            workspace, plan, lambda some, recipes: steps_of(workspace, contents.contexts, some, frozenset(), recipes)
        )
        made = [replace(family, advice=adviser.advice(family)) for family in made]
    return Sharing(tuple(made), not offline, tuple(problems)), lines


def _members(target: Target, side: Side, lines: Lines) -> list[Member]:
    problem = side.targets[target.name].problem
    return [
        Member(target.name, platform, None if problem else lines.of(target.name, platform), problem)
        for platform in target.platforms or ("",)
    ]


def _with_stored(member: Member, answer: Found | str, *, by_key: bool) -> Member:
    if isinstance(answer, str):
        return replace(member, missing=answer)
    image = _of_platform(answer.images, member.platform)
    if image is None:
        return replace(member, reference=answer.reference, missing=f"{answer.reference} has no {member.platform}")
    return replace(member, reference=answer.reference, by="key" if by_key else "tag", stored=image)


def _of_platform(images: Sequence[StoredImage], platform: str) -> StoredImage | None:
    if not platform:
        return images[0] if len(images) == 1 else None
    wanted = normalized(parse_platform(platform)).short()
    return next((one for one in images if one.platform == wanted), None)
