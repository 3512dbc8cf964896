"""Targets of stages: those that are shared or expensive and have a cache of their own, named or found by their cost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import did_you_mean, error
from bakegen.dockerfile import read
from bakegen.errors import InputError
from bakegen.plan.model import TargetKind
from bakegen.plan.reading import Reader
from bakegen.plan.refs import CacheSubject

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.model import Plan, Reading, Target

STAGES = "stages"
"""The group of all targets of stages."""


def with_checkpoints(plan: Plan, dear: Mapping[str, Collection[str]]) -> Plan:
    """`plan` with targets for further stages.

    Variants of an image share the target of a stage where it is the same in all of them, whichever of them are asked
    for: its name, and with it that of its cache, must not depend on what one build happens to know.

    Args:
        plan: the whole plan.
        dear: target -> the names of its stages, of `inner_stages`.
    """
    images = {name: target for name, target in plan.targets.items() if target.kind is TargetKind.IMAGE}
    targets = add_stages(images, Reader(), dear)
    stages = tuple(name for name, target in targets.items() if target.kind is TargetKind.STAGE)
    return replace(plan, targets=targets, groups={**plan.groups, STAGES: stages})


def inner_stages(target: Target) -> tuple[str, ...]:
    """The names, in lower case, of the stages that a target's image is made from, its own last one left out.

    Only those that can be targets: they have names, and no named context stands in their place.
    """
    source = target.recipe.source
    reading = target.reading
    if source is None or reading is None or reading.foreign or len(reading.all_stages) == 0:
        return ()
    found: dict[str, None] = {}
    for platform in target.platforms or (None,):
        resolved = read(source).resolve(
            target.variant.mapping("args"),
            target=target.stage,
            platform=platform,
            contexts=target.variant.mapping("contexts"),
        )
        for one in resolved.reachable:
            if one is not resolved.target and one.stage.name and not one.replaced:
                found[one.stage.name] = None
    return tuple(found)


def subjects(target: Target, stages: tuple[CacheSubject, ...] = ()) -> tuple[CacheSubject, ...]:
    """What the caches of a target belong to: one for each platform, where these are kept apart."""
    # A local cache belongs to one builder, which exports all platforms at once.
    shared = target.repository is not None or target.settings.backend not in ("registry", "inline", "local")
    platforms: Sequence[str | None] = target.platforms if shared and len(target.platforms) > 1 else (None,)
    return tuple(CacheSubject(target.name, target.repository, one, stages, target.tags) for one in platforms)


def add_stages(
    targets: Mapping[str, Target], reader: Reader, dear: Mapping[str, Collection[str]] | None = None
) -> dict[str, Target]:
    """`targets` and, before each image that names `stages`, the targets of those; shared where they are equal.

    `dear` are further stages, by target, in lower case; all variants of the image that have such a stage get it.
    """
    by_image: dict[str, list[Target]] = defaultdict(list)
    for target in targets.values():
        by_image[target.variant.image].append(target)
    out: dict[str, Target] = {}
    problems: list[Diagnostic] = []
    for image, members in by_image.items():
        wanted = dict.fromkeys(stage for target in members for stage in target.variant.texts("stages"))
        named = {stage.lower() for stage in wanted}
        found = {stage for target in members for stage in (dear or {}).get(target.name, ())} - named
        having = {target.name: inner_stages(target) for target in members if found}
        wanted |= dict.fromkeys(sorted(found))
        read_by: dict[str, list[CacheSubject]] = defaultdict(list)
        for stage in wanted:
            users = [
                target
                for target in members
                if stage in (having[target.name] if stage in found else target.variant.texts("stages"))
            ]
            made: dict[str, Target] = {}
            for target in users:
                try:
                    made[target.name] = stage_target(target, stage, reader)
                except InputError as refused:
                    problems += refused.diagnostics
            if len({_shape(one) for one in made.values()}) == 1 and len(made) > 1:
                shared = replace(next(iter(made.values())), name=f"{image}-stage-{stage.lower()}")
                made = dict.fromkeys(made, replace(shared, caches=subjects(shared)))
            for user, one in made.items():
                out[one.name] = one
                read_by[user] += one.caches
        for target in members:
            out[target.name] = replace(target, caches=subjects(target, tuple(read_by[target.name])))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return out


def stage_target(target: Target, stage: str, reader: Reader, field: str = "stages") -> Target:
    """The target of one stage of `target`.

    Args:
        target: the image.
        stage: the name of the stage.
        reader: reads its Dockerfile.
        field: the field of the definition that names the stage, for messages.

    Raises:
        InputError: there is no such stage.
    """
    variant = target.variant
    if target.reading is not None and stage.lower() not in target.reading.all_stages:
        raise InputError(
            [
                error(
                    "unknown-stage",
                    f"{target.recipe.path or 'the Dockerfile'} has no stage {stage!r}",
                    variant.place(field),
                    help=did_you_mean(stage, target.reading.all_stages),
                )
            ]
        )
    reading = reader.read(target.recipe, variant, stage, target.platforms)
    reached = reading.images if reading is not None else {}
    made = replace(
        target,
        name=f"{target.name}-stage-{stage.lower()}",
        kind=TargetKind.STAGE,
        stage=stage,
        parents=tuple(parent for parent in target.parents if parent.context in reached),
        bases=tuple(base for base in target.bases if base in reached),
        tags=(),
        reading=reading,
        of=target.name,
    )
    return replace(made, caches=subjects(made))


def _shape(target: Target) -> object:
    """All that two stage targets must have in common to be one."""
    reading: Reading | None = target.reading
    if reading is None:
        return target.name
    variant = target.variant
    args = variant.mapping("args")
    reads = (target.recipe.context, target.recipe.ignore and target.recipe.ignore.text, reading.files)
    return (
        reading.texts,
        tuple((name, args.get(name)) for name in sorted(reading.arguments)),
        reads if reading.files else None,
        tuple((parent.context, parent.target) for parent in target.parents),
        tuple(sorted(variant.mapping("contexts").items())),
        target.platforms,
        target.repository,
        target.settings.backend,
        target.settings.policy,
        tuple(sorted(target.settings.attributes.items())),
    )
