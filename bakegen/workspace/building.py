"""Carries a build out: tags what is there, bakes the rest, and tells of it. What it does was decided by `preparing`."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.bake.jsonfile import write_json
from bakegen.building.decide import generations, selection_file
from bakegen.building.model import Action, Happening, Outcome, Status
from bakegen.errors import EngineError
from bakegen.workspace.artifact_building import make, not_built, skipped
from bakegen.workspace.baking import BakeOrder
from bakegen.workspace.batches import bake_all
from bakegen.workspace.files import Changes
from bakegen.workspace.key_images import retag
from bakegen.workspace.late_caches import LateCaches
from bakegen.workspace.ledger import Ledger
from bakegen.workspace.merged_caches import write_merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bakegen.building.model import Decision, Event
    from bakegen.workspace.batches import TargetDone
    from bakegen.workspace.preparing import Prepared
    from bakegen.workspace.project import Workspace

_AFTER_FAILURE = 600.0
"""Seconds for keeping what was built when targets have failed: nobody is waiting to end us."""


@dataclass
class Build:
    """One build under way.

    Attributes:
        workspace, prepared: what is built.
        tell: told every event, from this thread.
        builder, allow, retries: see `BakeOrder` and `bake_all`.
        grace: seconds for keeping what was built when the build is interrupted; 0 keeps nothing then.
        ledger: what became of the targets so far.
    """

    workspace: Workspace
    prepared: Prepared
    tell: Callable[[Event], None]
    builder: str | None = None
    allow: tuple[str, ...] = ()
    retries: int = 2
    grace: float = 60.0
    ledger: Ledger = field(init=False)
    _files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        self._min_buildx = self.workspace.project.settings.min_buildx.value
        self._caches = LateCaches(self.prepared, self._min_buildx)
        self.ledger = Ledger(self.prepared, self._caches, self.tell)

    def run(self) -> None:
        """Does all of it; what is over when an exception goes through stands in `ledger`.

        Raises:
            EngineError: there is no engine, or it fails as a whole.
        """
        for one in (*self.prepared.decisions.values(), *self.prepared.artifacts.values()):
            facts = {"decision": str(one.action), "why": one.why, "key": one.key}
            self.ledger.say(Happening.DECIDED, one.target, facts)
        self._skip()
        if not (self.prepared.built or self.prepared.cached) and all(
            one.action is Action.SKIP for one in self.prepared.artifacts.values()
        ):
            self._artifacts((), Path(), frozenset(self.prepared.plan.targets))
            return
        self._write_dockerfiles()
        with tempfile.TemporaryDirectory(prefix="bakegen-build-") as folder:
            # Not into the project: the bake file there is that of all targets and of no branch.
            for name, text in self.prepared.rendering.texts.items():
                _write(Path(folder) / Path(name).name, text)
            for names, inside in self.prepared.files:
                self._files = tuple(Path(folder) / Path(name).name for name in names)
                self._bake_or_keep(inside)
                self._artifacts(self._with_selection(), Path(folder), inside)

    def _with_selection(self) -> tuple[Path, ...]:
        """The bake files, and one over them that has what is in the registry by now stand in for parents."""
        laid = selection_file(self.prepared.decisions, self.prepared.plan, self.ledger.pushed)
        if not laid.targets:
            return self._files
        selection = self._files[0].parent / "selection.json"
        _write(selection, write_json(laid, self._min_buildx))
        return (*self._files, selection)

    def _write_dockerfiles(self) -> None:
        """Writes the Dockerfiles that are rendered, as the bake files name them."""
        changes = Changes(self.workspace.files)
        for target in self.prepared.plan.targets.values():
            for file in target.recipe.files:
                changes.write(file.path, file.text)
        changes.apply()

    def give_up(self, why: str) -> None:
        """Everything that has no outcome yet was not built, unless the engine has told that all of it is pushed."""
        self.ledger.give_up(why)
        for title, decision in self.prepared.artifacts.items():
            if title not in self.ledger.outcomes:
                self.ledger.add(not_built(self.prepared.plan.artifacts[title], decision, why))

    # --- what is there

    def _skip(self) -> None:
        skipped = [self.prepared.decisions[name] for name in self.prepared.skipped]
        wanted = {
            f"{one.found}@{one.digest}": one.tags for one in skipped if one.tags and one.target in self.prepared.pushes
        }
        failures: dict[str, str] = {}
        written: set[str] = set()
        for reference, tagged in retag(wanted, manifests=self.prepared.looked.manifests).items():
            if tagged.written:
                written.add(reference)
            if tagged.failure:
                failures[reference] = tagged.failure
                self.ledger.problems.append(f"{reference} could not be tagged: {tagged.failure}")
        for one in skipped:
            pushed = one.target in self.prepared.pushes
            tags = tuple(tag for tag in one.tags if pushed and tag not in failures)
            if one.writes_cache and tags:
                self._caches.late.add(one.target)
            self.ledger.add(
                Outcome(
                    one.target,
                    Status.SKIPPED,
                    one.key,
                    one.digest,
                    (*tags, one.found),
                    self.prepared.plan.targets[one.target].platforms,
                    ready=self.ledger.seconds(),
                )
            )
        self._inherit_caches([one for one in skipped if not (one.writes_cache or written.isdisjoint(one.tags))])

    def _inherit_caches(self, skipped: Iterable[Decision]) -> None:
        """Has the default branch take over caches to images that it has now, and that another branch built."""
        references = {one.target: self._caches.references(one.target) for one in skipped if self.prepared.serves}
        wanted = {f"{one.found}@{one.digest}": references[one.target] for one in skipped if references.get(one.target)}
        if wanted:
            from bakegen.workspace.inherited_caches import inherit_caches

            inherit_caches(wanted, self.prepared.serves)

    # --- artifacts

    def _artifacts(self, files: tuple[Path, ...], folder: Path, inside: frozenset[str]) -> None:
        """Those of the targets in `inside`, after these: most of their stages are built then."""
        for title, decision in self.prepared.artifacts.items():
            artifact = self.prepared.plan.artifacts[title]
            if artifact.owner not in inside:
                continue
            if decision.action is Action.SKIP:
                self.ledger.add(skipped(artifact, decision, self.ledger.seconds()))
                continue
            owner = self.ledger.outcomes.get(artifact.owner)
            if owner is not None and owner.status in (Status.FAILED, Status.NOT_BUILT):
                self.ledger.add(not_built(artifact, decision, f"belongs to {artifact.owner}, which was not built"))
                continue
            self.ledger.say(Happening.STARTED, title, {})
            order = BakeOrder(files, (), self.workspace.root, self.builder, self.allow)
            self.ledger.add(
                make(
                    artifact,
                    decision,
                    order,
                    folder,
                    retries=self.retries,
                    retried=partial(self._again, title),
                    clock=self.ledger.seconds,
                    min_buildx=self._min_buildx,
                )
            )

    def _again(self, title: str, names: tuple[str, ...], why: str, seconds: float) -> None:
        self.ledger.retried((title,), why, seconds)

    # --- what is built

    def _bake_or_keep(self, inside: frozenset[str]) -> None:
        """Bakes, and keeps what was built of what was not: nothing of it is lost with the engine."""
        try:
            self._bake(inside)
            self._keep(inside, _AFTER_FAILURE)
        except (KeyboardInterrupt, SystemExit, EngineError):
            # One more of them ends this too.
            self._keep(inside, self.grace)
            raise

    def _keep(self, inside: frozenset[str], seconds: float) -> None:
        order = replace(self._order(()), timeout=seconds)
        self.ledger.heard().keep(order, inside & self.prepared.writes, self.prepared.twins)

    def _order(self, names: Iterable[str]) -> BakeOrder:
        return BakeOrder(self._with_selection(), tuple(names), self.workspace.root, self.builder, self.allow)

    def _bake(self, inside: frozenset[str]) -> None:
        built = [name for name in self.prepared.built if name in inside]
        for names in generations(built, self.prepared.plan, self.prepared.pushes):
            self._bake_images([name for name in names if not self._stopped(name)], inside)
        ready = [name for name in built if self.ledger.outcomes[name].status is Status.BUILT]
        self._caches.write(
            self._order(ready),
            tell=self.ledger.hear_cache,
            done=self._cache_done,
            clock=self.ledger.seconds,
            retries=self.retries,
        )
        self.ledger.caches_done(built)
        merged = [name for name in self.prepared.cached if name in inside & self._caches.late]
        if merged:
            stages = tuple(self._stages(merged, inside))
            write_merged(self._order(merged), stages, self._caches, self.ledger, self.retries)
        self.ledger.caches_done(merged)

    def _bake_images(self, built: Sequence[str], inside: frozenset[str]) -> None:
        """Bakes targets whose pushed parents are in the registry by now."""
        users = self._stages(built, inside)
        if users:
            # Their caches are written even where a later step fails, so they come first.
            self._bake_targets(self._order(users), {}, partial(self._stage_done, users))
        names = [name for name in built if not self._stopped(name)]
        above = self.prepared.plan.targets
        graph = {name: tuple(one.target for one in above[name].parents if one.target in names) for name in names}
        if names:
            self._bake_targets(self._caches.images_alone(self._order(names)), graph, self._done)

    def _cache_done(self, done: TargetDone) -> None:
        self.ledger.rescue.through.add(done.target)
        if done.status is not Status.BUILT:
            self.ledger.problems.append(f"the cache of {done.target} was not written: {done.error}")

    def _stages(self, built: Sequence[str], inside: frozenset[str]) -> dict[str, list[str]]:
        """The targets that write caches of stages of what is built, each with the images that have that stage."""
        users: dict[str, list[str]] = {}
        for name in built:
            for stage in self.prepared.plan.stages_of(name):
                for target in (stage, *self.prepared.twins.get(stage, ())):
                    if target in inside & self.prepared.writes and target not in self.ledger.rescue.through:
                        users.setdefault(target, []).append(name)
        return users

    def _stage_done(self, users: Mapping[str, Sequence[str]], done: TargetDone) -> None:
        """A stage that fails is not tried once more as a part of its images."""
        if done.status is Status.BUILT:
            self.ledger.rescue.through.add(done.target)
        for image in users[done.target]:
            self.ledger.remember(done.target, image)
            if done.status is not Status.BUILT and image not in self.ledger.outcomes:
                self.ledger.stage_failed(done.target, image, done.error)

    def _stopped(self, name: str) -> bool:
        """Whether a target cannot be built because a stage of it, or what it builds on, has failed."""
        if name in self.ledger.outcomes:
            return True
        for parent in self.prepared.plan.targets[name].parents:
            if parent.target in self.prepared.built and self._stopped(parent.target):
                stopped = self.ledger.outcomes[parent.target]
                if stopped.status is Status.BUILT:
                    continue
                failed = stopped.status is Status.FAILED
                why = f"builds on {parent.target}, which failed: {stopped.error}" if failed else stopped.error
                self.ledger.finish(name, Status.NOT_BUILT, error=why)
                return True
        return False

    def _bake_targets(
        self, order: BakeOrder, graph: Mapping[str, tuple[str, ...]], done: Callable[[TargetDone], None]
    ) -> None:
        bake_all(
            order, graph, listener=self.ledger.listener, done=done, retried=self.ledger.retried, retries=self.retries
        )

    def _done(self, done: TargetDone) -> None:
        if done.status is Status.BUILT:
            self.ledger.built(done.target, done.digest, done.names)
        else:
            self.ledger.finish(done.target, done.status, done.digest, done.names, done.error)


def _write(path: Path, text: str) -> None:
    """Writes a file; an error names it, as that of a full disk does not by itself."""
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(path)) from None
