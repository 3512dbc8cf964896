"""From a plan to the two bake files: the committed one, equal on every branch, and the one that settles the branch."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, BakeVariable, Choice
from bakegen.definition.attributes import ATTRIBUTES
from bakegen.dockerfile.references import context_name
from bakegen.plan.branch import CachePolicy
from bakegen.plan.caches import candidates, nowhere, replaceable, subject_key
from bakegen.plan.model import TargetKind
from bakegen.plan.pins import IMAGE
from bakegen.plan.recipes import below, is_remote
from bakegen.plan.refs import cache_to, image_tags, key_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.bake.model import Value
    from bakegen.definition.origin import Origin
    from bakegen.plan.branch import BranchState
    from bakegen.plan.caches import ChosenCaches
    from bakegen.plan.model import Plan, Target

# Computed here from what a definition says, never copied from it.
_COMPUTED = frozenset(
    {"context", "contexts", "dockerfile", "dockerfile-inline", "tags", "target", "platforms"}
    | {"cache-from", "cache-to", "inherits", "matrix", "name"}
)
# What describes an image; a target that is built for its cache alone has none of it.
_OF_IMAGES = frozenset({"annotations", "attest", "call", "description", "labels", "output", "policy"})
CACHE_VARIABLE = "BAKEGEN_CACHE_FROM"
_CACHE_ONLY: tuple[Value, ...] = ({"type": "cacheonly"},)
_INLINE: Value = {"type": "inline"}


def main_file(plan: Plan, default_branch: str, header: tuple[str, ...]) -> BakeFile:
    """The bake file that is committed: the same for every branch, commit and machine."""
    state = nowhere(default_branch)
    targets = tuple(_main_target(target, plan, state) for target in plan.targets.values())
    return BakeFile(header, _groups(plan), targets, _variables(targets))


def _variables(targets: Iterable[BakeTarget]) -> tuple[BakeVariable, ...]:
    looked_up = any(
        isinstance(entry, Mapping) and isinstance(entry.get("ref"), Choice)
        for target in targets
        for entry in _entries(target.attributes, "cache-from")
    )
    if not looked_up:
        return ()
    comment = "Filled by docker-bake.override.hcl: the cache that a target reads instead of the default branch's."
    return (BakeVariable(CACHE_VARIABLE, {}, comment),)


def _groups(plan: Plan) -> tuple[BakeGroup, ...]:
    """The plan's groups; where one holds all of another, it names that group instead of its targets."""
    inside = {target: group for group in plan.images & plan.groups.keys() for target in plan.groups[group]}
    found: list[BakeGroup] = []
    for name, members in plan.groups.items():
        count = Counter(inside[target] for target in members if target in inside)
        whole = {group for group, n in count.items() if n == len(plan.groups[group]) < len(members)}
        short = (inside[target] if inside.get(target) in whole else target for target in members)
        found.append(BakeGroup(name, tuple(dict.fromkeys(short))))
    return tuple(found)


def _main_target(target: Target, plan: Plan, state: BranchState) -> BakeTarget:
    variant = target.variant
    values: dict[str, Value] = _where(target)
    origins: dict[str, Origin] = {}
    for name in ATTRIBUTES:
        if name in _COMPUTED or (target.kind is not TargetKind.IMAGE and name in _OF_IMAGES):
            continue
        value = variant.value(name)
        if value is not None:
            values[name] = value
    for name, found in variant.fields.items():
        for path, origin in found.origins.items():
            origins[path] = origin
        if found.origins and name in ATTRIBUTES:
            origins.setdefault(name, next(iter(found.origins.values())))
    if target.stage is not None:
        values["target"] = target.stage
    if target.platforms:
        values["platforms"] = target.platforms
    contexts = named_contexts(target)
    if contexts:
        values["contexts"] = contexts
    if target.kind is TargetKind.IMAGE:
        values["tags"] = target.tags
        if target.repository is None and "output" not in values:
            values["output"] = ({"type": "docker"},)
    else:
        values["output"] = _CACHE_ONLY
    read, written = _read(target, plan, state), _written(target, state)
    if read:
        values["cache-from"] = read
    if written:
        values["cache-to"] = written
    return BakeTarget(target.name, values, origins, _comment(target), variant.image)


def _where(target: Target) -> dict[str, Value]:
    recipe = target.recipe
    if recipe.remote:
        inline = target.variant.text("dockerfile-inline")
        return {
            "context": recipe.context,
            **({"dockerfile": recipe.path} if inline is None else {"dockerfile-inline": inline}),
        }
    if not recipe.path:
        assert recipe.source is not None
        return {"context": recipe.context, "dockerfile-inline": recipe.source.text}
    return {"context": recipe.context, "dockerfile": posixpath.relpath(recipe.path, recipe.context)}


def named_contexts(target: Target) -> dict[str, Value]:
    """Named contexts: those of the definition, folders relative to the bake file, pins, and the targets built on.

    Bake finds a context only under the familiar form of its name: without ``docker.io/library/`` and ``:latest``.
    """
    found: dict[str, Value] = {}
    for name, value in target.variant.mapping("contexts").items():
        found[name] = value if is_remote(value) else below(target.variant.directory, value)
    for name, reference in target.pins.items():
        found[name] = IMAGE + reference
    for parent in target.parents:
        found[context_name(parent.context)] = f"target:{parent.target}"
    return found


def _comment(target: Target) -> str:
    if target.kind is TargetKind.STAGE:
        return f"The stage {target.stage}, for its cache: bake the group `stages` first."
    return target.variant.describe() if target.variant.axes else ""


def _read(target: Target, plan: Plan, state: BranchState) -> tuple[Value, ...]:
    """The caches that a build reads which knows no branch.

    Of a registry just the default branch's, as a reference that the override file can replace: two caches
    with a common beginning are not read reliably together.
    """
    found: list[Value] = []
    for subject in target.caches:
        entries = candidates(target, subject, plan, state)
        if entries and replaceable(target, entries[0]):
            entry = entries[0]
            found.append({**entry, "ref": Choice(entry["ref"], CACHE_VARIABLE, subject_key(subject))})
        else:
            found += [entry for entry in reversed(entries) if entry not in found]
    return tuple(found)


def _written(target: Target, state: BranchState) -> tuple[Value, ...]:
    """The cache that a target with one platform writes; those with several have a target for each."""
    return cache_to(target.caches[0], target.settings, state) if len(target.caches) == 1 else ()


def override_file(
    plan: Plan,
    state: BranchState,
    header: tuple[str, ...],
    *,
    push: bool,
    caches: ChosenCaches,
    keys: Mapping[str, str],
    tags: Mapping[str, tuple[str, ...]],
    labels: Mapping[str, Mapping[str, str]],
    inline: bool = False,
) -> BakeFile:
    """What this branch and this build add: bake merges the file by itself over the committed one.

    Bake appends `cache-from`, merges `labels` and replaces `tags`, `cache-to`, `output`, variables and groups
    (measured with buildx 0.29), so only the difference is written.

    Args:
        plan: the plan.
        state: the branch.
        header: comment lines.
        push: whether images are pushed.
        caches: what is read.
        keys: target name -> content key, for a tag ``key-<hash>``.
        tags: target name -> references that replace the computed ones.
        labels: target name -> labels of the commit and the run.
        inline: whether images that are pushed carry a cache of their own, so that a later commit can read them as one.
    """
    common = nowhere(state.default)
    targets: list[BakeTarget] = []
    twins: dict[str, tuple[str, ...]] = {}
    for target in plan.targets.values():
        values: dict[str, Value] = {}
        if target.kind is TargetKind.IMAGE:
            references = tags.get(target.name) or _tags(target, plan, state)
            key = keys.get(target.name)
            if key is not None and target.repository is not None:
                # First, as tags are pushed in this order: a push that fails half-way has moved no tag that others read.
                references = (key_reference(target.repository, key), *references)
            if references != target.tags:
                values["tags"] = references
            if labels.get(target.name):
                values["labels"] = dict(labels[target.name])
            if push and target.repository and references:
                values |= _output(target)
        if caches.more.get(target.name):
            values["cache-from"] = caches.more[target.name]
        written = _written(target, state)
        caching = inline and target.settings.policy is not CachePolicy.NONE
        if caching and _INLINE not in written and pushes(values.get("output", target.variant.value("output"))):
            written = (*written, _INLINE)
        if written != _written(target, common):
            values["cache-to"] = written
        if values:
            targets.append(BakeTarget(target.name, values, {}, "", target.variant.image))
        made = _platform_twins(target, state)
        twins[target.name] = tuple(twin.name for twin in made)
        targets += made
    groups = tuple(
        BakeGroup(group.name, tuple(one for name in group.targets for one in (name, *twins.get(name, ()))))
        for group in _groups(plan)
        if any(twins.get(name) for name in group.targets)
    )
    variables = (BakeVariable(CACHE_VARIABLE, caches.instead),) if caches.instead else ()
    return BakeFile(header, groups, tuple(targets), variables)


def _tags(target: Target, plan: Plan, state: BranchState) -> tuple[str, ...]:
    """The references of this branch; without a registry nobody else has them, so they stay as they are."""
    return target.tags if target.repository is None else image_tags(target.tags, state, plan.rivals(target))


def merged(main: BakeFile, override: BakeFile) -> BakeFile:
    """What bake makes of both files together: for checking, not for writing."""
    over = {target.name: target for target in override.targets}
    groups = {group.name: group for group in (*main.groups, *override.groups)}
    targets = [_merge(target, over.pop(target.name, None)) for target in main.targets]
    by_name = {target.name: target for target in targets}
    for twin in over.values():
        (base,) = _entries(twin.attributes, "inherits")
        values = {name: value for name, value in twin.attributes.items() if name != "inherits"}
        targets.append(_merge(replace(by_name[str(base)], name=twin.name), replace(twin, attributes=values)))
    return BakeFile(main.header, tuple(groups.values()), tuple(targets))


def _merge(target: BakeTarget, over: BakeTarget | None) -> BakeTarget:
    if over is None:
        return target
    values = dict(target.attributes)
    for name, value in over.attributes.items():
        if name == "cache-from":
            values[name] = (*_entries(values, name), *_entries(over.attributes, name))
        elif name == "labels" and isinstance(value, Mapping):
            below_ = values.get(name)
            values[name] = {**below_, **value} if isinstance(below_, Mapping) else value
        else:
            values[name] = value
    return replace(target, attributes=values)


def _entries(values: Mapping[str, Value], name: str) -> tuple[Value, ...]:
    found = values.get(name, ())
    return found if isinstance(found, tuple) else ()


def pushes(outputs: object) -> bool:
    """Whether one of the entries of an attribute `output` pushes an image."""
    entries = outputs if isinstance(outputs, tuple) else ()
    return any(isinstance(one, Mapping) and one.get("push") == "true" for one in entries)


def _output(target: Target) -> dict[str, Value]:
    """Pushing without a copy in the engine's own store: a build that hits every cache then moves no layer.

    The image is packed as its cache is, so that no layer is packed twice. An output of the definition is
    pushed where it is an image, and left alone otherwise.
    """
    own = target.variant.value("output")
    if own is not None:
        entries = own if isinstance(own, tuple) else ()
        pushed = tuple(
            {**entry, "push": "true"} if isinstance(entry, Mapping) and entry.get("type") == "image" else entry
            for entry in entries
        )
        return {"output": pushed} if pushed != entries else {}
    entry: dict[str, Value] = {"type": "image", "push": "true", "store": "false", "unpack": "false"}
    compression = target.settings.attributes.get("compression", "zstd")
    if compression != "gzip":
        entry |= {"compression": compression, "oci-mediatypes": "true"}
    return {"output": (entry,)}


def _platform_twins(target: Target, state: BranchState) -> list[BakeTarget]:
    """One target for the cache of each platform, where there are several and this build writes caches.

    One export for several platforms is overwritten by the last of a builder's nodes that finishes; steps are
    shared with the image's own target, which runs beside them.
    """
    if len(target.caches) < 2:
        return []
    found: list[BakeTarget] = []
    for subject in target.caches:
        written = cache_to(subject, target.settings, state)
        if written:
            assert subject.platform is not None
            values: dict[str, Value] = {
                "inherits": (target.name,),
                "platforms": (subject.platform,),
                "tags": (),
                "output": _CACHE_ONLY,
                "cache-to": written,
            }
            comment = f"The cache of {target.name} for {subject.platform}."
            name = f"{target.name}-cache-{subject.platform.replace('/', '-')}"
            found.append(BakeTarget(name, values, {}, comment, target.variant.image))
    return found


def closed_under_parents(plan: Plan, wanted: Iterable[str]) -> Plan:
    """The part of `plan` that building `wanted` needs: with their stages, and all that they build on."""
    needed: dict[str, None] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = None
            waiting += [parent.target for parent in plan.targets[name].parents]
            waiting += [stage.target for subject in plan.targets[name].caches for stage in subject.stages]
    targets = {name: target for name, target in plan.targets.items() if name in needed}
    groups = {group: tuple(name for name in names if name in needed) for group, names in plan.groups.items()}
    groups = {group: names for group, names in groups.items() if names or group not in plan.images}
    return replace(plan, targets=targets, groups=groups)
