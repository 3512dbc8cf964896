"""Moving ARG and ENV down to their first reader, with the metadata that reads them; used by two rewrites.

A set variable is in the environment of every later RUN, used or not, and so in its cache key: see `dispatchRun` in
BuildKit's frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Arg, Env, Expose, Healthcheck, Label, Run, Stopsignal, Volume
from bakegen.effects.commute import COMMUTE, Verdict, commute_all
from bakegen.effects.model import Tier
from bakegen.facts.model import PlatformFacts
from bakegen.rewrites.model import Missing, Proposal
from bakegen.rewrites.moves import move_after, move_before

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Rewrite, Situation

_STEERING = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "NODE_ENV", "HOME", "SHELL", "TZ", "DEBIAN_FRONTEND")
_STEERING_PARTS = ("_HOME", "_PATH", "_PROXY", "_proxy", "_CACHE", "_ROOT", "_DIR", "FLAGS")
_STEERING_STARTS = (
    "PIP_",
    "NPM_",
    "npm_",
    "UV_",
    "POETRY_",
    "GO",
    "CGO_",
    "CARGO_",
    "RUST",
    "PYTHON",
    "LD_",
    "APT_",
    "JAVA_",
)


ON_DEBIAN = {
    "debian": PlatformFacts(
        "sha256:" + "d" * 64,
        env=(("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),),
        symlinks={"/bin": "usr/bin", "/lib": "usr/lib", "/sbin": "usr/sbin"},
        listings={"/": ("etc", "usr", "var"), "/usr": ("bin", "lib", "local", "sbin"), "/usr/local": ("bin", "sbin")},
        users={"root": 0},
    )
}
"""What the lock file says of the base in the examples."""


def steers(name: str) -> bool:
    """Whether a variable is known to steer tools, so that an ENV of it stays where it is."""
    return name in _STEERING or name.endswith(_STEERING_PARTS) or name.startswith(_STEERING_STARTS)


@dataclass
class _Way:
    """How far a group of instructions can go down."""

    group: list[StepView]
    verdict: Verdict = COMMUTE
    crossed: list[StepView] = field(default_factory=list)
    stop: StepView | None = None
    blocked: str = ""

    @property
    def runs(self) -> list[StepView]:
        return [view for view in self.crossed if isinstance(view.step.command, Run)]


def sink(rewrite: Rewrite, situation: Situation, stage: StageView, start: int) -> Iterator[Proposal]:
    """Proposals to move the instruction at `start` of a stage's own steps: the farthest first, then the surer ones."""
    steps = stage.own
    ways = [
        way
        for way in (
            _follow(steps, start, Tier.KNOWLEDGE, through_barriers=True),
            _follow(steps, start, Tier.KNOWLEDGE),
            _follow(steps, start, Tier.FACTS),
        )
        if way.runs
    ]
    seen: set[int] = set()
    for way in ways:
        if len(way.runs) in seen:
            continue
        seen.add(len(way.runs))
        yield _proposal(rewrite, situation, way)


def _follow(steps: tuple[StepView, ...], start: int, tier: Tier, *, through_barriers: bool = False) -> _Way:
    way = _Way([steps[start]])
    pending: list[StepView] = []
    for view in steps[start + 1 :]:
        if through_barriers and view.effect.barrier and not _mentions(way.group, view):
            pending.append(view)
            continue
        verdict = commute_all((one.effect for one in way.group), view.effect)
        if verdict.reason is None and verdict.tier <= tier:
            way.verdict &= verdict
            pending.append(view)
        elif verdict.reason is not None and _joins(view):
            way.group.append(view)
        else:
            way.stop = view
            break
    last = max((index for index, view in enumerate(pending) if isinstance(view.step.command, Run)), default=-1)
    # Without a reader the group stays close: behind the last RUN that it need not precede.
    way.crossed = pending if way.stop is not None else pending[: last + 1]
    if way.stop is None and way.crossed:
        # What joined from behind that RUN need not move at all.
        end = way.crossed[-1].step.command.node.start
        way.group = [view for view in way.group if view.step.command.node.start < end]
    return way


def _mentions(group: list[StepView], view: StepView) -> bool:
    """Whether a RUN that is not understood names a variable of the group: then it surely reads it."""
    text = view.step.command.node.original + "".join(doc.body for doc in view.step.command.node.heredocs)
    return any(name in text for one in group for name in one.effect.sets)


def _joins(view: StepView) -> bool:
    """Whether an instruction that reads the group may go down with it: it enters no build graph."""
    command = view.step.command
    if isinstance(command, Env):
        return not any(steers(name) for name in view.effect.sets)
    return isinstance(command, Arg | Label | Expose | Volume | Stopsignal | Healthcheck)


def _proposal(rewrite: Rewrite, situation: Situation, way: _Way) -> Proposal:
    dockerfile = situation.dockerfile
    nodes = tuple(view.step.command.node for view in way.group)
    if way.stop is not None:
        edits = move_before(dockerfile, nodes, way.stop.step.command.node)
        where = f"line {way.stop.step.command.node.line}, its first reader"
    else:
        edits = move_after(dockerfile, nodes, way.crossed[-1].step.command.node)
        where = f"line {way.crossed[-1].step.command.node.end_line}, behind the last RUN"
    names = ", ".join(sorted({name for view in way.group for name in view.effect.sets}))
    lines = ", ".join(str(view.step.command.node.line) for view in way.runs)
    count = len(way.runs)
    missing = tuple(
        Missing(
            f"whether the RUN of line {view.step.command.node.line} reads {names}: {view.effect.barrier}",
            "move the line by hand if it does not",
            assumable=False,
        )
        for view in way.runs
        if view.effect.barrier
    )
    reason = f"nothing between here and {where} reads {names}"
    return Proposal(
        rewrite.name,
        way.group[0].step.command.span,
        edits,
        Tier.ADVICE if missing else way.verdict.tier,
        rewrite.equivalence,
        reason,
        f"a new value of {names} re-runs {count} fewer RUN{'s' if count > 1 else ''} (line {lines})",
        missing,
        assumes=way.verdict.assumes,
    )
