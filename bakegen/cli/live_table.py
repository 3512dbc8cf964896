"""A running build as a table on a terminal, drawn over itself in place."""

from __future__ import annotations

import atexit
import os
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.building.masking import clean
from bakegen.building.model import Happening
from bakegen.cli import console
from bakegen.cli.board import Board, Row, State, cut, cut_inside, duration
from bakegen.cli.live_lines import Clock, Output, failed_log, failure, shown_name
from bakegen.diagnostics import columns

if TYPE_CHECKING:
    from typing import TextIO

    from bakegen.building.model import Event

_REDRAW = 0.1
_STYLES = {
    State.FAILED: "red",
    State.BUILDING: "cyan",
    State.RETRYING: "yellow",
    State.EXPORTING: "cyan",
    State.CACHING: "cyan",
    State.READY: "green",
    State.BUILT: "green",
    State.DONE: "green",
    State.NOT_BUILT: "yellow",
    State.WAITING: "dim",
    State.SKIPPED: "dim",
}
_STATE_WIDTH = max(len(state) for state in State)
_LEAST = 12
"""How much room there must be to say what a target does."""
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_BELOW = "\x1b[J"
_REST = "\x1b[K"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the table, and the part of it that has a style."""

    text: str
    start: int = 0
    end: int = 0
    style: str = ""

    def shown(self, stream: TextIO) -> str:
        """With its colour where the stream shows any."""
        styled = self.text[self.start : self.end]
        if not styled or not self.style:
            return self.text
        return f"{self.text[: self.start]}{console.style(styled, self.style, stream)}{self.text[self.end :]}"


class LiveTable:
    """A table that is drawn over itself, never longer or wider than the terminal; failures stay above it.

    Only lines that changed are written, all at once, over what was there: nothing flickers.
    """

    def __init__(self, stream: TextIO) -> None:
        self._output = Output(stream)
        self._lock = threading.RLock()
        self._board = Board()
        self._clock = Clock()
        self._drawn: list[_Line] = []
        self._size = (0, 0)
        self._last = float("-inf")
        self._begun = self._closed = False

    def event(self, event: Event) -> None:
        """Takes it in, and shows it now or at the next tick."""
        with self._lock:
            if self._closed:
                return
            self._clock.hear(event.at)
            row = self._board.take(event)
            if event.what is Happening.FAILED:
                name = console.style(shown_name(row), "bold", self._output.stream)
                self._draw(above=f"{name}: failed{failure(event)}\n{failed_log(event)}")
            self.tick()

    def tick(self) -> None:
        """Draws what has changed, ten times a second at most."""
        with self._lock:
            if not self._closed and time.monotonic() >= self._last + _REDRAW:
                self._draw()

    def say(self, text: str) -> None:
        """Shows a line above the table, where it stays; after the table where that is closed."""
        with self._lock:
            if self._closed:
                self._output.write(f"{clean(text)}\n")
            else:
                self._draw(above=f"{clean(text)}\n")

    def close(self) -> None:
        """Takes the table away and gives the cursor back."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._begun:
                self._output.write(f"{self._up()}{_BELOW}{_SHOW}")
                atexit.unregister(self.close)

    def _draw(self, above: str = "") -> None:
        self._last = time.monotonic()
        size = _size(self._output.stream)
        lines = self._lines(*size)
        whole = bool(above) or size != self._size
        if lines == self._drawn and not whole:
            return
        up = self._up()
        self._size = size
        known = [] if whole else self._drawn
        parts = [up, _BELOW if whole else "", above]
        for place, line in enumerate(lines):
            same = place < len(known) and known[place] == line
            parts.append("\n" if same else f"{line.shown(self._output.stream)}{_REST}\n")
        parts.append(_BELOW if len(lines) < len(known) else "")
        if not self._begun:
            self._begun = True
            atexit.register(self.close)
            parts.insert(0, _HIDE)
        self._drawn = lines
        self._output.write("".join(parts))

    def _up(self) -> str:
        """Back to where the table begins; in a terminal that got narrower its lines take several."""
        if not self._drawn:
            return "\r"
        width = _size(self._output.stream)[0]
        return f"\r\x1b[{sum(max(1, -(-columns(line.text) // width)) for line in self._drawn)}A"

    def _lines(self, width: int, height: int) -> list[_Line]:
        """A head, the rows that there is room for, and the numbers of the whole."""
        now = self._clock.now()
        rows = self._board.ordered()[: max(1, height - 3)]
        names = [shown_name(row) for row in rows]
        room = min(max([len("TARGET"), *map(columns, names)]), max(12, width // 3))
        head = f"{'TARGET':{room}}  {'STATE':{_STATE_WIDTH}}  {'STEP':>5}  {'CACHED':>6}  {'TIME':>7}"
        lines = [_Line(head, 0, len(head), "bold")] if rows else []
        for row, name in zip(rows, names, strict=True):
            shown = cut_inside(name, room)
            shown += " " * (room - columns(shown) + 2)
            text = f"{shown}{row.state:{_STATE_WIDTH}}  {_cells(row, now)}"
            if width - columns(text) > _LEAST:
                text += f"  {row.at}"
            lines.append(_Line(text.rstrip(), len(shown), len(shown) + len(row.state), _STYLES[row.state]))
        lines.append(_Line("  ".join(filter(None, (duration(now, exact=False), self._board.totals())))))
        return [replace(line, text=cut(line.text, width - 1)) for line in lines]


def _cells(row: Row, now: float) -> str:
    step = f"{row.done}/{row.total}" if row.total else ""
    cached = str(row.cached) if row.total else ""
    time = duration(row.seconds(now), exact=row.ended is not None) if row.began is not None else ""
    return f"{step:>5}  {cached:>6}  {time:>7}"


def _size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of the terminal, with what terminals have that do not tell."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return (80, 24)
    return (found.columns or 80, found.lines or 24)
