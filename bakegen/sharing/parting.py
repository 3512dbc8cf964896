"""Where the images of a matrix part and why, by their plan: the instruction, and which of its inputs differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.explaining.causes import clipped, input_causes
from bakegen.explaining.texts import without_digest
from bakegen.sharing.tree import prefix_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bakegen.explaining.causes import Cause
    from bakegen.sharing.lines import Lines
    from bakegen.sharing.model import Line, LineStep, Member
    from bakegen.text import Location

_NAMES = 3
_DEPTH = 8
"""So many stages that copy from one another are followed; more is no Dockerfile of a person."""
_DIFFERS = {"changed": "differs", "added": "only in some", "removed": "only in some", "runs again": "differs"}


@dataclass(frozen=True, slots=True)
class Reason:
    """One input that differs between variants; values of arguments and variables are never told.

    Attributes:
        kind: ``argument``, ``variable``, ``file``, ``instruction``, ``setting``, ``base``, ``source``, ``stage``,
            ``target``, ``end`` (some have no further step) or ``built`` (no input differs, but they were built apart).
        name: which one of that kind, "" where there is only one.
        what: a clause.
        because: of a stage or target that files are copied from, where that one parts.
    """

    kind: str
    name: str
    what: str
    because: Parting | None = None

    @property
    def text(self) -> str:
        """The reason in a few words."""
        kind = "" if self.kind in ("file", "instruction", "setting", "source", "end", "built") else self.kind
        said = " ".join(part for part in (kind, self.name, self.what) if part)
        if self.because is not None:
            said += f" from {self.because.place} {clipped(self.because.text, 40)} on: {self.because.why}"
        return clean_line(said)


@dataclass(frozen=True, slots=True)
class Parting:
    """An instruction behind which images are not the same any more.

    Attributes:
        position: 0 for the FROM, n for the n-th step of their lines.
        target: the target whose instruction it is: it may be a parent.
        text: the instruction as the first group has it.
        location: where a person changes it.
        into: the groups that share it still or further, as names of targets.
        reasons: which of its inputs differ.
    """

    position: int
    target: str
    text: str
    location: Location
    into: tuple[tuple[str, ...], ...]
    reasons: tuple[Reason, ...]

    @property
    def place(self) -> str:
        """As ``images/app/Dockerfile:4``."""
        source = self.location.source
        return clean_line(f"{source.path}:{source.position(self.location.span.start)[0]}")

    @property
    def why(self) -> str:
        """All reasons on one line: the first few, and how many more there are."""
        said = [one.text for one in self.reasons[:_NAMES]]
        if len(self.reasons) > _NAMES:
            said.append(f"{len(self.reasons) - _NAMES} more")
        return ", ".join(said)


def first_parting(lines: Lines, members: Sequence[Member]) -> Parting | None:
    """Where the plan's steps of `members` part first; None where all are the same, or fewer than two are known."""
    known = [one for one in members if one.line is not None]
    if len(known) < 2:
        return None
    root = prefix_tree([one.line.states for one in known if one.line is not None])
    if not root.children:
        return None
    return parting_at(lines, [[known[number] for number in child.members] for child in root.children], root.end)


def parting_at(lines: Lines, groups: Sequence[Sequence[Member]], position: int) -> Parting | None:
    """The instruction at `position`, at which `groups` of members part; None where nobody has one there."""
    first = [(group[0].line, group[0].platform) for group in groups]
    pairs = [(line, platform) for line, platform in first if line is not None]
    there = [(line, platform) for line, platform in pairs if position <= len(line.steps)]
    if not there:
        return None
    into = tuple(tuple(one.target for one in group) for group in groups)
    line = there[0][0]
    reasons = _Reasons(lines).at([line for line, _ in there], there[0][1], position)
    if len(there) < len(pairs):
        reasons = (*reasons, Reason("end", "", "some end before it"))
    if position == 0:
        start = line.start
        target = line.steps[0].target if line.steps else into[0][0]
        return Parting(0, target, start.text, start.location, into, reasons)
    one = line.steps[position - 1]
    return Parting(position, one.target, one.step.shown, one.step.location, into, reasons)


class _Reasons:
    """Finds the inputs that differ."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def at(self, lines: Sequence[Line], platform: str, position: int, depth: int = 0) -> tuple[Reason, ...]:
        """What differs between the instructions of several lines at a position."""
        if position == 0:
            return tuple(_starts(lines))
        steps = [line.steps[position - 1] for line in lines]
        found = [reason for other in steps[1:] for reason in self._steps(other, steps[0], platform, depth)]
        unique = {(one.kind, one.name): one for one in reversed(found)}
        reasons = tuple(reversed(unique.values()))
        if len({line.states[position] for line in lines}) == 1 and len(lines) > 1:
            return (Reason("built", "", "no input differs: built apart, without a cache in common"),)
        return reasons

    def _steps(self, one: LineStep, other: LineStep, platform: str, depth: int) -> Iterator[Reason]:
        if one.step.text != other.step.text:
            yield Reason("instruction", "", "the instructions differ")
            return
        for cause in input_causes(one.step, other.step):
            yield Reason(
                cause.kind, clean_line(cause.name), _what(cause), self._because(cause, one, other, platform, depth)
            )

    def _because(self, cause: Cause, one: LineStep, other: LineStep, platform: str, depth: int) -> Parting | None:
        """Where the stages or targets part that two steps copy from."""
        if cause.kind not in ("stage", "target") or depth >= _DEPTH:
            return None
        if cause.kind == "stage":
            both = [self._lines.stage(step.target, step.stage.platform, cause.name) for step in (one, other)]
        else:
            both = [self._lines.of(cause.name, platform)] * 2
        known = [line for line in both if line is not None]
        root = prefix_tree([line.states for line in known]) if len(known) == 2 else None
        if root is None or not root.children:
            return None
        at = root.end
        there = [line for line in known if at <= len(line.steps)]
        line = there[0]
        reasons = self.at(there, platform, at, depth + 1)
        into = ((one.target,), (other.target,))
        if at == 0:
            return Parting(0, one.target, line.start.text, line.start.location, into, reasons)
        step = line.steps[at - 1]
        return Parting(at, step.target, step.step.shown, step.step.location, into, reasons)


def _what(cause: Cause) -> str:
    return _DIFFERS.get(cause.what, cause.what.replace("changed", "differs"))


def _starts(lines: Sequence[Line]) -> Iterator[Reason]:
    """What differs between FROMs."""
    starts = [line.start for line in lines]
    names = list(dict.fromkeys(without_digest(one.base.name) for one in starts))
    for name in sorted({name for one in starts for name in one.arguments}):
        if len({one.arguments.get(name, "") for one in starts}) > 1:
            yield Reason("argument", name, "differs")
    if len(names) > 1:
        yield Reason("base", "", f"{len(names)} different bases: {_some(names)}")
        return
    digests = {one.base.state.strict for one in starts}
    if len(digests) > 1:
        references = list(dict.fromkeys(one.base.reference for one in starts if one.base.reference))
        others = f": {_some(references)}" if len(references) > 1 else ""
        yield Reason("base", names[0], f"stands for {len(digests)} different images{others}")
    elif len(lines) > 1:
        yield Reason("built", "", "no input differs: built on different versions of the base image")


def _some(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_NAMES]) + (f" and {len(found) - _NAMES} more" if len(found) > _NAMES else "")
