"""Rewrite `sort-copies`: of neighbouring COPYs the one whose sources change least often comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy
from bakegen.effects.commute import COMMUTE, Verdict, commute
from bakegen.effects.instructions import context_path
from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.model import Example, Proposal, Rewrite
from bakegen.rewrites.moves import move_before
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_RATIO = 2
_DISTANCE = 3


@dataclass(frozen=True, slots=True)
class _Counted:
    """A COPY from the context, and how many commits changed its sources."""

    view: StepView
    changes: int


def _propose(situation: Situation) -> Iterator[Proposal]:
    if situation.evidence.history is None:
        return
    for stage in situation.stages:
        for group in _groups(situation, stage):
            for index in range(1, len(group)):
                found = _move(situation, group, index)
                if found is not None:
                    yield found


def _groups(situation: Situation, stage: StageView) -> Iterator[list[_Counted]]:
    """The runs of neighbouring COPYs from the context whose history is known."""
    group: list[_Counted] = []
    for view in stage.own:
        changes = _changes(situation, view)
        if changes is None:
            yield group
            group = []
        else:
            group.append(_Counted(view, changes))
    yield group


def _changes(situation: Situation, view: StepView) -> int | None:
    command, around, history = view.step.command, view.around, situation.evidence.history
    if not isinstance(command, Copy) or command.source_stage is not None or command.files or history is None:
        return None
    if not all(around.sure(source.text) for source in command.sources):
        return None
    exclude = tuple(one.text for one in command.exclude)
    paths: list[str] = []
    for source in view.step.sources:
        if around.context is not None:
            paths += around.context.matches(source)
        elif any(char in source for char in "*?["):
            return None
        else:
            paths.append(context_path(source))
    counts = [history.changes(path, exclude) for path in paths]
    known = [count for count in counts if count is not None]
    # Files of one COPY mostly change together; the busiest is what its layer changes with at the least.
    return max(known) if known and len(known) == len(counts) else None


def _rarer(one: _Counted, other: _Counted) -> bool:
    """Whether `one` changes so much more seldom that a move is worth it.

    A clear distance is asked for, so that a commit more or less does not turn the order of the file, which would
    cost the very cache that it is to keep.
    """
    return one.changes * _RATIO <= other.changes and other.changes - one.changes >= _DISTANCE


def _move(situation: Situation, group: list[_Counted], index: int) -> Proposal | None:
    """The COPY at `index` goes up over all neighbours that change more often, as far as they commute."""
    moved = group[index]
    place, crossed, verdict = index, COMMUTE, COMMUTE
    at = index
    while at > 0:
        above = group[at - 1]
        crossed &= commute(above.view.effect, moved.view.effect)
        if crossed.reason is not None or moved.changes > above.changes:
            break
        at -= 1
        if _rarer(moved, above):
            place, verdict = at, crossed
    return None if place == index else _proposal(situation, group, place, index, verdict)


def _proposal(situation: Situation, group: list[_Counted], place: int, index: int, verdict: Verdict) -> Proposal:
    moved, over = group[index], group[place:index]
    most = max(over, key=lambda one: one.changes)
    lines = ", ".join(str(one.view.step.command.node.line) for one in over)
    reason = (
        f"what it writes and what line {lines} {'writes' if len(over) == 1 else 'write'} lies apart; its sources "
        f"changed in {moved.changes} of the last commits, those of line {most.view.step.command.node.line} in "
        f"{most.changes}"
    )
    return Proposal(
        "sort-copies",
        moved.view.step.command.span,
        move_before(situation.dockerfile, (moved.view.step.command.node,), over[0].view.step.command.node),
        max(verdict.tier, Tier.FACTS),
        Equivalence.IMAGE,
        reason,
        f"a change of what line {most.view.step.command.node.line} copies leaves this layer as it is; RUNs behind "
        "both still run again",
        assumes=verdict.assumes,
    )


_FILES = {"src/main.py": "", "assets/logo.svg": "", "conf/app.ini": "", "run.sh": ""}
_CHANGES = {"src/main.py": 40, "assets/logo.svg": 2, "conf/app.ini": 4, "run.sh": 1}

REWRITE = Rewrite(
    name="sort-copies",
    order=60,
    summary="Sort neighbouring COPYs, those first whose sources change least often.",
    why="A COPY that misses the cache makes all that follow it miss. Two COPYs can change places when neither writes "
    "what the other writes or looks at: the build context says what each one makes. git says how often the sources "
    "change; only a distance of twice as often, and of three commits at the least, moves anything, and an order that "
    "is written into the file stays until it is clearly wrong.",
    tier=Tier.FACTS,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "Assets change less often than the source",
            "FROM scratch\nCOPY src /app/src\nCOPY assets /app/assets\n",
            "FROM scratch\nCOPY assets /app/assets\nCOPY src /app/src\n",
            _FILES,
            changes=_CHANGES,
        ),
        Example(
            "Comments travel",
            "FROM scratch\n# all the code\nCOPY src/ /app/src/\n\n# how it starts\nCOPY run.sh /\n",
            "FROM scratch\n# how it starts\nCOPY run.sh /\n# all the code\nCOPY src/ /app/src/\n\n",
            _FILES,
            changes=_CHANGES,
        ),
        Example(
            "Near counts keep their order",
            "FROM scratch\nCOPY src /app/src\nCOPY conf /app/conf\nCOPY assets /app/assets\n",
            "FROM scratch\nCOPY conf /app/conf\nCOPY assets /app/assets\nCOPY src /app/src\n",
            _FILES,
            changes=_CHANGES,
        ),
        Example(
            "One writes into the other's tree",
            "FROM scratch\nCOPY src /app\nCOPY run.sh /app/main.py\n",
            None,
            _FILES,
            changes=_CHANGES,
        ),
        Example(
            "Whether the destination is a directory is not known",
            "FROM scratch\nCOPY src /app/\nCOPY run.sh /app\n",
            None,
            {**_FILES, "src/run.sh": ""},
            changes=_CHANGES,
        ),
        Example("The order is right", "FROM scratch\nCOPY assets /a/\nCOPY src /s/\n", None, _FILES, changes=_CHANGES),
        Example("Without history", "FROM scratch\nCOPY src /app/src\nCOPY assets /app/assets\n", None, _FILES),
        Example(
            "What comes from a stage has no history",
            "FROM scratch AS a\nCOPY src /\nFROM scratch\nCOPY src /s/\nCOPY --from=a / /a/\n",
            None,
            _FILES,
            changes=_CHANGES,
        ),
        Example(
            "A RUN in between is another rewrite's business",
            "FROM debian\nCOPY src /s/\nRUN ls\nCOPY assets /a/\n",
            None,
            _FILES,
            changes=_CHANGES,
        ),
    ),
)
