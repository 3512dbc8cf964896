"""What became of the targets of a build so far, put together from the progress of its bakes, and told as it happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.building.model import Event, Happening, Outcome, Status
from bakegen.building.progress import Progress
from bakegen.workspace.rescue import Rescue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.building.model import StepTime
    from bakegen.workspace.late_caches import LateCaches
    from bakegen.workspace.preparing import Prepared


@dataclass
class Ledger:
    """The books of one build.

    Attributes:
        prepared: what is built.
        caches: those that are written when images are ready.
        tell: told every event, from the thread that builds.
        outcomes: what became of the targets so far.
        problems: what went wrong beside targets: a tag that could not be written, a cache that was not.
        remarks: what people should know and what is no failure: a cache that only others would have read.
        rescue: what is known of targets that are not through, and what was kept of them.
    """

    prepared: Prepared
    caches: LateCaches
    tell: Callable[[Event], None]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rescue: Rescue = field(default_factory=Rescue)
    _began: float = field(default_factory=time.monotonic)
    _courses: dict[str, Progress] = field(default_factory=dict)
    _ready: dict[str, float] = field(default_factory=dict)
    _pulled_by: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    _ran: dict[str, dict[str, StepTime]] = field(default_factory=dict)

    def seconds(self) -> float:
        """How long the build has taken so far."""
        return time.monotonic() - self._began

    @property
    def so_far(self) -> dict[str, Outcome]:
        """What became of the targets so far; those that can be pulled are among them, though they are not done."""
        ready = {name: found for name, found in self._pulled_by.items() if name not in self.outcomes}
        return self.outcomes | {name: self._outcome(name, Status.BUILT, *found) for name, found in ready.items()}

    @property
    def pushed(self) -> dict[str, tuple[str, str]]:
        """The targets that are built and in their registry: a reference of each, and the digest."""
        return {
            name: (one.references[0], one.digest)
            for name, one in self.outcomes.items()
            if name in self.prepared.pushes and one.status is Status.BUILT and one.digest and one.references
        }

    def say(self, what: Happening, target: str, facts: Mapping[str, object]) -> None:
        """Tells an event that happens now."""
        self.tell(Event(what, self.seconds(), target, facts))

    # --- what bakes tell

    def listener(self, names: tuple[str, ...]) -> Callable[[str], None]:
        """What listens to a bake of these targets, line by line; what was known of them from an earlier one is kept."""
        linked = [name for name in self.prepared.built if name not in names]
        progress = Progress((*names, *linked) if len(names) > 1 or linked else names)
        for name in (*names, *linked):
            self.remember(name, name)
            if name in self._courses:
                self.rescue.hear(name, self._courses[name])
            self._courses[name] = progress

        def listen(line: str) -> None:
            for event in progress.feed(line, self.seconds()):
                if event.what is Happening.CACHED:
                    self.hear_cache(self.caches.hear(event))
                elif event.target in self.prepared.decisions:
                    if event.what is Happening.READY:
                        pushed = progress.pushed(event.target)
                        self._is_ready(event.target, event.at, str(event.facts["digest"]), tuple(pushed))
                    self.tell(event)

        return listen

    def follow(self, names: Iterable[str], progress: Progress) -> None:
        """Targets are baked for their caches alone, and run steps of which no bake of images has told."""
        self._courses.update(dict.fromkeys(names, progress))

    def remember(self, name: str, image: str) -> None:
        """Keeps what ran for a target in a bake that is over: it is cached in the next one."""
        progress = self._courses.get(name)
        if progress is not None:
            ran = {step.name: step for step in progress.steps(name) if not step.cached}
            self._ran.setdefault(image, {}).update(ran)

    def hear_cache(self, event: Event) -> None:
        """Something that happened to the cache of an image."""
        if event.target in self.outcomes:
            written = self.caches.written.get(event.target, ())
            self.outcomes[event.target] = replace(self.outcomes[event.target], caches=written)
        self.tell(event)

    def heard(self) -> Rescue:
        """What is known of targets that are not through, up to now."""
        for name, progress in self._courses.items():
            self.rescue.hear(name, progress)
        return self.rescue

    def retried(self, names: tuple[str, ...], why: str, seconds: float) -> None:
        """Targets are tried again in so many seconds."""
        for name in names:
            self.say(Happening.RETRY, name, {"why": why, "seconds": seconds})

    # --- what becomes of targets

    def built(self, name: str, digest: str, references: tuple[str, ...]) -> None:
        """A target is built; where it is pushed, it can be pulled now at the latest."""
        if name not in self.caches.late:
            self.rescue.through.add(name)
        if name in self.prepared.pushes and name not in self._ready:
            # An engine that does not tell when an image can be pulled: now it surely can.
            self._is_ready(name, self.seconds(), digest, references)
            self.say(Happening.READY, name, {"reference": references[0] if references else "", "digest": digest})
        self.finish(name, Status.BUILT, digest, references)

    def finish(
        self, name: str, status: Status, digest: str = "", references: tuple[str, ...] = (), error: str = ""
    ) -> None:
        """What became of a target; one whose cache is still to be written is told of by `caches_done`."""
        self.outcomes[name] = self._outcome(name, status, digest, references, error)
        if status is Status.BUILT and name in self.caches.late:
            return
        self.say(Happening.DONE, name, {"status": str(status), **({"error": error} if error else {})})

    def stage_failed(self, stage: str, image: str, error: str) -> None:
        """An image cannot be built, because a stage of it failed that was baked first: its step is the image's."""
        progress = self._courses.get(stage)
        failed = progress.failed_step(stage) if progress is not None else None
        if failed is not None:
            facts = {"step": failed.name, "error": failed.error, "log": failed.log}
            self.say(Happening.FAILED, image, facts)
        outcome = self._outcome(image, Status.FAILED, error=error)
        self.outcomes[image] = replace(outcome, log=failed.log) if failed is not None else outcome
        self.say(Happening.DONE, image, {"status": str(Status.FAILED), "error": error})

    def add(self, outcome: Outcome) -> None:
        """What became of something that no bake has told of: an image that is there already, an artifact."""
        self.outcomes[outcome.target] = outcome
        if outcome.digest:
            facts = {"reference": outcome.references[0], "digest": outcome.digest}
            self.say(Happening.READY, outcome.target, facts)
        if outcome.target in self.caches.late:
            return
        facts = {"status": str(outcome.status), **({"error": outcome.error} if outcome.error else {})}
        self.say(Happening.DONE, outcome.target, facts)

    def caches_done(self, names: Iterable[str]) -> None:
        """Nothing more will happen to those of these images that were waiting for their caches alone."""
        waiting = self.caches.late.intersection(names)
        for name in sorted(waiting & self.outcomes.keys()):
            status = self.outcomes[name].status
            if status in (Status.BUILT, Status.SKIPPED):
                self.say(Happening.DONE, name, {"status": str(status)})
        self.caches.late -= waiting

    def give_up(self, why: str) -> None:
        """Each target that has no outcome yet was not built, unless the engine has told that all of it is pushed."""
        self.caches_done(self.caches.late)
        for name, decision in self.prepared.decisions.items():
            if name in self.outcomes:
                continue
            pushed = self._courses[name].pushed(name) if name in self._courses else {}
            if pushed and len(pushed) >= len(decision.tags) + bool(decision.key):
                self.finish(name, Status.BUILT, next(iter(pushed.values())), tuple(pushed))
            else:
                self.finish(name, Status.NOT_BUILT, next(iter(pushed.values()), ""), tuple(pushed), why)

    def _is_ready(self, name: str, at: float, digest: str, references: tuple[str, ...]) -> None:
        self._ready.setdefault(name, at)
        self._pulled_by[name] = (digest, references)

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
            self.caches.written.get(name, ()),
        )
