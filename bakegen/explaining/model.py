"""The steps of targets with their cache keys, as `chains` makes them and `compare` compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bakegen.text import Location

Files = Mapping[str, str]
"""What an instruction reads from a folder: path -> git mode and object id."""


class State(NamedTuple):
    """What stands for a file system that a step begins with.

    Attributes:
        strict: equal only where BuildKit takes the same from its cache whatever the files in it are.
        loose: equal also where it cannot be told: files that are copied out of other stages, images without a digest.
    """

    strict: str
    loose: str


NOTHING = State("scratch", "scratch")
"""An empty file system."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a stage is built on, or files are copied from.

    Attributes:
        kind: ``image``, ``stage``, ``target``, ``folder`` or ``scratch``.
        name: which one, for people.
        state: what stands for it.
        reference: of an image what stands behind the name: a named context puts another one in its place.
    """

    kind: str
    name: str
    state: State
    reference: str = ""


@dataclass(frozen=True)
class ChainStep:
    """An instruction that makes a step of BuildKit's graph: RUN, COPY, ADD, and WORKDIR unless it is ``/``.

    Attributes:
        name: the keyword.
        text: the instruction in a normal form: what a person changed where it differs.
        shown: the instruction on one line, as it is written.
        location: where a person changes it.
        own: what is in its key beside files and what it builds on: (kind, name) -> a digest of the value. The kinds are
            ``variable``, ``order`` of variables, ``setting``, and ``operation``, which is everything else.
        seen: the variables that its text names -> a digest of the value, or "" where unset.
        arguments: those of its variables that an ARG declares.
        files: source -> what it reads of the context (or of a folder) by that.
        sources: the stages, images and targets that it copies or mounts from.
        base: what it builds on; what its own key holds of that, which for ``COPY --link`` is nothing.
        key: what stands for the step.
        after: the file system behind it.
        always: why it runs each time, "" where it does not.
    """

    name: str
    text: str
    shown: str
    location: Location
    own: Mapping[tuple[str, str], str]
    seen: Mapping[str, str]
    arguments: frozenset[str]
    files: Mapping[str, Files]
    sources: tuple[Origin, ...]
    base: State
    key: State
    after: State
    always: str = ""


@dataclass(frozen=True)
class StageChain:
    """The steps of a stage for one platform; `label` is its name, or ``stage-1`` as BuildKit calls it."""

    label: str
    platform: str
    base: Origin
    steps: tuple[ChainStep, ...]


@dataclass(frozen=True)
class TargetChain:
    """All stages that a target needs, in the order of its Dockerfile, for each platform.

    Attributes:
        name: the target.
        parents: the targets that it builds on.
        stages: the stages of its own Dockerfile.
        problem: why nothing can be told of it, a clause for people; "" where it can.
    """

    name: str
    parents: tuple[str, ...]
    stages: tuple[StageChain, ...]
    problem: str = ""


@dataclass(frozen=True)
class Side:
    """The chains of all targets at a commit, parents before those that build on them."""

    targets: Mapping[str, TargetChain]
    strict: frozenset[str] = field(init=False, repr=False)
    """The strict keys of all steps."""
    loose: frozenset[str] = field(init=False, repr=False)
    states: frozenset[str] = field(init=False, repr=False)
    """The strict keys of all file systems that a step begins with."""

    def __post_init__(self) -> None:
        stages = [stage for chain in self.targets.values() for stage in chain.stages]
        steps = [step for stage in stages for step in stage.steps]
        bases = {stage.base.state.strict for stage in stages}
        object.__setattr__(self, "strict", frozenset(step.key.strict for step in steps))
        object.__setattr__(self, "loose", frozenset(step.key.loose for step in steps))
        object.__setattr__(self, "states", bases | {step.after.strict for step in steps} | {NOTHING.strict})


class Verdict(StrEnum):
    """What becomes of a step."""

    CACHED = "cached"
    MAYBE = "may run"
    """What it copies from runs again, or its base image got a digest: it is in the cache where that is the same."""
    RUNS = "runs"
