"""Makes the line of steps of a target: those of its last stage, of the stages below, and of its parents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.dockerfile.expand import variables_of
from bakegen.explaining.places import Places
from bakegen.explaining.texts import on_one_line
from bakegen.plan.keys import digest
from bakegen.sharing.model import Line, LineStep, Start

if TYPE_CHECKING:
    from bakegen.dockerfile import Dockerfile, Stage
    from bakegen.explaining.model import Side, StageChain, State
    from bakegen.plan.model import Plan


class Lines:
    """Makes the lines of the targets of one plan."""

    def __init__(self, plan: Plan, side: Side) -> None:
        """`side` has the chains of the targets that are asked for, and of their parents."""
        self._plan = plan
        self._side = side
        self._read: dict[str, Dockerfile] = {}

    def of(self, target: str, platform: str) -> Line:
        """The line of one platform of a target whose chain has no problem."""
        return self.below(target, self._last(target, platform))

    def stage(self, target: str, platform: str, label: str) -> Line | None:
        """The line of the stage that has this label; None where it has no steps."""
        found = [one for one in self._stages(target, platform) if one.label == label]
        return self.below(target, found[-1]) if found else None

    def below(self, target: str, stage: StageChain) -> Line:
        """The line that ends with `stage`."""
        own = tuple(LineStep(target, stage, step) for step in stage.steps)
        base = stage.base
        if base.kind == "target":
            under = self.of(base.name, stage.platform)
            return Line(under.start, under.steps + own)
        if base.kind == "stage":
            for one in reversed(self._stages(target, stage.platform)):
                if one.label == base.name and end_of(one).strict == base.state.strict:
                    under = self.below(target, one)
                    return Line(under.start, under.steps + own)
        return Line(self._start(target, stage), own)

    def _stages(self, target: str, platform: str) -> tuple[StageChain, ...]:
        stages = self._side.targets[target].stages
        # A child for another platform than its parent has: the only one that there is counts.
        return tuple(one for one in stages if one.platform == platform) or stages

    def _last(self, target: str, platform: str) -> StageChain:
        return self._stages(target, platform)[-1]

    def _start(self, target: str, stage: StageChain) -> Start:
        one = self._plan.targets[target]
        source = one.recipe.source
        assert source is not None  # a chain without a problem has been read
        if source.text not in self._read:
            self._read[source.text] = read(source)
        dockerfile = self._read[source.text]
        start = _from(dockerfile, stage.label).start
        text = on_one_line(source.slice(start.span), dockerfile.escape)
        given = one.variant.mapping("args")
        names = variables_of(start.node.logical, dockerfile.escape)
        arguments = {name: digest(given[name]) if name in given else "" for name in sorted(names)}
        return Start(stage.base, text, Places(one.recipe).of(start.span, text), arguments)


def end_of(stage: StageChain) -> State:
    """What stands for the files at the end of a stage."""
    return stage.steps[-1].after if stage.steps else stage.base.state


def _from(dockerfile: Dockerfile, label: str) -> Stage:
    """The stage in whose FROM the image of a stage is named: stages without steps are passed through."""
    found = next((one for one in reversed(dockerfile.stages) if one.label == label), dockerfile.stages[-1])
    while True:
        name = found.start.image.text.lower()
        below = [one for one in dockerfile.stages[: found.index] if one.name and one.name == name]
        if not below:
            return found
        found = below[-1]
