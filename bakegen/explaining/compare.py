"""Holds the chains of two commits against each other: which steps run again, and why the first of them does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.explaining.causes import base_causes, step_causes
from bakegen.explaining.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bakegen.explaining.causes import Cause
    from bakegen.explaining.model import ChainStep, Side, StageChain, TargetChain


@dataclass(frozen=True)
class Judged:
    """A step and what becomes of it.

    Attributes:
        step: the step.
        verdict: what becomes of it.
        causes: what of its own inputs differs; nothing where it is cached, and where only what it builds on differs.
    """

    step: ChainStep
    verdict: Verdict
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class JudgedStage:
    """A stage of a target for a platform, with its steps in order."""

    chain: StageChain
    steps: tuple[Judged, ...]


@dataclass(frozen=True)
class JudgedTarget:
    """A target with its stages, in the order of its Dockerfile.

    Attributes:
        chain: the target.
        stages: its stages, none where there is a problem.
        new: whether the older side does not have it.
        problem: why nothing can be told of it, on either side; "" where it can.
    """

    chain: TargetChain
    stages: tuple[JudgedStage, ...]
    new: bool = False
    problem: str = ""

    @property
    def steps(self) -> tuple[Judged, ...]:
        """All of its steps."""
        return tuple(step for stage in self.stages for step in stage.steps)

    def of(self, verdict: Verdict) -> tuple[Judged, ...]:
        """The steps that this becomes of."""
        return tuple(one for one in self.steps if one.verdict is verdict)

    @property
    def first(self) -> Judged | None:
        """The first step that runs again; where none does for sure, the first that may."""
        return next(iter((*self.of(Verdict.RUNS), *self.of(Verdict.MAYBE))), None)


def compare(old: Side, new: Side, wanted: Iterable[str]) -> tuple[JudgedTarget, ...]:
    """What becomes of the steps of `wanted` targets, were everything of the old side in the cache and nothing else."""
    return tuple(_target(old, new.targets[name]) for name in wanted if name in new.targets)


def _target(old: Side, chain: TargetChain) -> JudgedTarget:
    before = old.targets.get(chain.name)
    if problem := chain.problem or (before.problem if before is not None else ""):
        return JudgedTarget(chain, (), problem=problem)
    stages = []
    for stage in chain.stages:
        then = _counterpart(stage, chain, before)
        stages.append(JudgedStage(stage, tuple(_steps(old, stage, then))))
    return JudgedTarget(chain, tuple(stages), new=before is None)


def _counterpart(stage: StageChain, chain: TargetChain, before: TargetChain | None) -> StageChain | None:
    if before is None:
        return None
    same = [one for one in before.stages if one.platform == stage.platform]
    named = next((one for one in same if one.label == stage.label), None)
    at = [one for one in chain.stages if one.platform == stage.platform].index(stage)
    if named is None and at == len([one for one in chain.stages if one.platform == stage.platform]) - 1:
        return same[-1] if same else None  # the last stage may have got another number, or a name
    return named


def _steps(old: Side, stage: StageChain, then: StageChain | None) -> Iterator[Judged]:
    moved = stage.base.state.strict not in old.states
    for at, step in enumerate(stage.steps):
        verdict = _verdict(old, step)
        causes: tuple[Cause, ...] = ()
        if verdict is not Verdict.CACHED:
            if step.base.strict in old.states:
                causes = step_causes(step, at, stage, then)
            elif moved:
                causes = base_causes(stage, then)
                moved = False  # what comes behind it is told of once
        yield Judged(step, verdict, causes)


def _verdict(old: Side, step: ChainStep) -> Verdict:
    if step.always:
        return Verdict.RUNS
    if step.key.strict in old.strict:
        return Verdict.CACHED
    return Verdict.MAYBE if step.key.loose in old.loose else Verdict.RUNS
