"""Which targets are built and which are in the registry already, and the bake file that lays these over: pure.

A target is skipped where its repository holds an image under its content key (`bakegen.plan.refs.key_reference`)
for every platform that it wants. Parents count only where a child is built: an image that is there needs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from bakegen.bake.compose import named_contexts
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.building.model import Action, Decision
from bakegen.diagnostics import one_line
from bakegen.dockerfile.platforms import PlatformError, normalized, parse_platform
from bakegen.dockerfile.references import context_name
from bakegen.plan.graph import topological
from bakegen.plan.model import TargetKind
from bakegen.plan.names import split_reference
from bakegen.plan.pins import IMAGE
from bakegen.plan.refs import key_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bakegen.bake.model import Value
    from bakegen.building.key_differences import Cause
    from bakegen.plan.model import Plan, Target

_LINK = "target:"
_PUSHED = frozenset({"image", "registry"})
"""Types of output that are done once an image is in the registry."""


@dataclass(frozen=True, slots=True)
class Present:
    """An image that is in a registry: its digest, and the platforms that it is for, as BuildKit normalises them."""

    digest: str
    platforms: tuple[str, ...]


NO_IMAGE = "no image has its content key"
"""Why a target is built of which nothing more is known."""

FIRST_SEEN = "the default branch has it for the first time and writes its cache"
"""Why a target that is skipped is built for its cache alone."""


def key_references(plan: Plan, wanted: Iterable[str], keys: Mapping[str, str]) -> dict[str, str]:
    """What to look up before `decide`: the key's reference of each of `wanted` and of all that they build on.

    Targets without a key or a repository have none.
    """
    found: dict[str, str] = {}
    for name in topological(_images(plan, wanted), _above(plan)):
        repository = plan.targets[name].repository
        if repository is not None and name in keys:
            found[name] = key_reference(repository, keys[name])
    return found


def decide(
    plan: Plan,
    wanted: Sequence[str],
    keys: Mapping[str, str],
    present: Mapping[str, Present],
    tags: Mapping[str, tuple[str, ...]],
    *,
    force: bool,
    references: Callable[[Target], tuple[str, ...]],
    unknown: Mapping[str, str] | None = None,
    caches: Collection[str] = (),
) -> dict[str, Decision]:
    """What is done about each of `wanted` and about those that they are built on, in the order of the plan.

    Stages and platforms (`TargetKind`) are helpers of their images and get no decision, wanted or not. A parent of
    nothing but skipped targets is left out. What only serves as a parent gets the tags of its own repository alone:
    it need not be built for those of another one.

    Args:
        plan: the plan, with at least everything that `wanted` builds on.
        wanted: names of targets.
        keys: target name -> content key.
        present: what the registry has, by the references that `key_references` gives.
        tags: target name -> references that replace those of `references`.
        force: build everything.
        references: the references of a target on this branch; that of its key may be among them, and is left out.
        unknown: why a reference could not be looked up.
        caches: targets that are built for their caches alone where they are skipped. Parents that only these need
            are taken from the registry; one that is not there has no decision, and is a part of its children's bake.
    """
    images = _images(plan, wanted)
    above = _above(plan)
    asked = frozenset(images)
    unknown = unknown or {}
    children: dict[str, str] = {}
    bases: dict[str, str] = {}
    platforms: dict[str, set[str]] = {}
    found: dict[str, Decision] = {}
    # Children first: whether a parent is needed at all, and for which platforms, is theirs to say.
    for name in reversed(topological(images, above)):
        for_caches = name not in asked and name not in children
        if for_caches and name not in bases:
            continue
        target = plan.targets[name]
        own = () if for_caches else tags.get(name) or references(target)
        if name not in asked:
            own = tuple(tag for tag in own if _repository(tag) == _repository(target.repository or ""))
        decision = _decide(target, keys.get(name, ""), present, unknown, own, platforms.get(name, set()), force=force)
        if for_caches and decision.action is Action.BUILD:
            continue
        if decision.action is Action.SKIP and name in caches:
            decision = replace(decision, why=f"{decision.why}; {FIRST_SEEN}", writes_cache=True)
        if name not in asked:
            decision = replace(decision, why=f"{children.get(name) or bases[name]} builds on it; {decision.why}")
        found[name] = decision
        for parent in above[name]:
            if decision.action is Action.BUILD:
                children.setdefault(parent, name)
                platforms.setdefault(parent, set()).update(target.platforms)
            elif decision.writes_cache:
                bases.setdefault(parent, name)
    return {name: _linked(target, found) for name, target in plan.targets.items() if name in found}


def explained(decision: Decision, cause: Cause) -> Decision:
    """A decision to build with what changed, or with why that is not known."""
    clause = f"{NO_IMAGE}; {cause.text}" if cause.unknown else cause.text
    why = decision.why.replace(NO_IMAGE, clause)
    return replace(decision, why=why, since=cause.since, changes=cause.changes)


def selection_file(
    decisions: Mapping[str, Decision], plan: Plan, built: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> BakeFile:
    """The bake file to lay over the others: images of the registry for parents that are there, and as caches.

    BuildKit knows steps on an image by its layers, and steps on a target of the same bake by that one's steps. The next
    build finds the parent in the registry, so steps are in the cache for it only if they were built on it from there.

    Bake merges `contexts` by their names, appends `cache-from`, and what inherits from a target inherits them too
    (tried with its ``--print``), so only what differs is written, for the targets that are baked and for their stages.

    Args:
        decisions: of the build.
        plan: the plan.
        built: targets that this build has built and pushed: a reference, and the digest.
    """
    there = dict(decisions)
    for name, (reference, digest) in built.items():
        there[name] = replace(decisions[name], action=Action.SKIP, found=reference, digest=digest)
    targets: list[BakeTarget] = []
    # Variants share a stage, and the one that it was made from need not be built.
    users = {stage: name for name, one in decisions.items() if one.bakes for stage in plan.stages_of(name)}
    for name, target in plan.targets.items():
        decision = decisions.get(name if target.kind is TargetKind.IMAGE else users.get(name, target.of or ""))
        if decision is None or not decision.bakes:
            continue
        contexts = _contexts(target, there)
        values: dict[str, Value] = {"contexts": dict(contexts)} if contexts else {}
        if decision.caches:
            values["cache-from"] = decision.caches
        if values:
            targets.append(BakeTarget(name, values, section=target.variant.image))
    return BakeFile(targets=tuple(targets))


def generations(names: Iterable[str], plan: Plan, pushed: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Targets in the order in which they are baked: behind a parent that is pushed comes a bake of its own.

    Args:
        names: targets that are built.
        plan: the plan.
        pushed: the targets that are pushed when they are built.

    Returns:
        Groups; what stands in one builds on pushed targets of earlier ones, and on others of its own.
    """
    above = _above(plan)
    built = tuple(names)
    inside = frozenset(built)
    level: dict[str, int] = {}
    for name in topological(built, above):
        if name in inside:
            level[name] = max((level[one] + (one in pushed) for one in above[name] if one in level), default=0)
    return tuple(
        tuple(name for name in built if level[name] == number) for number in range(max(level.values(), default=-1) + 1)
    )


def _images(plan: Plan, wanted: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(wanted) if plan.targets[name].kind is TargetKind.IMAGE]


def _above(plan: Plan) -> dict[str, list[str]]:
    """The parents of each target."""
    return {name: [parent.target for parent in target.parents] for name, target in plan.targets.items()}


def _decide(
    target: Target,
    key: str,
    present: Mapping[str, Present],
    unknown: Mapping[str, str],
    references: Sequence[str],
    platforms: Collection[str],
    *,
    force: bool,
) -> Decision:
    reference = key_reference(target.repository, key) if key and target.repository is not None else ""
    tags = tuple(one for one in dict.fromkeys(references) if one != reference)
    image = present.get(reference)
    why = "--force builds everything" if force else _why_built(target, key, reference, image, unknown, tags, platforms)
    if why or image is None:
        return Decision(target.name, Action.BUILD, why or NO_IMAGE, key, tags=tags)
    return Decision(target.name, Action.SKIP, f"its content is in {reference}", key, reference, image.digest, tags)


def _why_built(
    target: Target,
    key: str,
    reference: str,
    image: Present | None,
    unknown: Mapping[str, str],
    tags: Sequence[str],
    platforms: Collection[str],
) -> str:
    """Why `target` has to be built although there may be an image; "" where that serves, or where there is none."""
    if target.repository is None:
        return "it has no repository"
    if not key:
        return "it has no content key"
    if reference in unknown:
        return f"{reference} could not be looked up: {one_line(unknown[reference])}"
    if image is None:
        return ""
    if kinds := _other_outputs(target):
        return f"its output is {', '.join(kinds)}, which no registry has"
    own = _repository(reference)
    elsewhere = next((tag for tag in tags if _repository(tag) != own), None)
    if elsewhere is not None:
        return f"it is tagged {one_line(elsewhere)} too, and {reference} is in another repository"
    missing = sorted({_normal(one) for one in (*target.platforms, *platforms)} - set(image.platforms))
    return f"{reference} is not there for {', '.join(missing)}" if missing else ""


def _other_outputs(target: Target) -> list[str]:
    """The types of output that a definition asks for beside an image."""
    own = target.variant.value("output")
    entries = own if isinstance(own, tuple) else ()
    kinds = [str(entry.get("type", "local")) for entry in entries if isinstance(entry, Mapping)]
    return [kind for kind in dict.fromkeys(kinds) if kind not in _PUSHED]


def _repository(reference: str) -> str:
    """The repository of a reference, in one form for Docker Hub's several."""
    return context_name(split_reference(reference)[0])


def _normal(platform: str) -> str:
    try:
        return normalized(parse_platform(platform)).short()
    except PlatformError:
        return platform


def _linked(target: Target, decisions: Mapping[str, Decision]) -> Decision:
    """The decision about `target`, with what stands in for its parents where it is baked."""
    own = decisions[target.name]
    return replace(own, contexts=_contexts(target, decisions)) if own.bakes else own


def _contexts(target: Target, decisions: Mapping[str, Decision]) -> dict[str, str]:
    """The contexts of `target` that link to a skipped target, under the names that the bake file has for them."""
    found: dict[str, str] = {}
    for name, value in named_contexts(target).items():
        if not isinstance(value, str) or not value.startswith(_LINK):
            continue
        parent = decisions.get(value.removeprefix(_LINK))
        if parent is not None and parent.action is Action.SKIP:
            found[name] = f"{IMAGE}{split_reference(parent.found)[0]}@{parent.digest}"
    return found
