"""Reads BuildKit's own progress stream (`--progress=rawjson`): lines into the steps of the build graph as they stand.

The stream is one JSON object a line with `vertexes`, `statuses`, `logs` and `warnings` (BuildKit's client.SolveStatus,
client/graph.go); a vertex comes again whenever its state changes, and buildx adds the target's name to its name when a
bake has several targets.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

_NAME = re.compile(r"^\[(?P<words>[^\]]*?) ?\b(?P<number>\d+)/(?P<count>\d+)\] (?P<text>.*)$", re.DOTALL)
_KEYS = ("vertexes", "statuses", "logs", "warnings")


@dataclass(frozen=True, slots=True)
class Step:
    """One vertex of the build graph in its last reported state."""

    digest: str
    names: tuple[str, ...]
    """What the targets that have this step call it; nearly always one name."""
    started: str | None = None
    completed: str | None = None
    cached: bool = False
    error: str = ""

    @property
    def name(self) -> str:
        """What the step was called first."""
        return self.names[0]

    @property
    def label(self) -> tuple[str, ...]:
        """The words before the counter in `[target linux/amd64 stage 2/5] RUN …`; empty for internal steps."""
        return label_of(self.name)

    @property
    def instruction(self) -> str:
        """The Dockerfile instruction this step runs; '' for BuildKit's internal steps, exports and imports."""
        found = _NAME.match(self.name)
        return found["text"] if found else ""

    @property
    def counts(self) -> bool:
        """Whether the step is an instruction of a Dockerfile that does work: not `FROM`, which resolves an image."""
        return bool(self.instruction) and not self.instruction.startswith("FROM ")

    @property
    def done(self) -> bool:
        """Whether it completed without an error."""
        return self.completed is not None and not self.error

    @property
    def executed(self) -> bool:
        """Whether it really ran: complete and not taken from a cache."""
        return self.done and not self.cached

    @property
    def seconds(self) -> float:
        """From its begin to its end; 0 where it has not completed."""
        return seconds_between(self.started, self.completed)


@dataclass(frozen=True, slots=True)
class Status:
    """A part of what a step of BuildKit's own does: `pushing manifest for …`, `exporting layers`."""

    step: str
    """The digest of the step."""
    text: str
    completed: bool


@dataclass(frozen=True, slots=True)
class Log:
    """Some of what a step printed; a chunk may end in the middle of a line and of a character."""

    step: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """What one line of the stream tells, in its order."""

    steps: tuple[Step, ...] = ()
    statuses: tuple[Status, ...] = ()
    logs: tuple[Log, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instruction stands, by the name of its step: ``[target linux/amd64 stage 2/5] RUN …``.

    Attributes:
        platform, stage: "" where the name has none: of a Dockerfile with one stage, which is not named.
        number, count: ``2`` and ``5``.
        text: the instruction.
    """

    platform: str
    stage: str
    number: int
    count: int
    text: str


def place_of(name: str) -> Place | None:
    """Where the step `name` stands in its Dockerfile; None for steps that are no instructions.

    A bake of several targets puts the name of the target first, so a stage without a name may seem to bear that.
    """
    found = _NAME.match(name)
    if found is None:
        return None
    words = found["words"].split()
    platform = next((word for word in words if "/" in word), "")
    stage = words[-1] if words and words[-1] != platform else ""
    return Place(platform, stage, int(found["number"]), int(found["count"]), found["text"])


def stage_of(name: str, target: str) -> str:
    """The stage of a step; "" of steps that are no instructions, and where only the target is named."""
    place = place_of(name)
    return place.stage if place is not None and (place.stage != target or len(label_of(name)) > 1) else ""


def label_of(name: str) -> tuple[str, ...]:
    """The words before the counter in the name of a step; empty for internal steps."""
    found = _NAME.match(name)
    return tuple(found["words"].split()) if found else ()


def read_line(line: str) -> Update | None:
    """What a line of the stream tells; None where it is not of the stream."""
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not any(key in event for key in _KEYS):
        return None
    return Update(
        tuple(_step(each) for each in _objects(event, "vertexes") if isinstance(each.get("digest"), str)),
        tuple(
            Status(str(each.get("vertex", "")), str(each.get("id", "")), bool(each.get("completed")))
            for each in _objects(event, "statuses")
        ),
        tuple(Log(str(each.get("vertex", "")), _bytes(each.get("data"))) for each in _objects(event, "logs")),
    )


def _objects(event: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = event.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _step(vertex: dict[str, Any]) -> Step:
    return Step(
        vertex["digest"],
        (str(vertex.get("name", "")),),
        _time(vertex.get("started")),
        _time(vertex.get("completed")),
        vertex.get("cached") is True,
        str(vertex.get("error") or ""),
    )


def _time(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _bytes(data: object) -> bytes:
    try:
        return b64decode(data) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return b""


def merge(steps: dict[str, Step], now: Step) -> Step:
    """Takes over a newer state of a step and returns what it comes to; its first completion tells if it was cached.

    A step may complete again: one that two targets share is cached for the second, and one found in a registry cache
    starts a second time, no longer "cached", when its layers are fetched at last.
    """
    before = steps.get(now.digest)
    if before is None:
        steps[now.digest] = now
        return now
    names = before.names + tuple(name for name in now.names if name not in before.names)
    decided = before if instant(before.completed) <= instant(now.completed) else now
    if decided.completed is None:
        decided = now
    merged = replace(decided, names=names, error=before.error or now.error)
    steps[now.digest] = merged
    return merged


def seconds_between(first: str | None, last: str | None) -> float:
    """The seconds from one timestamp of the stream to another, at least 0; 0 where one is missing or unreadable."""
    if first is None or last is None:
        return 0.0
    try:
        return max(0.0, (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def earlier(first: str | None, other: str | None) -> str | None:
    """The earlier of two timestamps; one that is missing is later than any."""
    return first if instant(first) <= instant(other) else other


def later(first: str | None, other: str | None) -> str | None:
    """The later of two timestamps; one that is missing is earlier than any."""
    if first is None or other is None:
        return first or other
    return first if instant(first) >= instant(other) else other


def instant(time: str | None) -> tuple[str, str]:
    """A timestamp as something to compare (its fraction has as many digits as it needs); none is later than any."""
    if time is None:
        return ("~", "")
    seconds, _, fraction = time.removesuffix("Z").partition(".")
    return (seconds, fraction.ljust(9, "0"))
