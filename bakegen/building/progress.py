"""What a running bake tells, line by line, as events of targets: begun, steps, ready, cache written, failed.

`bakegen.building.stream` reads the lines, this decides what they mean for a target; no line makes it raise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.building.failures import Kind, kind
from bakegen.building.model import Event, Happening, StepTime
from bakegen.building.stream import earlier, instant, later, merge, read_line, seconds_between, stage_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.stream import Status, Step

_OF_TARGET = re.compile(r"^\[(?P<target>[^\] ]+)(?P<more> [^\]]*)?\] ")
_OF_BAKE = re.compile(r"^\[internal\] (load (local|remote) bake definitions|booting buildkit)")
_UNNAMED = re.compile(r"^\[internal\] load (build definition|git source|remote build context)")
"""How every build begins; in a bake of several targets it bears the name of one."""
_BRACKETS = re.compile(r"^\[[^\]]*\] ")
_PUSHED = re.compile(r"^pushing manifest for (?P<reference>.+)@(?P<digest>sha256:[0-9a-f]{64})$")
_CACHE = re.compile(r"^writing cache (?:image )?manifest (?P<digest>sha256:[0-9a-f]{64})$")
_SAID = re.compile(r"^ERROR: (?:target (?P<target>[^ :]+): )?(?:failed to (?:solve|build): )*(?P<error>.+)$")
_PROCESS = re.compile(r'^process ".*" did not complete successfully: (?P<rest>[^"]+)$', re.DOTALL)
_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_STATES = ("", "started", "cancelled", "failed", "done")
"""What a step comes to; a later one is told after an earlier one, never the other way round."""
_LOG_LINES = 20
_LOG_BYTES = 16384


@dataclass(frozen=True, slots=True)
class FailedStep:
    """The step that made a target fail.

    Attributes:
        name: what the Dockerfile says, or what BuildKit calls a step of its own; "" where it was no step.
        error: what BuildKit says about it, in one line.
        log: the last lines that it printed, without their colours.
    """

    name: str
    error: str
    log: str


@dataclass(slots=True)
class _Course:
    """What one target is at; times are those of its own lines, as buildx shifts the clock of each target a little."""

    target: str
    steps: dict[str, Step] = field(default_factory=dict)
    latest: dict[str, Step] = field(default_factory=dict)
    """The steps as they were told last, whatever they came to before."""
    counted: dict[str, None] = field(default_factory=dict)
    """Its instructions but `FROM`."""
    told: dict[str, str] = field(default_factory=dict)
    """The last state that an event told of a step."""
    begun: bool = False
    started: str | None = None
    completed: str | None = None
    pushed: dict[str, str] = field(default_factory=dict)
    ready: float | None = None
    failed: FailedStep | None = None
    failed_digest: str = ""

    def take(self, step: Step) -> Step:
        """Takes over a newer state of a step, and what it means for the time of the target."""
        self.started = earlier(self.started, step.started)
        self.completed = later(self.completed, step.completed)
        self.latest[step.digest] = step
        if step.counts:
            self.counted[step.digest] = None
        return merge(self.steps, step)

    def in_order(self) -> list[Step]:
        """Its instructions but `FROM`, in the order in which they were done.

        BuildKit names what it needs after what needs it, and steps from a cache all begin and end at once.
        """
        named = [self.steps[digest] for digest in reversed(self.counted)]
        return sorted(named, key=lambda step: instant(step.completed))


class Progress:
    """What the targets of one bake are at, from the lines of its progress stream.

    It tells `STARTED`, `STEP`, `READY`, `CACHED` and `FAILED`; that a target is done is known only when bake ends, so
    whoever runs bake tells `DONE`. Facts of the events:

    - `STEP`: ``step`` (its name), ``phase`` ("step", "image" for the export, "cache" for the cache's export), ``state``
      ("started", "done", "failed"), ``cached``, ``seconds``, ``done`` and ``total`` (steps of the target so far);
    - `READY`: ``reference``, ``digest``, one event for each reference;
    - `CACHED`: ``seconds`` of the export, ``digest`` of its manifest where it has one; where it fails only a `STEP`
      tells, with ``error``: the image is not worse;
    - `FAILED`: ``step``, ``error``, ``log``; once for a target, and not where it was only cancelled with others.

    Texts are as they came: whoever shows or keeps them masks and escapes (`bakegen.building.masking`).

    Attributes:
        other: the lines that are not of the stream: what buildx says itself.
    """

    def __init__(self, targets: Iterable[str]) -> None:
        """Begins with the names of all the targets that bake may build, linked ones too; the first is surely built."""
        self.other: list[str] = []
        self._courses = {target: _Course(target) for target in targets}
        self._first = next(iter(self._courses), None)
        self._alone = len(self._courses) == 1
        self._holders: dict[str, list[_Course]] = {}
        """The courses that a step is of."""
        self._logs: dict[str, bytes] = {}
        self._pushing: dict[str, dict[str, str]] = {}
        self._writing: dict[str, str] = {}
        """The digest of the cache that a step writes."""

    def feed(self, line: str, at: float) -> list[Event]:
        """Takes a line that came `at` seconds after the build began; no line makes it raise."""
        update = read_line(line)
        if update is None:
            self.other.append(line)
            return self._said(line, at)
        for log in update.logs:
            self._logs[log.step] = (self._logs.get(log.step, b"") + log.data)[-_LOG_BYTES:]
        for status in update.statuses:
            self._keep_status(status)
        events = [event for step in update.steps for event in self._step(step, at)]
        late = {status.step for status in update.statuses if status.step in self._pushing}
        return events + [event for digest in sorted(late) for event in self._pushed(digest, at)]

    def steps(self, target: str) -> tuple[StepTime, ...]:
        """The completed instructions of a target but `FROM`, in the order in which they were done.

        One that ran for any target is not cached, though those that came later did not have to wait for it.
        """
        return tuple(
            StepTime(step.instruction, self._cached(step.digest), step.seconds, stage_of(step.name, target))
            for step in self._courses[target].in_order()
            if step.done
        )

    def instructions(self, target: str) -> tuple[Step, ...]:
        """All instructions of a target as they stand, done or not; one that ran for any target is not cached."""
        found = (step for step in self._courses[target].steps.values() if step.instruction)
        return tuple(replace(step, cached=step.done and self._cached(step.digest)) for step in found)

    def failed_step(self, target: str) -> FailedStep | None:
        """The step that made a target fail; None where none did or where it was only cancelled with others."""
        course = self._courses[target]
        return course.failed and replace(course.failed, log=self._log(course.failed_digest))

    def seconds(self, target: str) -> float:
        """From the begin of the first step of a target to the end of its last, by the engine's clock."""
        course = self._courses[target]
        return seconds_between(course.started, course.completed)

    def pushed(self, target: str) -> dict[str, str]:
        """What of a target can be pulled: reference -> digest; not every engine tells it."""
        return dict(self._courses[target].pushed)

    def ready(self, target: str) -> float | None:
        """When the first reference of a target could be pulled, in the seconds given to `feed`; None where unknown."""
        return self._courses[target].ready

    def _target(self, name: str) -> str | None:
        """The target that a vertex is of: buildx writes its name only where there are several."""
        if _OF_BAKE.match(name):
            return None
        self._alone = self._alone or _UNNAMED.match(name) is not None
        if self._alone:
            return self._first
        found = _OF_TARGET.match(name)
        return found["target"] if found and found["target"] in self._courses else None

    def _keep_status(self, status: Status) -> None:
        """Notes what is pushed: a status completes where the push fails too, so only the step's end makes it true."""
        found = _PUSHED.match(status.text)
        if found and status.completed:
            self._pushing.setdefault(status.step, {})[found["reference"]] = found["digest"]
        elif cache := _CACHE.match(status.text):
            self._writing[status.step] = cache["digest"]

    def _pushed(self, digest: str, at: float) -> list[Event]:
        """What the end of an export makes true: its last one, as some begin again to push; a status may come behind."""
        events: list[Event] = []
        for course in self._holders.get(digest, ()):
            if not course.latest[digest].done:
                continue
            for reference, image in self._pushing.pop(digest, {}).items():
                course.pushed[reference] = image
                course.ready = at if course.ready is None else course.ready
                events.append(Event(Happening.READY, at, course.target, {"reference": reference, "digest": image}))
        return events

    def _cached(self, digest: str) -> bool:
        """Whether no target had to run a step; their clocks, which differ, are not compared."""
        own = [course.steps[digest] for course in self._holders[digest]]
        return all(step.cached for step in own if step.completed is not None)

    def _step(self, now: Step, at: float) -> list[Event]:
        target = self._target(now.name)
        if target is None:
            return []
        course = self._courses[target]
        if now.digest not in course.steps:
            self._holders.setdefault(now.digest, []).append(course)
        step = course.take(now)
        events: list[Event] = []
        if step.started is not None and not course.begun:
            course.begun = True
            events.append(Event(Happening.STARTED, at, target))
        text = _text(step)
        phase, state = _phase(step, text), _state(step)
        if phase and _STATES.index(state) > _STATES.index(course.told.get(step.digest, "")):
            course.told[step.digest] = state
            events.append(Event(Happening.STEP, at, target, self._facts(course, step, phase, state)))
            if state == "done" and phase == "cache":
                written = {"digest": self._writing[step.digest]} if step.digest in self._writing else {}
                events.append(Event(Happening.CACHED, at, target, {**written, "seconds": step.seconds}))
        if phase == "image":
            events += self._pushed(step.digest, at)
        if state == "failed" and phase != "cache" and not text.startswith("importing cache"):
            events += self._failed(target, text, step.error, step.digest, at)
        return events

    def _facts(self, course: _Course, step: Step, phase: str, state: str) -> dict[str, object]:
        facts: dict[str, object] = {
            "step": _text(step),
            "phase": phase,
            "state": state,
            "cached": step.cached and self._cached(step.digest),
            "seconds": step.seconds,
            "done": sum(course.steps[digest].done for digest in course.counted),
            "total": len(course.counted),
        }
        return facts | ({"error": _reason(step.error)} if step.error else {})

    def _said(self, line: str, at: float) -> list[Event]:
        """What buildx says itself at its end: the only word about a Dockerfile that cannot be read."""
        found = _SAID.match(line.rstrip("\r\n"))
        target = found and (found["target"] or (self._first if self._alone else None))
        if not found or not target or target not in self._courses or kind(found["error"]) is Kind.CANCELLED:
            return []
        return self._failed(target, "", found["error"], "", at)

    def _failed(self, target: str, name: str, error: str, digest: str, at: float) -> list[Event]:
        course = self._courses[target]
        if course.failed is not None:
            return []
        course.failed = FailedStep(name, _reason(error), "")
        course.failed_digest = digest
        facts = {"step": name, "error": _reason(error), "log": self._log(digest)}
        return [Event(Happening.FAILED, at, target, facts)]

    def _log(self, digest: str) -> str:
        """The last lines of what a step printed; a bar that was drawn over and over again as it was last."""
        text = _COLOURS.sub("", self._logs.get(digest, b"").decode("utf-8", "replace")).strip("\r\n")
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
        return "\n".join(lines[-_LOG_LINES:])


def _text(step: Step) -> str:
    """What the Dockerfile says, or what BuildKit calls a step of its own."""
    return step.instruction or _BRACKETS.sub("", step.name, count=1)


def _phase(step: Step, text: str) -> str:
    """Which part of a target's build a step is of; "" for what only prepares others."""
    if step.counts:
        return "step"
    if step.instruction:
        return ""
    return "cache" if text.startswith("exporting cache") else "image" if text.startswith("exporting to ") else ""


def _state(step: Step) -> str:
    if step.error:
        return "cancelled" if kind(step.error) is Kind.CANCELLED else "failed"
    return "done" if step.completed is not None else "started" if step.started is not None else ""


def _reason(error: str) -> str:
    """An error in one line; which command it was is said by the name of the step."""
    found = _PROCESS.match(error)
    return " ".join((found["rest"] if found else error).split())
