"""References of a project in its registries: what there is, what can go, and its removal.

The order is what makes it safe beside running builds. Tags are read before branches: whoever wrote a tag that was read
had a branch by then. Right before anything is deleted all tags are read again, and what a tag names that has come, has
moved or stays is taken out. Registries know no way to do that and the deletion in one step, so a moment is left.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import BakegenError, InputError
from bakegen.plan.model import TargetKind
from bakegen.plan.names import split_reference
from bakegen.plan.stages import inner_stages, with_checkpoints
from bakegen.pruning.graph import Graph
from bakegen.pruning.model import Inventory, Kind
from bakegen.pruning.owners import Known, is_key, owner
from bakegen.pruning.policy import select
from bakegen.workspace.cache_refs import RefReader, home_of
from bakegen.workspace.live_branches import LiveBranches, read_branches, read_pull_requests
from bakegen.workspace.live_keys import by_repository, live_keys
from bakegen.workspace.ref_removal import Removal, Removed, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bakegen.plan.model import Plan
    from bakegen.pruning.model import Ref
    from bakegen.pruning.owners import Owner
    from bakegen.pruning.policy import Policy, Selection
    from bakegen.workspace.project import Workspace

MAX_DELETE = 100
"""More references are not removed in one run, unless somebody says so."""


@dataclass(frozen=True, slots=True)
class BranchSource:
    """Where it is known from which branches are there.

    Attributes:
        default: the default branch.
        others: branches that count as there, whatever any list says: the one checked out, those of `fallbacks`.
        file: a list of branches, None for the remote's.
        remote: the remote that is asked.
        pull_requests: a list of open pull requests, None where nobody knows.
        own: the number of the pull request that this run is for, "" for none: it is open.
    """

    default: str
    others: tuple[str, ...] = ()
    file: Path | None = None
    remote: str = "origin"
    pull_requests: Path | None = None
    own: str = ""


@dataclass(frozen=True)
class Holdings:
    """What registries hold, and whose it is; `problems` are what could not be read or found out, a sentence each."""

    inventory: Inventory
    owners: Mapping[Ref, Owner]
    problems: tuple[str, ...] = ()


class Holder:
    """The registries of one project."""

    def __init__(self, workspace: Workspace, environ: Mapping[str, str] = os.environ) -> None:
        """`environ` says who we are to registries.

        Raises:
            InputError: the project has no registry.
        """
        self._workspace = workspace
        self._environ = environ
        self._reader = RefReader(environ)
        self.caches = _caches(_with_all_stages(workspace.plan))
        self.tags = _tags(workspace.plan)
        self.repositories = tuple(sorted({*self.caches, *self.tags, *_artifact_homes(workspace.plan)}))
        if not self.repositories:
            said = "this project has nothing in a registry"
            raise InputError([error("no-registry", said, help="set `registry` in bakegen.yaml, or --registry")])

    def look(self, source: BranchSource) -> Holdings:
        """What there is; that branches are not known stops nothing."""
        reading = self._reader.read(self.repositories)
        problems = list(reading.problems)
        try:
            known, _ = self._known(source)
        except BakegenError as problem:
            problems.append(_first_line(problem))
            known = Known(source.default, caches=self.caches, tags=self.tags)
        return Holdings(reading.inventory, _owners(known, reading.inventory), tuple(problems))

    def plan(self, source: BranchSource, policy: Policy, *, all_targets: bool = False) -> tuple[Selection, Holdings]:
        """What can go by `policy`; nothing is deleted.

        Raises:
            InputError: the list of branches is wrong.
            EngineError: something could not be read, so nothing can be said.
        """
        inventory = whole(self._reader.read(self.repositories))
        known, branches = self._known(source)
        known = replace(known, all_targets=all_targets)
        notes: tuple[str, ...] = ()
        if Kind.KEY in policy.kinds:
            references, unknown = live_keys(self._workspace, branches, policy.grace)
            homes = {home_of(name): keys for name, keys in by_repository(references).items()}
            keys = {name: found for name, found in homes.items() if name is not None}
            unknown = f"which content keys are needed is not known: {unknown}" if unknown else ""
            known = replace(known, keys=keys, keys_unknown=unknown)
            notes = (f"no content key goes: {unknown}",) if unknown else ()
        owners = _owners(known, inventory)
        now = time.time()
        selection = select(inventory, owners, policy, now)
        graph = Graph(inventory)
        asked = sorted({part for ref in selection.selected for part in graph.parts(ref.node)})
        inventory = whole(self._reader.with_referrers(inventory, asked))
        selection = select(inventory, owners, policy, now)
        selection = replace(selection, notes=(*notes, *selection.notes))
        return selection, Holdings(inventory, owners)

    def remove(
        self, selection: Selection, holdings: Holdings, *, say: Callable[[str], None] = lambda line: None
    ) -> Removed:
        """Deletes what `selection` has, after looking again; `say` is told of each reference that is gone.

        Raises:
            EngineError: the second look failed; nothing more was deleted.
        """
        return Removal(self._reader, self._environ, selection, holdings.inventory, say).run()

    def _known(self, source: BranchSource) -> tuple[Known, LiveBranches]:
        root = self._workspace.root
        branches = read_branches(root, source.default, file=source.file, remote=source.remote)
        numbers = None
        if source.pull_requests is not None:
            numbers = read_pull_requests(source.pull_requests) | ({source.own} if source.own else frozenset())
        names = branches.names | frozenset(source.others)
        return Known(source.default, names, numbers, self.caches, self.tags), branches


def _owners(known: Known, inventory: Inventory) -> dict[Ref, Owner]:
    keyed = {ref.node for ref in inventory.refs if is_key(ref.tag)}
    caches = {node for node, manifest in inventory.manifests.items() if manifest.is_cache}
    return {
        ref: owner(known, ref.repository, ref.tag, is_cache=ref.node in caches, has_key=ref.node in keyed)
        for ref in inventory.refs
    }


def _first_line(problem: BakegenError) -> str:
    if isinstance(problem, InputError) and problem.diagnostics:
        return problem.diagnostics[0].message
    return str(problem).partition("\n")[0]


def _with_all_stages(plan: Plan) -> Plan:
    """`plan` with a target for every stage that a build may find dear and give a cache of its own."""
    images = {name: target for name, target in plan.targets.items() if target.kind is TargetKind.IMAGE}
    try:
        return with_checkpoints(plan, {name: inner_stages(target) for name, target in images.items()})
    except InputError:  # one of them cannot be a target: no build has made it one
        return plan


def _caches(plan: Plan) -> dict[str, tuple[tuple[str, str | None], ...]]:
    """Repository -> targets and platforms whose caches are there."""
    found: dict[str, dict[tuple[str, str | None], None]] = {}
    for target in plan.targets.values():
        if target.settings.backend != "registry":
            continue
        for subject in (one for cache in target.caches for one in (cache, *cache.stages)):
            repository = target.settings.attributes.get("ref") or subject.repository
            home = home_of(repository) if repository else None
            if home is not None:
                found.setdefault(home, {})[subject.target, subject.platform] = None
    return {home: tuple(subjects) for home, subjects in found.items()}


def _tags(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Repository -> tags that the default branch writes there; of images that go to a registry."""
    found: dict[str, dict[str, None]] = {}
    for target in plan.targets.values():
        for reference in target.tags if target.repository is not None else ():
            repository, tag, _ = split_reference(reference)
            if (home := home_of(repository)) is not None:
                found.setdefault(home, {})[tag or "latest"] = None
    return {home: tuple(tags) for home, tags in found.items()}


def _artifact_homes(plan: Plan) -> set[str]:
    named = {one.source.repository for one in plan.artifacts.values() if one.source.repository is not None}
    return {home for home in map(home_of, named) if home is not None}
