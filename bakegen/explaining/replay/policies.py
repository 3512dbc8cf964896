"""Goes through the builds of a history with what a policy for caches lets each of them read; pure.

Each build has a fresh machine. A cache that is written holds all steps of a target as it was built last
(``mode=max``), in one place for each branch. A pull request is a branch that nobody else reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bakegen.explaining.replay.model import Build, TargetUse, Text, Use

Cache = Mapping[str, "TargetUse"]
"""Target -> it as it was when its cache was written."""


class Policy(StrEnum):
    """Which caches a build reads and writes."""

    NONE = "no cache"
    BRANCH = "branch only"
    DEFAULT = "branch + master"
    KEYS = "content keys"
    READ_ONLY = "read-only PRs"


MEANINGS = {
    Policy.NONE: "every step of every target runs at each commit",
    Policy.BRANCH: "a build reads what the build before it on its branch wrote; a pull request begins with nothing",
    Policy.DEFAULT: "pull requests also read what the default branch wrote last",
    Policy.KEYS: f"as {Policy.DEFAULT}, and a target is skipped whose content key was built before, on any branch",
    Policy.READ_ONLY: "only the default branch writes; pull requests read that and nothing else",
}


@dataclass(frozen=True, slots=True)
class Share:
    """What ran of some steps.

    Attributes:
        steps: how many there are.
        runs: how many surely ran.
        may: how many more ran unless the files that they copy from other stages were the same as before.
        seconds, may_seconds: what those took.
    """

    steps: int = 0
    runs: int = 0
    may: int = 0
    seconds: float = 0.0
    may_seconds: float = 0.0

    def __add__(self, other: Share) -> Share:
        return Share(
            self.steps + other.steps,
            self.runs + other.runs,
            self.may + other.may,
            self.seconds + other.seconds,
            self.may_seconds + other.may_seconds,
        )


@dataclass(frozen=True)
class Ran:
    """What ran in one build.

    Attributes:
        build: the build.
        all: all targets together: a step that several of them have counts once.
        targets: each target of which something ran, or may have.
        first: each target of which something surely ran -> the first step of it that did.
        skipped: how many targets were not built because of their content keys.
    """

    build: Build
    all: Share
    targets: Mapping[str, Share]
    first: Mapping[str, str]
    skipped: int = 0


@dataclass
class _Caches:
    """What was written so far."""

    branches: dict[str, dict[str, TargetUse]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def readable(self, policy: Policy, branch: str) -> list[Cache]:
        """What a build on `branch` ("" for the default branch) reads."""
        if policy is Policy.NONE:
            return []
        own = self.branches.get(branch, {})
        if policy is Policy.BRANCH or not branch:
            return [own]
        default = self.branches.get("", {})
        return [default] if policy is Policy.READ_ONLY else [own, default]

    def write(self, policy: Policy, branch: str, built: Iterable[TargetUse]) -> None:
        """Keeps what a build wrote."""
        if policy is Policy.NONE or (policy is Policy.READ_ONLY and branch):
            return
        found = list(built)
        self.branches.setdefault(branch, {}).update({one.name: one for one in found if not one.problem})
        self.keys.update(one.key for one in found if one.key)


def replay(builds: Iterable[Build], text: Text, policy: Policy) -> Iterator[Ran]:
    """What ran in each build, in the order in which they were made; the first one begins with nothing.

    Args:
        builds: the builds, those of a pull request before the merge that it became.
        text: which Dockerfiles.
        policy: which caches are there.
    """
    caches = _Caches()
    for build in builds:
        targets = build.targets.get(text, ())
        branch = build.commit.pull
        skipped = [one for one in targets if policy is Policy.KEYS and one.key in caches.keys]
        names = {one.name for one in skipped}
        built = [one for one in targets if one.name not in names]
        yield _ran(build, targets, built, caches.readable(policy, branch), len(skipped))
        caches.write(policy, branch, built)


def _ran(
    build: Build, targets: Iterable[TargetUse], built: Iterable[TargetUse], caches: Iterable[Cache], skipped: int
) -> Ran:
    read = [one for cache in caches for one in cache.values()]
    strict: frozenset[str] = frozenset().union(*(one.strict for one in read))
    loose: frozenset[str] = frozenset().union(*(one.loose for one in read))
    shares: dict[str, Share] = {}
    first: dict[str, str] = {}
    runs: dict[str, Use] = {}
    may: dict[str, Use] = {}
    for target in built:
        if not target.always and target.strict <= strict:
            continue
        own = _judged(target, strict, loose)
        shares[target.name] = _share(len(target.strict), *own)
        if own[0]:
            first[target.name] = next(iter(own[0].values())).shown
        runs |= own[0]
        may |= own[1]
    count = len(frozenset().union(*(one.strict for one in targets)))
    return Ran(build, _share(count, runs, may), shares, first, skipped)


def _judged(target: TargetUse, strict: frozenset[str], loose: frozenset[str]) -> tuple[dict[str, Use], dict[str, Use]]:
    """The steps of a target that run, and those that may, each once."""
    runs: dict[str, Use] = {}
    may: dict[str, Use] = {}
    for step in target.steps:
        if step.always or (step.strict not in strict and step.loose not in loose):
            runs[step.strict] = step
        elif step.strict not in strict:
            may[step.strict] = step
    return runs, may


def _share(steps: int, runs: Mapping[str, Use], may: Mapping[str, Use]) -> Share:
    return Share(
        steps,
        len(runs),
        len(may),
        sum(one.seconds for one in runs.values()),
        sum(one.seconds for one in may.values()),
    )
