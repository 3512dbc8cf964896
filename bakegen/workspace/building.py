"""Carries a build out: tags what is there, bakes the rest, and tells of it. What it does was decided by `preparing`."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.bake.jsonfile import write_json
from bakegen.building.decide import generations, selection_file
from bakegen.building.model import Action, Event, Happening, Outcome, Status
from bakegen.building.progress import Progress
from bakegen.errors import EngineError
from bakegen.workspace.artifact_building import make, not_built, skipped
from bakegen.workspace.baking import BakeOrder
from bakegen.workspace.batches import bake_all
from bakegen.workspace.files import Changes
from bakegen.workspace.key_images import retag
from bakegen.workspace.late_caches import LateCaches
from bakegen.workspace.rescue import Rescue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bakegen.building.model import StepTime
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
        outcomes: what became of the targets so far.
        problems: what went wrong beside targets: a tag that could not be written, a cache that was not.
        rescue: what was kept of targets that were not built.
    """

    workspace: Workspace
    prepared: Prepared
    tell: Callable[[Event], None]
    builder: str | None = None
    allow: tuple[str, ...] = ()
    retries: int = 2
    grace: float = 60.0
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    rescue: Rescue = field(default_factory=Rescue)
    _began: float = field(default_factory=time.monotonic)
    _courses: dict[str, Progress] = field(default_factory=dict)
    _ready: dict[str, float] = field(default_factory=dict)
    _pulled_by: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    _ran: dict[str, dict[str, StepTime]] = field(default_factory=dict)
    _files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        self._min_buildx = self.workspace.project.settings.min_buildx.value
        self._caches = LateCaches(self.prepared, self._min_buildx)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def run(self) -> None:
        """Does all of it; what is over when an exception goes through stands in `outcomes`.

        Raises:
            EngineError: there is no engine, or it fails as a whole.
        """
        for one in (*self.prepared.decisions.values(), *self.prepared.artifacts.values()):
            facts = {"decision": str(one.action), "why": one.why, "key": one.key}
            self._tell(Happening.DECIDED, one.target, facts)
        self._skip()
        if not self.prepared.built and all(one.action is Action.SKIP for one in self.prepared.artifacts.values()):
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
        built = {
            name: (one.references[0], one.digest)
            for name, one in self.outcomes.items()
            if name in self.prepared.pushes and one.status is Status.BUILT and one.digest and one.references
        }
        laid = selection_file(self.prepared.decisions, self.prepared.plan, built)
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
        self._late_done()
        for name, decision in self.prepared.decisions.items():
            if name in self.outcomes:
                continue
            pushed = self._courses[name].pushed(name) if name in self._courses else {}
            if pushed and len(pushed) >= len(decision.tags) + bool(decision.key):
                self._finish(name, Status.BUILT, next(iter(pushed.values())), tuple(pushed))
            else:
                self._finish(name, Status.NOT_BUILT, next(iter(pushed.values()), ""), tuple(pushed), why)
        for title, decision in self.prepared.artifacts.items():
            if title not in self.outcomes:
                self._made(not_built(self.prepared.plan.artifacts[title], decision, why))

    # --- what is there

    def _skip(self) -> None:
        skipped = [self.prepared.decisions[name] for name in self.prepared.skipped]
        wanted = {
            f"{one.found}@{one.digest}": one.tags for one in skipped if one.tags and one.target in self.prepared.pushes
        }
        failures: dict[str, str] = {}
        for reference, tagged in retag(wanted, manifests=self.prepared.looked.manifests).items():
            if tagged.failure:
                failures[reference] = tagged.failure
                self.problems.append(f"{reference} could not be tagged: {tagged.failure}")
        for one in skipped:
            pushed = one.target in self.prepared.pushes
            tags = tuple(tag for tag in one.tags if pushed and tag not in failures)
            self.outcomes[one.target] = Outcome(
                one.target,
                Status.SKIPPED,
                one.key,
                one.digest,
                (*tags, one.found),
                self.prepared.plan.targets[one.target].platforms,
                ready=self.seconds,
            )
            self._tell(Happening.READY, one.target, {"reference": (*tags, one.found)[0], "digest": one.digest})
            self._tell(Happening.DONE, one.target, {"status": str(Status.SKIPPED)})

    # --- artifacts

    def _artifacts(self, files: tuple[Path, ...], folder: Path, inside: frozenset[str]) -> None:
        """Those of the targets in `inside`, after these: most of their stages are built then."""
        for title, decision in self.prepared.artifacts.items():
            artifact = self.prepared.plan.artifacts[title]
            if artifact.owner not in inside:
                continue
            if decision.action is Action.SKIP:
                self._made(skipped(artifact, decision, self.seconds))
                continue
            owner = self.outcomes.get(artifact.owner)
            if owner is not None and owner.status in (Status.FAILED, Status.NOT_BUILT):
                self._made(not_built(artifact, decision, f"belongs to {artifact.owner}, which was not built"))
                continue
            self._tell(Happening.STARTED, title, {})
            order = BakeOrder(files, (), self.workspace.root, self.builder, self.allow)
            again = partial(self._again, title)
            self._made(
                make(
                    artifact,
                    decision,
                    order,
                    folder,
                    retries=self.retries,
                    retried=again,
                    clock=lambda: self.seconds,
                    min_buildx=self._min_buildx,
                )
            )

    def _again(self, title: str, names: tuple[str, ...], why: str, seconds: float) -> None:
        self._retried((title,), why, seconds)

    def _made(self, outcome: Outcome) -> None:
        self.outcomes[outcome.target] = outcome
        if outcome.digest:
            facts = {"reference": outcome.references[0], "digest": outcome.digest}
            self._tell(Happening.READY, outcome.target, facts)
        facts = {"status": str(outcome.status), **({"error": outcome.error} if outcome.error else {})}
        self._tell(Happening.DONE, outcome.target, facts)

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
        for name, progress in self._courses.items():
            self.rescue.hear(name, progress)
        self.rescue.keep(replace(self._order(()), timeout=seconds), inside & self.prepared.writes, self.prepared.twins)

    def _order(self, names: Iterable[str]) -> BakeOrder:
        return BakeOrder(self._with_selection(), tuple(names), self.workspace.root, self.builder, self.allow)

    def _bake(self, inside: frozenset[str]) -> None:
        built = [name for name in self.prepared.built if name in inside]
        for names in generations(built, self.prepared.plan, self.prepared.pushes):
            self._bake_images([name for name in names if not self._stopped(name)], inside)
        ready = [name for name in built if self.outcomes[name].status is Status.BUILT]
        self._caches.write(
            self._order(ready),
            tell=self._hear_cache,
            done=self._cache_done,
            clock=lambda: self.seconds,
            retries=self.retries,
        )
        self._late_done()

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

    def _hear_cache(self, event: Event) -> None:
        if event.target in self.outcomes:
            written = self._caches.written.get(event.target, ())
            self.outcomes[event.target] = replace(self.outcomes[event.target], caches=written)
        self.tell(event)

    def _cache_done(self, done: TargetDone) -> None:
        self.rescue.through.add(done.target)
        if done.status is not Status.BUILT:
            self.problems.append(f"the cache of {done.target} was not written: {done.error}")

    def _late_done(self) -> None:
        """Nothing more will happen to images that were waiting for their caches alone."""
        for name in sorted(self._caches.late & self.outcomes.keys()):
            if self.outcomes[name].status is Status.BUILT:
                self._tell(Happening.DONE, name, {"status": str(Status.BUILT)})
        self._caches.late.clear()

    def _stages(self, built: Sequence[str], inside: frozenset[str]) -> dict[str, list[str]]:
        """The targets that write caches of stages of what is built, each with the images that have that stage."""
        users: dict[str, list[str]] = {}
        for name in built:
            for stage in self.prepared.plan.stages_of(name):
                for target in (stage, *self.prepared.twins.get(stage, ())):
                    if target in inside & self.prepared.writes and target not in self.rescue.through:
                        users.setdefault(target, []).append(name)
        return users

    def _stage_done(self, users: Mapping[str, Sequence[str]], done: TargetDone) -> None:
        """A stage that fails is not tried once more as a part of its images."""
        if done.status is Status.BUILT:
            self.rescue.through.add(done.target)
        for image in users[done.target]:
            self._remember(done.target, image)
            if done.status is not Status.BUILT and image not in self.outcomes:
                self._finish(image, Status.FAILED, error=done.error)

    def _remember(self, name: str, image: str) -> None:
        """Keeps what ran for a target in a bake that is over: it is cached in the next one."""
        progress = self._courses.get(name)
        if progress is not None:
            ran = {step.name: step for step in progress.steps(name) if not step.cached}
            self._ran.setdefault(image, {}).update(ran)

    def _stopped(self, name: str) -> bool:
        """Whether a target cannot be built because a stage of it, or what it builds on, has failed."""
        if name in self.outcomes:
            return True
        for parent in self.prepared.plan.targets[name].parents:
            if parent.target in self.prepared.built and self._stopped(parent.target):
                stopped = self.outcomes[parent.target]
                if stopped.status is Status.BUILT:
                    continue
                failed = stopped.status is Status.FAILED
                why = f"builds on {parent.target}, which failed: {stopped.error}" if failed else stopped.error
                self._finish(name, Status.NOT_BUILT, error=why)
                return True
        return False

    def _bake_targets(
        self, order: BakeOrder, graph: Mapping[str, tuple[str, ...]], done: Callable[[TargetDone], None]
    ) -> None:
        bake_all(order, graph, listener=self._listener, done=done, retried=self._retried, retries=self.retries)

    def _listener(self, names: tuple[str, ...]) -> Callable[[str], None]:
        linked = [name for name in self.prepared.built if name not in names]
        progress = Progress((*names, *linked) if len(names) > 1 or linked else names)
        for name in (*names, *linked):
            self._remember(name, name)
            if name in self._courses:
                self.rescue.hear(name, self._courses[name])
            self._courses[name] = progress

        def listen(line: str) -> None:
            for event in progress.feed(line, self.seconds):
                if event.what is Happening.CACHED:
                    self._hear_cache(self._caches.hear(event))
                elif event.target in self.prepared.decisions:
                    if event.what is Happening.READY:
                        pushed = progress.pushed(event.target)
                        self._is_ready(event.target, event.at, str(event.facts["digest"]), tuple(pushed))
                    self.tell(event)

        return listen

    def _retried(self, names: tuple[str, ...], why: str, seconds: float) -> None:
        for name in names:
            self._tell(Happening.RETRY, name, {"why": why, "seconds": seconds})

    def _done(self, done: TargetDone) -> None:
        if done.status is Status.BUILT and done.target not in self._caches.late:
            self.rescue.through.add(done.target)
        if done.status is Status.BUILT and done.target in self.prepared.pushes and done.target not in self._ready:
            # An engine that does not tell when an image can be pulled: now it surely can.
            self._is_ready(done.target, self.seconds, done.digest, done.names)
            reference = done.names[0] if done.names else ""
            self._tell(Happening.READY, done.target, {"reference": reference, "digest": done.digest})
        self._finish(done.target, done.status, done.digest, done.names, done.error)

    def _is_ready(self, name: str, at: float, digest: str, references: tuple[str, ...]) -> None:
        self._ready.setdefault(name, at)
        self._pulled_by[name] = (digest, references)

    @property
    def so_far(self) -> dict[str, Outcome]:
        """What became of the targets so far; those that can be pulled are among them, though they are not done."""
        ready = {name: found for name, found in self._pulled_by.items() if name not in self.outcomes}
        return self.outcomes | {name: self._outcome(name, Status.BUILT, *found) for name, found in ready.items()}

    def _finish(
        self, name: str, status: Status, digest: str = "", references: tuple[str, ...] = (), error: str = ""
    ) -> None:
        self.outcomes[name] = self._outcome(name, status, digest, references, error)
        if status is Status.BUILT and name in self._caches.late:
            return
        self._tell(Happening.DONE, name, {"status": str(status), **({"error": error} if error else {})})

    def _outcome(
        self, name: str, status: Status, digest: str = "", references: tuple[str, ...] = (), error: str = ""
    ) -> Outcome:
        progress = self._courses.get(name)
        # What ran a moment ago, for its stages or before another target failed, is cached now.
        ran = self._ran.get(name, {})
        steps = tuple(ran.get(step.name, step) for step in progress.steps(name)) if progress is not None else ()
        failed = progress.failed_step(name) if progress is not None else None
        return Outcome(
            name,
            status,
            self.prepared.decisions[name].key,
            digest,
            tuple(sorted(references, key=lambda one: one not in self.prepared.decisions[name].tags)),
            self.prepared.plan.targets[name].platforms,
            progress.seconds(name) if progress is not None else 0.0,
            self._ready.get(name),
            steps,
            error,
            failed.log if failed is not None else "",
            self._caches.written.get(name, ()),
        )

    def _tell(self, what: Happening, target: str, facts: Mapping[str, object]) -> None:
        self.tell(Event(what, self.seconds, target, facts))


def _write(path: Path, text: str) -> None:
    """Writes a file; an error names it, as that of a full disk does not by itself."""
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(path)) from None
