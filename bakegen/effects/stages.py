"""The stages of a resolved Dockerfile with the effect of every step; what rewrites and rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.dockerfile.resolve import Resolved, ResolvedStage
    from bakegen.dockerfile.steps import Step
    from bakegen.effects.model import Effect
    from bakegen.effects.surroundings import Surroundings
    from bakegen.facts.model import Evidence


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a stage: the instruction with values, what is known before it, and what it does."""

    step: Step
    around: Surroundings
    effect: Effect


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage that the target reaches. `after` is what is known behind its last step.

    `children` are the indices of the stages built FROM it.
    """

    stage: ResolvedStage
    steps: tuple[StepView, ...]
    after: Surroundings
    children: tuple[int, ...]


def analyse(resolved: Resolved, evidence: Evidence, *, fixed: bool = False) -> tuple[StageView, ...]:
    """All stages that the target of `resolved` reaches, in the order of the file.

    Args:
        resolved: the file with values.
        evidence: facts about bases and context.
        fixed: whether no other build arguments will ever be given than those of `resolved`.
    """
    raise NotImplementedError
