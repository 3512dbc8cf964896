"""Decides what a build does: asks the registry for content keys, and says of each target what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.bake.compose import closed_under_parents, merged, pushes
from bakegen.building.artifacts import artifacts_of, decide_artifacts
from bakegen.building.decide import decide, explained, key_references
from bakegen.building.model import Action
from bakegen.plan.artifacts import artifact_references
from bakegen.workspace.contents import Contents
from bakegen.workspace.key_images import Looked, look_up
from bakegen.workspace.merged_caches import first_seen
from bakegen.workspace.rendering import OVERRIDE, inherits, render_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bakegen.bake.model import BakeFile
    from bakegen.building.model import Decision, Outcome
    from bakegen.plan.branch import BranchState
    from bakegen.plan.model import Plan, Target
    from bakegen.workspace.project import Workspace
    from bakegen.workspace.rendering import Rendering


@dataclass(frozen=True)
class Prepared:
    """What a build is going to do.

    Attributes:
        plan: the targets that are wanted, with all that they build on.
        rendering: the files that bake reads; not written yet.
        decisions: what is done about each target, in the order of the plan.
        pushes: the targets that are pushed when they are built.
        writes: the targets that write a cache.
        twins: targets that only write a platform's cache, by the target that they belong to.
        looked: what the registry said.
        files: bake file and override file of each part, with the targets in it.
        artifacts: what is done about artifacts, by title.
        serves: this branch's part of references, where other branches read its caches; "" elsewhere.
    """

    plan: Plan
    rendering: Rendering
    decisions: Mapping[str, Decision]
    pushes: frozenset[str]
    writes: frozenset[str]
    twins: Mapping[str, tuple[str, ...]]
    looked: Looked
    files: tuple[tuple[tuple[str, ...], frozenset[str]], ...]
    artifacts: Mapping[str, Decision] = field(default_factory=dict)
    serves: str = ""

    @property
    def built(self) -> tuple[str, ...]:
        """The targets that are built."""
        return tuple(name for name, one in self.decisions.items() if one.action is Action.BUILD)

    @property
    def skipped(self) -> tuple[str, ...]:
        """The targets whose image is there already."""
        return tuple(name for name, one in self.decisions.items() if one.action is Action.SKIP)

    @property
    def cached(self) -> tuple[str, ...]:
        """Those of `skipped` that are built for their caches alone."""
        return tuple(name for name, one in self.decisions.items() if one.writes_cache)

    def told(self, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """Outcomes of these targets and artifacts, with why each was built or not."""
        decisions = {**self.decisions, **self.artifacts}
        return tuple(replace(one, why=decisions[one.target].why) for one in outcomes)


def prepare(
    workspace: Workspace,
    wanted: Sequence[str],
    state: BranchState | None,
    *,
    format: str = "hcl",
    force: bool = False,
    offline: bool = False,
    why: bool = False,
    further: Callable[[Plan, Sequence[str]], Plan | None] | None = None,
) -> Prepared:
    """Decides what is built.

    Args:
        workspace: the project.
        wanted: names of targets.
        state: the branch; None for a build that belongs to none: nothing is pushed, looked up or skipped then.
        format: of the bake files, ``hcl`` or ``json``.
        force: build everything.
        offline: ask no registry.
        why: find out what changed about the targets that are built, which reads the project at earlier commits.
        further: gives the whole plan with more targets of stages for the images that are built, None where it stays.

    Raises:
        InputError: as `render_project`.
    """
    plan = closed_under_parents(workspace.plan, wanted)
    contents = Contents(workspace, plan)
    keys = contents.keys if state is not None else {}
    asked = {} if force else key_references(plan, wanted, keys)
    artifacts = artifacts_of(plan, wanted) if state is not None else ()
    titles = artifact_references(plan, artifacts, contents.contexts)
    every = [*asked.values(), *(() if force else (one for _, one in titles.values()))]
    looked = Looked({}, dict.fromkeys(every, "--offline")) if offline else look_up(every, platforms=_by_platform(plan))

    def decided(
        references: Callable[[Target], tuple[str, ...]], caches: frozenset[str] = frozenset()
    ) -> dict[str, Decision]:
        there, unknown = looked.present, looked.unknown
        return decide(plan, wanted, keys, there, {}, force=force, references=references, unknown=unknown, caches=caches)

    # What is skipped reads no cache, so nobody has to ask for one. Tags of the branch may decide otherwise later,
    # where they are in other repositories; such a target reads the default branch's cache.
    likely = [name for name, one in decided(lambda target: target.tags).items() if one.action is Action.BUILD]
    more = further(workspace.plan, likely) if further is not None else None
    if more is not None:
        plan = closed_under_parents(more, wanted)
        contents = contents.with_stages(plan)
    rendering = render_project(
        workspace, plan, format=format, state=state, ask_registry=not offline, contents=contents, built=likely
    )
    parts = _parts(rendering)
    together = [merged(*files).targets for _, files in parts]
    targets = {target.name: target for part in together for target in part}

    def tags(target: Target) -> tuple[str, ...]:
        found = targets[target.name].attributes.get("tags", ())
        return tuple(map(str, found)) if isinstance(found, tuple) else ()

    pushed = frozenset(name for name, target in targets.items() if pushes(target.attributes.get("output")))
    decisions = decided(tags)
    twins = _twins(override for _, (_, override) in parts)
    if first := first_seen(plan, decisions, pushed, rendering.meanings.values(), twins, state):
        decisions = decided(tags, first)
    if state is not None and not offline:
        there = looked.present.keys() | looked.unknown.keys()
        missing = [name for name, reference in asked.items() if why and reference not in there]
        decisions = _with_history(contents, decisions, state, missing, rendering)
    return Prepared(
        plan,
        rendering,
        decisions,
        pushed,
        frozenset(name for name, target in targets.items() if target.attributes.get("cache-to")),
        twins,
        looked,
        tuple((names, frozenset(one.name for one in part)) for (names, _), part in zip(parts, together, strict=True)),
        decide_artifacts(artifacts, titles, looked.present, looked.unknown, pushed, force=force),
        _serves(state, workspace.project.settings.fallbacks.value),
    )


def _serves(state: BranchState | None, fallbacks: Sequence[str]) -> str:
    if state is None or not (state.is_default or state.identity in fallbacks):
        return ""
    return state.slug or ""


def _parts(rendering: Rendering) -> list[tuple[tuple[str, ...], tuple[BakeFile, BakeFile]]]:
    """The bake files, each with its override: their names and what they mean."""
    from bakegen.bake.model import BakeFile

    mains = [name for name in rendering.meanings if not name.startswith(OVERRIDE)]
    overrides = [name for name in rendering.meanings if name.startswith(OVERRIDE)]
    found: list[tuple[tuple[str, ...], tuple[BakeFile, BakeFile]]] = []
    for number, name in enumerate(mains):
        over = overrides[number] if overrides else None
        names = (name,) if over is None else (name, over)
        meant = rendering.meanings[over] if over is not None else BakeFile()
        found.append((names, (rendering.meanings[name], meant)))
    return found


def _by_platform(plan: Plan) -> bool:
    """Whether anything is wanted for certain platforms."""
    return any(target.platforms for target in plan.targets.values())


def _with_history(
    contents: Contents,
    decisions: dict[str, Decision],
    state: BranchState,
    missing: Sequence[str],
    rendering: Rendering,
) -> dict[str, Decision]:
    """The decisions with what earlier commits say: why the `missing` ones are built, and images to read as caches."""
    built = {name for name, one in decisions.items() if one.action is Action.BUILD}
    count = contents.workspace.project.settings.ancestors.value
    nowhere = rendering.caches.lacking if count and rendering.caches is not None else {}
    lacking = {name: entry for name, entry in nowhere.items() if name in built}
    told = [name for name in missing if name in built]
    if not told and not lacking:
        return decisions
    from bakegen.workspace.ancestors import ancestor_caches
    from bakegen.workspace.causes import causes
    from bakegen.workspace.commits import Past

    found = dict(decisions)
    with Past(contents.workspace, built) as past:
        if told:
            for name, cause in causes(past, contents, told, state.default).items():
                found[name] = explained(found[name], cause)
        if lacking:
            for name, entry in ancestor_caches(past, contents, lacking, count).items():
                found[name] = replace(found[name], caches=(entry,))
    return found


def _twins(overrides: Iterable[BakeFile]) -> dict[str, tuple[str, ...]]:
    """The targets that override files add, by the target that each inherits from."""
    found: dict[str, tuple[str, ...]] = {}
    for override in overrides:
        for target in override.targets:
            for base in inherits(target):
                found[str(base)] = (*found.get(str(base), ()), target.name)
    return found
