"""An explanation in Markdown, for a comment on a pull request: no name in it can break the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.step_summary import cell
from bakegen.explaining.explanation import advice_text
from bakegen.explaining.shown import HEADS, rows, tree

if TYPE_CHECKING:
    from bakegen.explaining.explanation import Explanation

_MOST = 50
"""Rows of the table; a comment on GitHub has at most 65,536 characters."""
_TREE = 20_000


def markdown(found: Explanation) -> str:
    """A title, a table of the targets of which something runs again, what would have helped, all steps folded away."""
    shown = list(rows(found))
    lines = [f"### bakegen: {cell(found.said)}", "", f"Compared {found.title}.", ""]
    if shown:
        lines.append(f"| {' | '.join(HEADS)} |")
        lines.append("| --- | --- | --- | ---: | ---: |")
        lines += [f"| {' | '.join(map(cell, row))} |" for row in shown[:_MOST]]
        lines += [f"\n… and {len(shown) - _MOST} more targets"] if len(shown) > _MOST else []
        lines.append("")
    if found.quiet:
        lines += [f"{found.quiet[0].upper()}{found.quiet[1:]}.", ""]
    told = found.told()
    if told:
        lines += ["What would have helped:", "", *(f"- {cell(advice_text(one, names))}" for one, names in told), ""]
    steps = tree(found)
    if shown and len(steps) <= _TREE:
        lines += ["<details><summary>Stage by stage</summary>", "", _block(steps), "", "</details>", ""]
    return "\n".join(lines)


def _block(text: str) -> str:
    """A block of text as it stands; its fence is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}{fence}"
