"""What a RUN does to empty a directory that becomes a cache mount: what to take out, and what forbids the mount."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.effects.places import first_meeting, inside, tree
from bakegen.rewrites.cleanups import is_tidying, name_of, removals, within
from bakegen.rewrites.runs import chain, drop_command, drop_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bakegen.dockerfile.instructions import Run
    from bakegen.dockerfile.model import Dockerfile
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.stages import StepView
    from bakegen.rewrites.runs import Chain
    from bakegen.shell.syntax import Node
    from bakegen.text import Edit, Span

_REMOVES = re.compile(r"\b(?:rm|rmdir|find|mv|umount)\b")


def obstacle(view: StepView, run: Run, at: str) -> str:
    """Why a directory cannot become a mount because of what the RUN does to it, as a clause; "" where it can.

    A mount point cannot be removed: ``rm -rf`` of a directory above it would fail.
    """
    found = chain(run)
    swept: list[Span] = []
    if found is not None:
        for removal in removals(found, view.around.directory):
            touching = [path for path in removal.operands.values() if _may_meet(path, at)]
            if all(within(path, at) for path in touching):
                swept.append(_place(found, removal.command))
            else:
                outside = next(path for path in touching if not within(path, at))
                return f"removes {outside}, which the mount would be in"
        swept += [_place(found, item) for item in found.items if is_tidying(item)]
    for command in view.effect.commands:
        if command.install is None and not any(_covers(span, command) for span in swept):
            met = first_meeting(command.writes, (tree(at),))
            if met is not None and met[0].path != "/":
                return f"writes {met[0].path} otherwise than by installing"
    if view.effect.barrier:
        for text in _not_understood(view, run, found, swept):
            if _REMOVES.search(text):
                return f"may remove files there, which cannot be seen: {view.effect.barrier}"
    return ""


def sweep(
    dockerfile: Dockerfile, view: StepView, run: Run, targets: Collection[str], tools: Collection[str]
) -> tuple[Edit, ...]:
    """Edits that take out what would only empty the mounts at `targets`, which are those of `tools`."""
    found = chain(run)
    if found is None or not targets:
        return ()
    whole: set[int] = set()
    edits: list[Edit] = []
    # What a tool leaves behind whatever it does, it has left when it installed.
    left = {place.path for one in view.effect.commands if one.install is not None for place in one.writes}
    for removal in removals(found, view.around.directory):
        numbers = frozenset(
            number for number, path in removal.operands.items() if any(within(path, at) for at in targets)
        )
        if numbers and len(numbers) == len(removal.operands):
            whole.add(removal.index)
        elif numbers:
            edits += drop_words(dockerfile, found.text, removal.command, numbers)
    for index, item in enumerate(found.items):
        if is_tidying(item):
            effects = [one for one in view.effect.commands if _covers(_place(found, item), one)]
            places = [place.path for one in effects for place in one.writes]
            own = name_of(item)[0].removesuffix("-get").removesuffix("3") in tools
            if own and all(any(inside(path, at) for at in (*targets, *left)) for path in places):
                whole.add(index)
    if {0, 1} <= whole:
        # The first command goes together with what joins it to the second one.
        whole.discard(0)
    for index in sorted(whole):
        edits += drop_command(dockerfile, found, index)
    return tuple(edits)


def _may_meet(pattern: str, at: str) -> bool:
    fixed = re.split(r"[*?\[{]", pattern)[0]
    if fixed != pattern:
        fixed = fixed.rpartition("/")[0] or "/"
    return inside(at, fixed) or inside(fixed, at)


def _place(found: Chain, item: Node) -> Span:
    return found.text.place(item.start, item.end)


def _covers(span: Span, command: CommandEffect) -> bool:
    return command.span is not None and span.start <= command.span.start and command.span.end <= span.end


def _not_understood(view: StepView, run: Run, found: Chain | None, swept: list[Span]) -> Iterator[str]:
    """The texts of the commands of which no effect is known."""
    if found is None:
        yield run.node.logical + "".join(heredoc.body for heredoc in run.heredocs)
        return
    for item in found.items:
        place = _place(found, item)
        known = any(one.span is not None and one.span == place for one in view.effect.commands)
        if place not in swept and not known:
            yield found.source(item)
