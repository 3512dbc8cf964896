"""What a running bake tells, line by line, as events of targets: begun, steps, ready, cache written, failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.model import Event, StepTime


@dataclass(frozen=True, slots=True)
class FailedStep:
    """The step that made a target fail.

    Attributes:
        name: what the Dockerfile says, or what BuildKit calls a step of its own.
        error: what BuildKit says about it.
        log: the last lines that it printed.
    """

    name: str
    error: str
    log: str


class Progress:
    """What the targets of one bake are at, from the lines of its progress stream.

    It tells `STARTED`, `STEP`, `READY`, `CACHED` and `FAILED`; that a target is done is known only when bake ends, so
    whoever runs bake tells `DONE`. Facts of the events:

    - `STEP`: ``step`` (its name), ``phase`` ("step", "image" for the export, "cache" for the cache's export), ``state``
      ("started", "done", "failed"), ``cached``, ``seconds``, ``done`` and ``total`` (steps of the target so far);
    - `READY`: ``reference``, ``digest``;
    - `CACHED`: ``seconds``;
    - `FAILED`: ``step``, ``error``, ``log``.

    Attributes:
        other: the lines that are not of the stream: what buildx says itself.
    """

    other: list[str]

    def __init__(self, targets: Iterable[str]) -> None:
        """Begins with the names of all the targets that bake builds, linked ones too."""
        raise NotImplementedError

    def feed(self, line: str, at: float) -> list[Event]:
        """Takes a line that came `at` seconds after the build began; no line makes it raise."""
        raise NotImplementedError

    def steps(self, target: str) -> tuple[StepTime, ...]:
        """The completed instructions of a target, in the order in which BuildKit named them."""
        raise NotImplementedError

    def failed_step(self, target: str) -> FailedStep | None:
        """The step that made a target fail; None where none did or where it was only cancelled with others."""
        raise NotImplementedError

    def seconds(self, target: str) -> float:
        """From the begin of the first step of a target to the end of its last, by the engine's clock."""
        raise NotImplementedError

    def pushed(self, target: str) -> dict[str, str]:
        """What of a target can be pulled: reference -> digest; only engines up to 0.25 tell it in time."""
        raise NotImplementedError

    def ready(self, target: str) -> float | None:
        """When the first reference of a target could be pulled, in the seconds given to `feed`; None where unknown."""
        raise NotImplementedError
