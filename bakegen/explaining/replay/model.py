"""The builds of a history: which steps each would have had to make, by their cache keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Text(StrEnum):
    """Which Dockerfiles are built."""

    ORIGINAL = "original"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Use:
    """A step that a build needs.

    Attributes:
        strict, loose: its keys, see `bakegen.explaining.model.State`.
        seconds: how long it runs.
        shown: its place and its instruction, for people.
        always: whether it is in no cache ever.
    """

    strict: str
    loose: str
    seconds: float
    shown: str = ""
    always: bool = False


@dataclass(frozen=True, eq=False)
class TargetUse:
    """A target as a build needs it.

    Attributes:
        name: the target.
        steps: its steps, without those of its parents; one that it has for several platforms is there for each.
        key: its content key, "" where it has none.
        problem: why nothing can be told of it, "" where it can.
    """

    name: str
    steps: tuple[Use, ...]
    key: str = ""
    problem: str = ""
    strict: frozenset[str] = field(init=False, repr=False)
    """The strict keys of its steps."""
    loose: frozenset[str] = field(init=False, repr=False)
    always: bool = field(init=False, repr=False)
    """Whether one of its steps runs each time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "strict", frozenset(one.strict for one in self.steps))
        object.__setattr__(self, "loose", frozenset(one.loose for one in self.steps))
        object.__setattr__(self, "always", any(one.always for one in self.steps))


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that is built.

    Attributes:
        oid: its full id.
        tree: the id of its tree.
        when: the time at which it was committed, in seconds since 1970.
        subject: the first line of its message.
        pull: the merge that brought it to the branch; "" for a commit of the branch itself.
    """

    oid: str
    tree: str
    when: int
    subject: str
    pull: str = ""


@dataclass(frozen=True)
class Build:
    """The build of a commit: all targets, parents before those that build on them.

    Attributes:
        commit: the commit.
        targets: for the original and for the rewritten Dockerfiles.
        problem: why there are none, a clause for people.
    """

    commit: Commit
    targets: Mapping[Text, tuple[TargetUse, ...]]
    problem: str = ""
