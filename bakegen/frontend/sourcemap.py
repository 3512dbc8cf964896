"""Lines of a rewritten Dockerfile back to those of the user's text, in the definitions that BuildKit builds.

Each change of the driver is followed by itself, the last one first: lines that it left alone are known by their text,
lines that it wrote by what they look like, and what it made anew stands for the instruction that it was about.
Source: message Source in BuildKit's solver/pb/ops.proto, which failing steps are shown by.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bakegen.frontend.messages import llb_pb2 as llb
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bakegen.rewrites.driver import Applied

_ALIKE = 0.6
_MOST_COMPARED = 60
"""Changed lines of one step beyond which nothing is compared by its looks."""

Lines = tuple[int, int]
"""First and last line, counted from 1."""


class LineMap:
    """For every line of the rewritten text the lines of the user's text that it came from."""

    def __init__(self, before: str, applied: Sequence[Applied] = ()) -> None:
        """`applied` are the changes that led from `before` to the rewritten text."""
        self._origins: list[Lines] = [(number, number) for number in range(1, _count(before) + 1)]
        for change in applied:
            self._origins = self._after(change)

    def lines(self, first: int, last: int) -> Lines:
        """The lines of the user's text that lines of the rewritten text came from; lines beyond its end stay."""
        last = max(first, last)
        found = [self._origins[line - 1] for line in (first, last) if 1 <= line <= len(self._origins)]
        if len(found) == 2:
            found = self._origins[first - 1 : last]
        return (min(one[0] for one in found), max(one[1] for one in found)) if found else (first, last)

    def _after(self, change: Applied) -> list[Lines]:
        old, new = change.before.split("\n"), change.after.split("\n")
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        old_end, new_end = len(old) - tail, len(new) - tail
        whole = self._whole(change)
        middle = _matched(old[head:old_end], new[head:new_end])
        made = [whole if at is None else self._origins[head + at] for at in middle]
        return [*self._origins[:head], *made, *self._origins[old_end:]]

    def _whole(self, change: Applied) -> Lines:
        """The lines of the instruction that a change is about."""
        source = Source("", change.before)
        span = change.proposal.span
        first = source.position(span.start)[0]
        last = source.position(max(span.start, span.end - 1))[0]
        return self.lines(first, last)


def _count(text: str) -> int:
    return text.count("\n") + 1


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _matched(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each new line the index of the old one that it is, or that it looks like; None for neither."""
    free = list(range(len(old)))
    found: list[int | None] = [None] * len(new)
    places: dict[str, list[int]] = {}
    for index in free:
        places.setdefault(old[index].strip(), []).append(index)
    for index, line in enumerate(new):
        same = places.get(line.strip())
        if same:
            found[index] = same.pop(0)
    if len(old) + len(new) > _MOST_COMPARED:
        return found
    taken = set(found)
    rest = [index for index in free if index not in taken]
    for index, line in enumerate(new):
        if found[index] is None and rest:
            near = max(rest, key=lambda at, line=line: _alike(old[at], line))  # type: ignore[misc]
            if _alike(old[near], line) >= _ALIKE:
                found[index] = near
    return found


def _alike(old: str, new: str) -> float:
    """How much of the old line's words are in the new one, in order: flags that were added do not count."""
    left, right = old.split(), new.split()
    if not left:
        return 0.0
    same = sum(block.size for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks())
    return same / len(left)


class SourceMap:
    """The two texts of one Dockerfile and the way back from the one to the other."""

    def __init__(self, before: bytes, after: bytes, lines: LineMap, definition: llb.Definition) -> None:
        """`before` is what the user wrote, to be read by `definition`; `after` what was built."""
        self.before = before
        self.after = after
        self._lines = lines
        self._definition = definition
        self._before_lines, self._after_lines = before.split(b"\n"), after.split(b"\n")

    def ranges(self, ranges: Iterable[llb.Range]) -> list[llb.Range]:
        """The places in the user's text for those in the rewritten one."""
        return [self._range(one.start.line, one.end.line, one) for one in ranges]

    def _range(self, start: int, end: int, given: llb.Range | None = None) -> llb.Range:
        first, last = self._lines.lines(start, end)
        # Columns tell something only where the line is the one that it was.
        kept = given if given is not None and first == last and self._same(start, first) else llb.Range()
        return llb.Range(
            start=llb.Position(line=first, character=kept.start.character),
            end=llb.Position(line=last, character=kept.end.character),
        )

    def _same(self, line: int, origin: int) -> bool:
        after, before = self._after_lines, self._before_lines
        return 0 < line <= len(after) and 0 < origin <= len(before) and after[line - 1] == before[origin - 1]

    def definition(self, given: llb.Definition) -> llb.Definition:
        """A definition whose vertices point into the user's text; the graph itself stays as it is."""
        made = llb.Definition()
        made.CopyFrom(given)
        mine = {index for index, info in enumerate(made.source.infos) if info.data == self.after}
        for index in mine:
            made.source.infos[index].data = self.before
            made.source.infos[index].definition.CopyFrom(self._definition)
        for locations in made.source.locations.values():
            for one in locations.locations:
                if one.source_index in mine:
                    ranges = self.ranges(one.ranges)
                    del one.ranges[:]
                    one.ranges.extend(ranges)
        return made
