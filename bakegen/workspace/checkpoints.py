"""Finds the stages that get a cache of their own without being named: those that cost much, or have such a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.plan.caches import candidates, replaceable
from bakegen.plan.stages import inner_stages, with_checkpoints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.building.costs import Costs
    from bakegen.plan.branch import BranchState
    from bakegen.plan.model import Plan


def checkpoints(
    plan: Plan, built: Sequence[str], *, state: BranchState | None, costs: Costs, seconds: float, ask_registry: bool
) -> Plan | None:
    """`plan` with the stages of `built` that have or deserve a cache of their own; None where there are none.

    What an earlier build knew by its costs, this one knows by the registry: the reference of a stage's cache follows
    from its name and the branch, so that the next machine needs no report to find it.

    Args:
        plan: the whole plan.
        built: the targets that are built.
        state: the branch; None for a build that writes no caches, and reads none of stages.
        costs: what reports of earlier builds tell.
        seconds: what a stage costs at least, where no cache helps.
        ask_registry: whether to look for caches of stages.
    """
    if state is None:
        return None
    inner = {name: stages for name in built if (stages := inner_stages(plan.targets[name]))}
    known = {name: costs.stages(name) for name in inner}
    dear = {name: {one for one in stages if known[name].get(one, 0.0) >= seconds} for name, stages in inner.items()}
    if ask_registry:
        for name, cached in _with_caches(with_checkpoints(plan, inner), inner, state).items():
            dear[name] |= cached
    if not any(dear.values()):
        return None
    found = with_checkpoints(plan, dear)
    return found if found.targets.keys() != plan.targets.keys() else None


def _with_caches(plan: Plan, inner: Mapping[str, Sequence[str]], state: BranchState) -> dict[str, set[str]]:
    """Which stages have a cache that this build could read, by target."""
    references: dict[str, list[tuple[str, str]]] = {}
    for name in inner:
        for stage in map(plan.targets.__getitem__, plan.stages_of(name)):
            for subject in stage.caches:
                for entry in candidates(stage, subject, plan, state):
                    if replaceable(stage, entry) and stage.stage is not None:
                        references.setdefault(entry["ref"], []).append((name, stage.stage.lower()))
    found: dict[str, set[str]] = {name: set() for name in inner}
    if references:
        from bakegen.workspace.registry import probe

        for reference in probe(references).existing:
            for name, one in references[reference]:
                found[name].add(one)
    return found
