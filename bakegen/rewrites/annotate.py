"""A diff whose every hunk knows the changes that made it; what `bakegen rewrite` prints."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.rewrites.driver import Applied

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk of a unified diff: its heading, its lines, and which of the changes (by index) it shows."""

    heading: str
    lines: tuple[str, ...]
    changes: tuple[int, ...]


def hunks(before: str, after: str, applied: Sequence[Applied]) -> tuple[Hunk, ...]:
    """The hunks between two texts, each with the indices of those of `applied` that touched its lines.

    Every change is in a hunk: a line that moved may be the one that the diff shows as staying while others move.
    """
    marks, gone = _marks(before, applied)
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        lines: list[str] = []
        changes: set[int] = set()
        for tag, old_start, old_end, new_start, new_end in group:
            changes = changes.union(*marks[new_start:new_end])
            if tag == "equal":
                lines += [" " + line for line in old[old_start:old_end]]
                continue
            lines += ["-" + line for line in old[old_start:old_end]]
            lines += ["+" + line for line in new[new_start:new_end]]
            changes = changes.union(*(gone.get(index, ()) for index in range(old_start, old_end)))
        heading = f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        found.append(Hunk(heading, tuple(_ended(line) for line in lines), tuple(sorted(changes))))
    if found:
        untold = set(range(len(applied))).difference(*(hunk.changes for hunk in found))
        found[-1] = replace(found[-1], changes=tuple(sorted(untold.union(found[-1].changes))))
    return tuple(found)


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> str:
    length = end - start
    return f"{start + 1 if length else start},{length}" if length != 1 else str(start + 1)


def _marks(before: str, applied: Sequence[Applied]) -> tuple[list[set[int]], dict[int, set[int]]]:
    """For each line of the last text the changes that made it, and for each line of the first that went, by which."""
    origins: list[int | None] = list(range(len(before.splitlines())))
    marks: list[set[int]] = [set() for _ in origins]
    gone: dict[int, set[int]] = {}
    for number, one in enumerate(applied):
        old, new = one.before.splitlines(keepends=True), one.after.splitlines(keepends=True)
        next_origins: list[int | None] = []
        next_marks: list[set[int]] = []
        for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                next_origins += origins[start:end]
                next_marks += marks[start:end]
                continue
            earlier: set[int] = set().union(*marks[start:end]) if start < end else set()
            for index in range(start, end):
                origin = origins[index]
                if origin is not None:
                    gone.setdefault(origin, set()).update(earlier | {number})
            next_origins += [None] * (new_end - new_start)
            next_marks += [earlier | {number} for _ in range(new_end - new_start)]
        origins, marks = next_origins, next_marks
    return marks, gone
