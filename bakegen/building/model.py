"""The values of a build: what is decided for each target, what becomes of it, and what happens on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.building.key_differences import Change


class Action(StrEnum):
    """What is done about a target."""

    BUILD = "build"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one target, and why.

    Attributes:
        target: its name.
        action: whether it is built.
        why: a clause for people: "its content is in registry.example.com/app:key-…", "no image has its content key".
        key: its content key, "" where it has none.
        found: the reference that was found by its key, "" where it is built.
        digest: the digest of what was found, "" where it is built.
        tags: the references that it gets on this branch.
        contexts: named contexts to put in the place of parents that are skipped: name -> ``docker-image://…@sha256:…``.
        since: the commit that it was compared with, "" where it was compared with none.
        changes: what is different since then.
        caches: further entries of ``cache-from``: images of earlier commits.
        writes_cache: whether a target that is skipped is built all the same, for its cache alone.
    """

    target: str
    action: Action
    why: str
    key: str = ""
    found: str = ""
    digest: str = ""
    tags: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    changes: tuple[Change, ...] = ()
    caches: tuple[Mapping[str, str], ...] = ()
    writes_cache: bool = False

    @property
    def bakes(self) -> bool:
        """Whether an engine has to do something: for an image, or for a cache."""
        return self.action is Action.BUILD or self.writes_cache


class Status(StrEnum):
    """What became of a target."""

    BUILT = "built"
    SKIPPED = "skipped"
    FAILED = "failed"
    NOT_BUILT = "not built"
    """Not begun, or ended with others, for a reason that `Outcome.error` tells."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """One instruction of a target: what the Dockerfile says, whether it came from a cache, how long it ran, its stage.

    `stage` is what BuildKit calls it: ``stage-1`` where it has no name; "" where that is not known.
    """

    name: str
    cached: bool
    seconds: float
    stage: str = ""


@dataclass(frozen=True, slots=True)
class CacheWritten:
    """A cache that others can read now.

    Attributes:
        reference: where it is, "" where it is in no registry or the engine does not tell.
        digest: the digest of its manifest, "" where not known.
        seconds: how long its export took.
        ready: seconds from the begin of the build until it was written.
    """

    reference: str
    digest: str
    seconds: float
    ready: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target.

    Attributes:
        target: its name.
        status: what became of it.
        key, digest: its content key and the digest of its image; "" where not known.
        references: what its image can be pulled by.
        platforms: the platforms that it was built for.
        seconds: from the begin of its first step to its end; 0 where it was skipped.
        ready: seconds from the begin of the build until it could be pulled; None where it was not pushed.
        steps: its instructions in order.
        caches: those of its caches that were written, one for each platform where there are several.
        error: why it failed or was not built, a line; "" otherwise.
        log: the last lines that its failed step printed.
        why: why it was built or skipped, as `Decision.why`.
    """

    target: str
    status: Status
    key: str = ""
    digest: str = ""
    references: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    seconds: float = 0.0
    ready: float | None = None
    steps: tuple[StepTime, ...] = ()
    error: str = ""
    log: str = ""
    caches: tuple[CacheWritten, ...] = ()
    why: str = ""

    @property
    def cached(self) -> int:
        """How many of its steps came from a cache."""
        return sum(step.cached for step in self.steps)


class Happening(StrEnum):
    """What an event tells."""

    DECIDED = "decided"
    STARTED = "started"
    STEP = "step"
    READY = "ready"
    CACHED = "cache-written"
    FAILED = "failed"
    DONE = "done"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        what: what.
        at: seconds since the build began.
        target: the target that it is about, "" for the whole.
        facts: more about it: plain JSON values.
    """

    what: Happening
    at: float
    target: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
