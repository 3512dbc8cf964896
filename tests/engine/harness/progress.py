"""Reads what one build or bake did from its progress stream: what ran, what was cached, what failed.

What the lines of the stream mean, the package itself knows (`bakegen.building.stream`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bakegen.building.stream import Step, label_of, merge, read_line


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
        return tuple(step for step in self.steps if any(set(words) <= set(label_of(name)) for name in step.names))

    def matching(self, text: str) -> tuple[Step, ...]:
        """The steps whose name contains `text`."""
        return tuple(step for step in self.steps if any(text in name for name in step.names))


def read_progress(code: int, stdout: str, stderr: str, metadata: dict[str, Any]) -> BuildResult:
    """Reads the stream that buildx wrote to `stderr`; lines that are not of the stream stay text."""
    steps: dict[str, Step] = {}
    logs: list[str] = []
    other: list[str] = []
    for line in stderr.splitlines(keepends=True):
        update = read_line(line)
        if update is None:
            other.append(line)
            continue
        for step in update.steps:
            merge(steps, step)
        logs += (log.data.decode("utf-8", "replace") for log in update.logs)
    return BuildResult(code, tuple(steps.values()), "".join(logs), stdout, "".join(other), metadata)
