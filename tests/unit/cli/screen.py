"""As much of a terminal as a table that is drawn in place needs."""

from __future__ import annotations

import re

_CODES = re.compile(r"\x1b\[(?P<number>\d*)(?P<code>[AJKm])|\x1b\[\?25(?P<cursor>[lh])|(?P<text>.)", re.DOTALL)


def screen(written: str) -> tuple[list[str], bool]:
    """The lines that a terminal of any height shows after what was written, and whether it shows the cursor."""
    lines, row, column, cursor = [""], 0, 0, True
    for found in _CODES.finditer(written):
        match found["code"]:
            case "A":
                assert row >= int(found["number"]), "the cursor leaves the screen"
                row -= int(found["number"])
            case "J":
                lines[row:] = [lines[row][:column]]
            case "K":
                lines[row] = lines[row][:column]
        if found["cursor"]:
            cursor = found["cursor"] == "h"
        text = found["text"] or ""
        if text == "\r":
            column = 0
        elif text == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif text:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + 1 :]
            column += 1
    return lines, cursor
