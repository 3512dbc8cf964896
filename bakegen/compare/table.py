"""Differences for people: what is missing as a whole in one row, a summary where there are many, text as a diff."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.compare.differences import CONFIG, PRESENCE
from bakegen.compare.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bakegen.compare.differences import Difference

MOST_ROWS = 40
"""More rows are summed up."""
_DIFF_LINES = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a difference, and how many more are below its directory, which is there on one side only."""

    path: str
    aspect: str
    original: str
    rewritten: str
    below: int = 0


def rows(differences: Iterable[Difference]) -> list[Row]:
    """One row for each difference; a directory that one side lacks stands for all that is in it."""
    found: list[Row] = []
    above, below = "", 0

    def close() -> None:
        if below:
            last = found[-1]
            found[-1] = Row(last.path, last.aspect, last.original, last.rewritten, below)

    for one in differences:
        if above and one.aspect == PRESENCE and one.path.startswith(above):
            below += 1
            continue
        close()
        above, below = "", 0
        found.append(Row(one.path, one.aspect, one.original, one.rewritten))
        entry = one.before or one.after
        if one.aspect == PRESENCE and entry is not None and entry.kind is Kind.DIRECTORY:
            above = f"{one.path}/"
    close()
    return found


def summary(found: Sequence[Row], most: int = MOST_ROWS) -> list[Row]:
    """Rows for directories, as deep as `most` rows allow, with how often each aspect differs there."""
    depth = max((row.path.count("/") for row in found), default=0)
    while True:
        groups: dict[str, Counter[str]] = {}
        for row in found:
            groups.setdefault(_above(row.path, depth), Counter())[row.aspect.partition(" ")[0]] += 1 + row.below
        if len(groups) <= most or depth <= 1:
            break
        depth -= 1
    return [
        Row(path, ", ".join(f"{count} {aspect}" for aspect, count in sorted(counts.items())), "", "")
        for path, counts in groups.items()
    ]


def _above(path: str, depth: int) -> str:
    """The directory of `path`, at most `depth` names deep."""
    if path == CONFIG:
        return path
    parts = path.split("/")[1:-1][: depth - 1]
    return "/" + "".join(f"{part}/" for part in parts) + "…"


def text_diff(one: Difference) -> list[str]:
    """How a small text file differs, as the changed lines of a unified diff; nothing for anything else."""
    if one.aspect != "bytes" or one.before is None or one.after is None:
        return []
    if one.before.text is None or one.after.text is None:
        return []
    before, after = (text.decode("utf-8", "backslashreplace") for text in (one.before.text, one.after.text))
    lines = [
        line
        for line in difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
        if line[:2] != "@@"
    ][2:]
    more = [f"… and {len(lines) - _DIFF_LINES} more lines"] if len(lines) > _DIFF_LINES else []
    return lines[:_DIFF_LINES] + more
