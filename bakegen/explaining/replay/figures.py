"""Sums of what ran in a history: for every policy with the original and with the rewritten Dockerfiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.explaining.replay.model import Text
from bakegen.explaining.replay.policies import Policy, Ran, Share, replay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.explaining.replay.model import Build

_MINUTE = 60.0


@dataclass(frozen=True)
class Line:
    """What ran with one policy and one kind of Dockerfiles, in the order of the commits."""

    policy: Policy
    text: Text
    ran: tuple[Ran, ...]

    @property
    def total(self) -> Share:
        """All commits together."""
        return sum((one.all for one in self.ran), Share())

    @property
    def name(self) -> str:
        """The line in a few words."""
        return f"{self.policy}, {self.text}"

    def targets(self) -> dict[str, Share]:
        """All commits together, for each target of which something ran or may have."""
        found: dict[str, Share] = {}
        for one in self.ran:
            for name, share in one.targets.items():
                found[name] = found.get(name, Share()) + share
        return found


@dataclass(frozen=True)
class Figures:
    """What ran in a history.

    Attributes:
        builds: what was built, without the first commit, which only fills the caches.
        lines: for every policy first the original Dockerfiles, then the rewritten ones.
        run, other: seconds that a RUN, and another step, counts of which no report knows how long it runs.
        reports: how many reports of builds are known.
    """

    builds: tuple[Build, ...]
    lines: tuple[Line, ...]
    run: float
    other: float
    reports: int

    def line(self, policy: Policy, text: Text) -> Line:
        """One of the lines."""
        return next(one for one in self.lines if (one.policy, one.text) == (policy, text))

    @property
    def pulls(self) -> int:
        """How many of the commits are of pull requests."""
        return sum(bool(one.commit.pull) for one in self.builds)

    @property
    def names(self) -> frozenset[str]:
        """The targets that any commit has."""
        return frozenset(one.name for build in self.builds for one in build.targets.get(Text.ORIGINAL, ()))

    @property
    def problems(self) -> dict[str, int]:
        """Why commits could not be looked at, and how many."""
        found: dict[str, int] = {}
        for one in self.builds:
            if one.problem:
                found[one.problem] = found.get(one.problem, 0) + 1
        return found

    @property
    def untold(self) -> dict[str, str]:
        """The targets of the newest commit of which nothing can be told, and why."""
        newest = next((one for one in reversed(self.builds) if not one.problem), None)
        targets = newest.targets[Text.ORIGINAL] if newest is not None else ()
        return {one.name: one.problem for one in targets if one.problem}

    def share(self, line: Line) -> float:
        """The part that ran of what runs without any cache, from 0 to 1, by seconds."""
        all_of_it = self.line(Policy.NONE, line.text).total.seconds
        return line.total.seconds / all_of_it if all_of_it else 0.0

    def costly(self, line: Line, count: int) -> list[Ran]:
        """The commits that took longest in a line."""
        found = [one for one in line.ran if one.all.runs]
        return sorted(found, key=lambda one: (-one.all.seconds, -one.build.commit.when))[:count]

    @property
    def said(self) -> str:
        """How many commits were looked at, and what the numbers are, in one sentence."""
        own = len(self.builds) - self.pulls
        text = f"{own} commit{'' if own == 1 else 's'} of the branch"
        text += f" and {self.pulls} of pull requests" if self.pulls else ""
        broken = sum(self.problems.values())
        return text + (f", {broken} of which could not be read" if broken else "")

    @property
    def basis(self) -> str:
        """Where the minutes come from."""
        unknown = f"a RUN counts {self.run:g} s and any other step {self.other:g} s"
        if not self.reports:
            return f"estimated: no report of a build was given, {unknown}"
        return f"estimated: steps take what reports of builds tell; where they tell nothing, {unknown}"


def figures(builds: Sequence[Build], run: float, other: float, reports: int) -> Figures:
    """Replays a history with all policies.

    Args:
        builds: the builds, the oldest first.
        run, other: what unknown steps count, for people.
        reports: how many reports of builds are known.
    """
    lines = [Line(policy, text, tuple(replay(builds, text, policy))[1:]) for policy in Policy for text in Text]
    return Figures(tuple(builds[1:]), tuple(lines), run, other, reports)


def minutes(seconds: float) -> str:
    """Seconds as minutes for people."""
    found = seconds / _MINUTE
    return f"{found:,.1f}" if found < 100 else f"{found:,.0f}"


def by_target(figures: Figures, policy: Policy) -> Mapping[str, tuple[Share, Share]]:
    """Target -> what ran of it with the original and with the rewritten Dockerfiles, the costliest first."""
    original, rewritten = (figures.line(policy, text).targets() for text in Text)
    names = sorted(original.keys() | rewritten.keys(), key=lambda name: -original.get(name, Share()).seconds)
    return {name: (original.get(name, Share()), rewritten.get(name, Share())) for name in names}
