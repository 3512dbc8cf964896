"""How far up a RUN can go in its stage, and what must go with it; used by manifests-first and hoist-install."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Add, Arg, Copy, Env, Run, Shell, Transfer, User, Workdir
from bakegen.effects.commute import COMMUTE, Verdict, commute_all
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bakegen.effects.stages import StepView
    from bakegen.rewrites.model import Situation


@dataclass(frozen=True)
class Climb:
    """A way up.

    Attributes:
        group: what moves, in the order of the file: the RUN, and before it what it needs (WORKDIR, ENV, …).
        crossed: what it passes, nearest first.
        verdict: what the moves so far rest on.
        stop: the next step, which ends the way; None at the top of the stage.
    """

    group: tuple[StepView, ...]
    crossed: tuple[StepView, ...] = ()
    verdict: Verdict = COMMUTE
    stop: StepView | None = None

    def __len__(self) -> int:
        return len(self.crossed)


def climb(
    steps: Sequence[StepView],
    index: int,
    goal: Callable[[StepView], bool],
    joins: Callable[[StepView], bool] = lambda view: False,
) -> Climb:
    """The way up of `steps[index]` until a step that is the `goal`, or one that can be neither crossed nor taken along.

    `joins` says of further steps that they may be taken along.
    """
    *_, last = ways(steps, index, goal, joins)
    return last


def ways(
    steps: Sequence[StepView],
    index: int,
    goal: Callable[[StepView], bool] = lambda view: False,
    joins: Callable[[StepView], bool] = lambda view: False,
) -> Iterator[Climb]:
    """All ways up, the shortest (none) first; the last one has its `stop`."""
    way = Climb((steps[index],))
    yield way
    for view in reversed(steps[:index]):
        verdict = commute_all((one.effect for one in way.group), view.effect)
        # Installers keep their order.
        if goal(view) or view.effect.installs:
            yield replace(way, stop=view)
            return
        if verdict.reason is None and not _costs(view, way):
            way = replace(way, crossed=(*way.crossed, view), verdict=way.verdict & verdict)
            yield way
        elif _goes_along(view) or joins(view):
            way = replace(way, group=(view, *way.group))
        else:
            yield replace(way, stop=view)
            return
    yield way


def _costs(view: StepView, way: Climb) -> bool:
    """Whether a variable would move above a RUN, and enter its cache key."""
    return isinstance(view.step.command, Run) and any(one.effect.sets for one in way.group)


def _goes_along(view: StepView) -> bool:
    """Whether a step may move up with what needs it; its own way past the others is looked at too."""
    if isinstance(view.step.command, Run):
        return not view.effect.barrier
    return isinstance(view.step.command, Arg | Env | Shell | User | Workdir)


def is_context_copy(view: StepView) -> bool:
    """Whether a step is a COPY from the build context."""
    command = view.step.command
    return isinstance(command, Copy) and command.source_stage is None and bool(command.sources)


def changes_often(situation: Situation, view: StepView) -> bool:
    """Whether what a COPY or ADD brings changes from build to build, so that to stand before it is a gain."""
    command = view.step.command
    if not isinstance(command, Transfer):
        return False
    for _, sources, exclude, _, _ in view.step.context_reads():
        history = situation.evidence.history
        counts = [history.changes(source.strip("/"), exclude) if history is not None else None for source in sources]
        if any(count is None or count > 0 for count in counts):
            return True
    if isinstance(command, Add) and command.checksum is None and len(command.sources) > len(command.files):
        return any("://" in source or source.startswith("git@") for source in view.step.sources)
    return any(link.target is not None and _reads_context(situation, link.target) for link in view.step.links)


def _reads_context(situation: Situation, index: int) -> bool:
    """Whether a stage, or one that it needs, reads the build context."""
    stages = {stage.stage.stage.index: stage for stage in situation.stages}
    waiting, seen = [index], set[int]()
    while waiting:
        stage = stages.get(waiting.pop())
        if stage is None or stage.stage.stage.index in seen:
            continue
        seen.add(stage.stage.stage.index)
        if stage.stage.base is not None:
            waiting.append(stage.stage.base.stage.index)
        for view in stage.steps:
            if any(True for _ in view.step.context_reads()):
                return True
            waiting += [link.target for link in view.step.links if link.target is not None]
    return False


def lines(views: Sequence[StepView]) -> str:
    """The line numbers of steps in words: ``line 3``, ``lines 3 and 5``."""
    found = [str(view.step.command.node.line) for view in sorted(views, key=lambda one: one.step.command.node.start)]
    if len(found) == 1:
        return f"line {found[0]}"
    return f"lines {', '.join(found[:-1])} and {found[-1]}"
