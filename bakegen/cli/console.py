"""Where commands speak: plain text when not a terminal, colour only where wanted, aligned tables."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from bakegen.cli import streams
from bakegen.diagnostics import Diagnostic, Severity, printable, render_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_SEVERITY_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def coloured(stream: TextIO) -> bool:
    """Whether `stream` gets colour: a terminal, and neither NO_COLOR nor a dumb TERM (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def style(text: str, name: str, stream: TextIO | None = None) -> str:
    """`text` in a style of `_STYLES` where `stream` (standard output) shows colour, else as it is."""
    if not coloured(stream or sys.stdout):
        return text
    return f"\x1b[{_STYLES[name]}m{text}\x1b[0m"


def write(text: str) -> None:
    """`text` to standard output, with undecodable bytes and what the terminal cannot encode escaped."""
    streams.put(sys.stdout, text)


def say(text: str) -> None:
    """One line of progress or result for people, on standard error."""
    streams.put(sys.stderr, f"{printable(text)}\n")


def report(diagnostics: Iterable[Diagnostic]) -> None:
    """Prints diagnostics to standard error, errors last so that they stay in sight."""
    order = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
    for diagnostic in sorted(diagnostics, key=lambda d: order.index(d.severity)):
        text = render_text(diagnostic)
        if coloured(sys.stderr):
            word = str(diagnostic.severity)
            text = text.replace(f"{word}:", style(f"{word}:", _SEVERITY_STYLE[diagnostic.severity], sys.stderr), 1)
        streams.put(sys.stderr, f"{text}\n")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An aligned table: a head in capitals, two blanks between columns, no trailing blanks."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max([len(head), *(len(row[i]) for row in cells)]) for i, head in enumerate(heads)]

    def line(row: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

    return "\n".join([style(line([head.upper() for head in heads]), "bold"), *map(line, cells)]) + "\n"
