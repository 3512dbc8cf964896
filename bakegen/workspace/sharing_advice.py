"""Works out which rewrites would let images of a matrix share more: two that part are rewritten and compared again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bakegen.rewrites.driver import rewrite_named
from bakegen.sharing.lines import Lines
from bakegen.sharing.model import Advice
from bakegen.sharing.tree import prefix_tree
from bakegen.workspace.advising import rewritten
from bakegen.workspace.project import gatherer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.explaining.model import Side
    from bakegen.facts.model import Evidence
    from bakegen.plan.model import Plan, Recipe
    from bakegen.sharing.model import Family, Line, Member
    from bakegen.workspace.project import Workspace

Chained = Callable[["Sequence[str]", "Mapping[str, Recipe]"], "Side"]
"""Makes the chains of targets, some of them with another Dockerfile."""
_NEVER = 1 << 30


class Adviser:
    """Tries rewrites on the families of one plan; what nobody tried is not told."""

    def __init__(self, workspace: Workspace, plan: Plan, chained: Chained) -> None:
        """`plan` has the targets and all that they build on."""
        self._plan = plan
        self._chained = chained
        self._facts = gatherer(workspace)

    def advice(self, family: Family) -> Advice | None:
        """The fewest rewrites with which the first two members that part share most; None where none helps."""
        pair = _first_two(family.planned)
        if pair is None:
            return None
        now = _unshared([one.line for one in pair if one.line is not None])
        made = [rewritten(self._plan.targets[one.target], self._evidence(one)) for one in pair]
        names = tuple(dict.fromkeys(name for _, some in made for name in some))
        trials = [(names, tuple(recipe for recipe, _ in made))]
        for only in names if len(names) > 1 else ():
            recipes = tuple(rewritten(self._plan.targets[one.target], self._evidence(one), only)[0] for one in pair)
            trials.append(((only,), recipes))
        tried = [(self._tried(pair, recipes), len(some), some) for some, recipes in trials if some]
        count, _, best = min(tried, default=(now, 0, ()))
        if count >= now:
            return None
        return Advice(best, rewrite_named(best[0]).summary if len(best) == 1 else "", now, count)

    def _evidence(self, member: Member) -> Evidence:
        target = self._plan.targets[member.target]
        return self._facts.evidence(target.recipe, target.variant, member.platform or None)

    def _tried(self, pair: Sequence[Member], recipes: Sequence[Recipe]) -> int:
        names = [one.target for one in pair]
        side = self._chained(names, dict(zip(names, recipes, strict=True)))
        if any(side.targets[name].problem for name in names):
            return _NEVER
        lines = Lines(self._plan, side)
        return _unshared([lines.of(one.target, one.platform) for one in pair])


def _first_two(members: Sequence[Member]) -> tuple[Member, Member] | None:
    """One member of each of the first two groups; None where nothing parts, or the FROM does: no rewrite helps then."""
    states = [one.line.states for one in members if one.line is not None]
    root = prefix_tree(states) if len(states) > 1 else None
    if root is None or not root.children or root.end == 0:
        return None
    one, other = (members[child.members[0]] for child in root.children[:2])
    return None if one.target == other.target else (one, other)


def _unshared(lines: Sequence[Line]) -> int:
    """How many RUNs of two lines the other one does not have."""
    one, other = ({step.step.key.strict for step in line.steps if step.step.name == "RUN"} for line in lines)
    return len(one ^ other)
