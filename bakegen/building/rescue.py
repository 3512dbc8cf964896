"""What was built of a target that did not get done, as a Dockerfile that ends before the first step that is missing.

Built on the same engine it runs nothing: it only writes into the target's cache what would be lost with the engine.
Pure; `bakegen.workspace.rescue` reads the Dockerfile and bakes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.building.stream import Place, place_of
from bakegen.dockerfile.instructions import Run, Transfer, Workdir

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.building.stream import Step
    from bakegen.dockerfile import Dockerfile, Resolved, Stage
    from bakegen.dockerfile.instructions import Command

KEPT_STAGE = "bakegen-kept"
"""The stage that depends on the ends of several others and takes nothing from them."""
_NOTHING = "/.bakegen-kept-nothing-*"
WORTH_SECONDS = 1.0
"""What ran anew must have taken that long together: less is no reason to write over the cache that is there."""


@dataclass(slots=True)
class Work:
    """What an engine has done of one target in one build, in however many bakes.

    Attributes:
        done: whether each instruction is done, by where it stands; the engine keeps it once it was in any bake.
    """

    done: dict[Place, bool] = field(default_factory=dict)

    def hear(self, steps: Iterable[Step]) -> None:
        """Takes the instructions of the target as a bake left them."""
        for step in steps:
            for name in step.names:
                place = place_of(name)
                if place is not None:
                    self.done[place] = self.done.get(place, False) or step.done


@dataclass(frozen=True, slots=True)
class Cut:
    """A Dockerfile that ends early.

    Attributes:
        text: its text. What is left of the original one has the same bytes, so that its steps are the same; what is
            to be built is the last stage.
        instructions: the texts of the instructions that it has, as BuildKit names them.
        contexts: the values of the named contexts that it needs.
    """

    text: str
    instructions: tuple[str, ...]
    contexts: frozenset[str]


def cut(
    dockerfile: Dockerfile,
    work: Work,
    *,
    target: str | None = None,
    args: Mapping[str, str] | None = None,
    platform: str | None = None,
    contexts: Mapping[str, str] | None = None,
) -> Cut | None:
    """`dockerfile` with each stage ended before its first step that is not done; None where nothing would be left.

    Stages whose ends no other one needs are joined by a last one that copies from each of them what cannot be there
    (BuildKit's COPY takes a pattern that nothing matches), so that one build has all of them in one cache.

    Args:
        dockerfile: as it was built.
        work: what is done.
        target, args, platform, contexts: what it was built with.
    """
    if not dockerfile.ok or "TARGETSTAGE" in dockerfile.source.text:
        return None  # TARGETSTAGE is the name of the stage that is built, which is another one here
    resolved = dockerfile.resolve(args, target=target, platform=platform, contexts=contexts)
    if resolved.target is None:
        return None
    reached = [stage.stage for stage in resolved.reachable if not stage.replaced]
    found = {stage.index: _done_in(stage, work, len(dockerfile.stages), platform) for stage in reached}
    kept = {index: count for index, (count, _) in found.items() if count}
    needed = _complete(resolved, kept)
    ends = [index for index in sorted(kept) if index not in needed]
    if not ends:
        return None
    stages = dockerfile.stages[: ends[-1] + 1]
    text = "".join([_before(dockerfile), *(_stage_text(dockerfile, one, kept.get(one.index, 0)) for one in stages)])
    if len(ends) > 1:
        copies = "".join(f"COPY --from={index} {_NOTHING} /\n" for index in ends)
        text = f"{text.rstrip()}\nFROM scratch AS {KEPT_STAGE}\n{copies}"
    texts = tuple(text for _, done in found.values() for text in done)
    return Cut(text, texts, _contexts(resolved, kept))


def _done_in(stage: Stage, work: Work, stages: int, platform: str | None) -> tuple[int, tuple[str, ...]]:
    """How many commands of a stage are done from its beginning on, and the texts of those that BuildKit counts.

    BuildKit numbers RUN, COPY, ADD and WORKDIR (prefixCommand in frontend/dockerfile/dockerfile2llb/convert.go), behind
    what comes of FROM and of ONBUILD in the image. A step that another stage or target has too may bear their name
    alone; it is taken for done where a later one is.
    """
    counted = [(at, one) for at, one in enumerate(stage.commands) if _counts(one)]
    steps, number = _numbered(stage, work, stages, [one for _, one in counted])
    count = 0
    texts: list[str] = []
    waiting: list[str] = []
    for at, command in counted if steps else ():
        if _makes_nothing(command):
            continue
        states = _of_platform({place: done for place, done in steps.items() if place.number == number}, platform)
        number += 1
        if any(place.text.partition(" ")[0] != command.name for place in states) or not all(states.values()):
            break
        waiting += [place.text for place in states]
        if states:
            count = at + 1
            texts += waiting
            waiting = []
    return count, tuple(texts)


def _numbered(stage: Stage, work: Work, stages: int, counted: list[Command]) -> tuple[dict[Place, bool], int]:
    """The steps of a stage, and the number of the first of its own `counted` instructions."""
    own: dict[Place, bool] = {}
    for place, done in work.done.items():
        if stages == 1 or place.stage == stage.label:
            # A stage alone may bear the name of the target, in a bake of several.
            alike = replace(place, stage=stage.label)
            own[alike] = own.get(alike, False) or done
    # What bears the name of a stage of another target, which is like this one, has another total.
    totals = Counter(one.count for one in own if one.count >= len(counted) and not one.text.startswith("FROM "))
    if not totals:
        return {}, 0
    total = max(totals, key=lambda one: (totals[one], one))
    steps = {place: done for place, done in own.items() if place.count == total}
    # Where ONBUILD of the image is not counted beforehand, it pushes the numbers beyond the total.
    last = max(place.number for place in steps)
    usual = total - len(counted) + max(0, last - total) + 1
    # FROM a named context is counted and has no number.
    numbered = [one for one in counted if not _makes_nothing(one)]
    found = max((usual, last - len(numbered) + 1), key=lambda first: _alike(steps, numbered, first))
    return steps, found


def _alike(steps: Mapping[Place, bool], commands: list[Command], first: int) -> int:
    """How many steps say what the instructions say, if these have the numbers from `first` on."""
    said = {place.number: place.text for place in steps}
    return sum(said.get(first + at, "").split() == one.node.logical.split() for at, one in enumerate(commands))


def _makes_nothing(command: Command) -> bool:
    """Whether an instruction has no step, and no number, though it is counted."""
    return isinstance(command, Workdir) and command.path.text == "/"


def _of_platform(states: Mapping[Place, bool], platform: str | None) -> Mapping[Place, bool]:
    """The steps that are those of `platform`; where it has none of its own, they are those of another one, too.

    What is built on one platform for another bears both: ``linux/amd64->arm64`` (formatTargetPlatform in BuildKit's
    dockerfile2llb).
    """
    if platform is None:
        return states
    own = {}
    for place, done in states.items():
        of = place.platform.rpartition("->")[2]
        if platform in (of, f"{place.platform.partition('/')[0]}/{of}"):
            own[place] = done
    return own or states


def _counts(command: Command) -> bool:
    return isinstance(command, Run | Transfer | Workdir)


def _complete(resolved: Resolved, kept: dict[int, int]) -> set[int]:
    """The stages that those in `kept` need, which are done to their ends then: they are added to `kept` as such."""
    needed: set[int] = set()
    waiting = list(kept)
    for index in waiting:
        stage = resolved.stages[index]
        commands = set(stage.stage.commands[: kept[index]])
        links = [link.target for link in stage.links if link.command in commands and link.context is None]
        for one in (stage.base.stage.index if stage.base is not None else None, *links):
            if one is None or one in needed:
                continue
            needed.add(one)
            if not resolved.stages[one].replaced:
                kept[one] = len(resolved.stages[one].stage.commands)
                waiting.append(one)
    return needed


def _contexts(resolved: Resolved, kept: Mapping[int, int]) -> frozenset[str]:
    found: set[str] = set()
    for index, count in kept.items():
        stage = resolved.stages[index]
        commands = set(stage.stage.commands[:count])
        bases = (stage, *([stage.base] if stage.base is not None else []))
        used = [*(one.context for one in bases), *(link.context for link in stage.links if link.command in commands)]
        used += [
            resolved.stages[link.target].context
            for link in stage.links
            if link.command in commands and link.target is not None
        ]
        found.update(one for one in used if one is not None)
    return frozenset(found)


def _before(dockerfile: Dockerfile) -> str:
    """Directives, comments and global arguments."""
    return dockerfile.source.text[: dockerfile.stages[0].start.node.line_span.start]


def _stage_text(dockerfile: Dockerfile, stage: Stage, count: int) -> str:
    """A stage with its first `count` commands, and those behind them up to the next one that runs something."""
    text = dockerfile.source.text
    following = next((one for at, one in enumerate(stage.commands) if at >= count and _counts(one)), None)
    ended = following.node.line_span.start if following is not None else None
    if ended is None and stage.index + 1 < len(dockerfile.stages):
        ended = dockerfile.stages[stage.index + 1].start.node.line_span.start
    found = text[stage.start.node.line_span.start : ended]
    return found if ended is not None or found.endswith("\n") else f"{found}\n"
