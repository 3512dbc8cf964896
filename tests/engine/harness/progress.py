"""Reads BuildKit's own progress stream (`--progress=rawjson`) into steps: what ran, what was cached, what failed.

The stream is one JSON object a line with `vertexes`, `statuses`, `logs` and `warnings` (BuildKit's client.SolveStatus,
client/graph.go); a vertex comes again whenever its state changes, and buildx adds the target's name to its name when a
bake has several targets.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

_NAME = re.compile(r"^\[(?P<words>[^\]]*?) ?\b(?P<number>\d+)/(?P<count>\d+)\] (?P<text>.*)$", re.DOTALL)


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
        return _label(self.name)

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


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What one build or bake did."""

    code: int
    steps: tuple[Step, ...]
    """Every vertex, in the order in which BuildKit first named them."""
    logs: str
    """What the steps printed."""
    stdout: str
    stderr: str
    """What buildx printed beside the progress stream: the errors."""
    metadata: dict[str, Any]
    """The metadata file, or {} where the build wrote none."""

    @property
    def instructions(self) -> tuple[Step, ...]:
        """The steps that are instructions of a Dockerfile, without `FROM`."""
        return tuple(step for step in self.steps if step.counts)

    @property
    def cached(self) -> tuple[Step, ...]:
        """The instructions taken from a cache."""
        return tuple(step for step in self.instructions if step.done and step.cached)

    @property
    def executed(self) -> tuple[Step, ...]:
        """The instructions that really ran to their end."""
        return tuple(step for step in self.instructions if step.executed)

    @property
    def failed(self) -> tuple[Step, ...]:
        """The steps of any kind that ended with an error."""
        return tuple(step for step in self.steps if step.error)

    def named(self, *words: str) -> tuple[Step, ...]:
        """The steps whose label (target, platform, stage) has every one of `words`."""
        return tuple(step for step in self.steps if any(set(words) <= set(_label(name)) for name in step.names))

    def matching(self, text: str) -> tuple[Step, ...]:
        """The steps whose name contains `text`."""
        return tuple(step for step in self.steps if any(text in name for name in step.names))


def _label(name: str) -> tuple[str, ...]:
    found = _NAME.match(name)
    return tuple(found["words"].split()) if found else ()


def read_progress(code: int, stdout: str, stderr: str, metadata: dict[str, Any]) -> BuildResult:
    """Reads the stream that buildx wrote to `stderr`; lines that are not of the stream stay text."""
    steps: dict[str, Step] = {}
    logs: list[str] = []
    other: list[str] = []
    for line in stderr.splitlines(keepends=True):
        event = _event(line)
        if event is None:
            other.append(line)
            continue
        for vertex in event.get("vertexes") or ():
            _merge(steps, vertex)
        for log in event.get("logs") or ():
            logs.append(_decoded(log.get("data", "")))
    return BuildResult(code, tuple(steps.values()), "".join(logs), stdout, "".join(other), metadata)


def _event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _merge(steps: dict[str, Step], vertex: dict[str, Any]) -> None:
    """Takes over a newer state of a step; its first completion tells whether it was cached.

    A step may complete again: one that two targets share is cached for the second, and one found in a registry cache
    starts a second time, no longer "cached", when its layers are fetched at last.
    """
    digest = str(vertex["digest"])
    name = str(vertex.get("name", ""))
    now = Step(
        digest,
        (name,),
        vertex.get("started"),
        vertex.get("completed"),
        bool(vertex.get("cached", False)),
        str(vertex.get("error", "")),
    )
    before = steps.get(digest)
    if before is None:
        steps[digest] = now
        return
    names = before.names if name in before.names else (*before.names, name)
    decided = before if _instant(before.completed) <= _instant(now.completed) else now
    if decided.completed is None:
        decided = now
    steps[digest] = replace(decided, names=names, error=before.error or now.error)


def _instant(time: str | None) -> tuple[str, str]:
    """A timestamp as something to compare (its fraction has as many digits as it needs); none is later than any."""
    if time is None:
        return ("~", "")
    seconds, _, fraction = time.removesuffix("Z").partition(".")
    return (seconds, fraction.ljust(9, "0"))


def _decoded(data: str) -> str:
    import base64

    return base64.b64decode(data).decode("utf-8", "replace")
