"""A running build as lines: for people where there is no terminal, as JSON for programs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from bakegen.building.events import event_line
from bakegen.building.masking import clean, clean_line
from bakegen.building.model import Happening
from bakegen.cli.board import Board, Row, State, cut, duration

if TYPE_CHECKING:
    from typing import TextIO

    from bakegen.building.model import Event

_HEARTBEAT = 30.0
_LONGEST_STEP = 100


class Output:
    """A stream that may go away: what cannot be written any more is dropped, the build goes on."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.gone = False

    def write(self, text: str) -> None:
        """Writes at once, with what the stream cannot encode escaped."""
        encoding = self.stream.encoding or "utf-8"
        if self.gone or not text:
            return
        if not encoding.lower().startswith("utf"):
            text = text.replace("…", "~")
        try:
            self.stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self.stream.flush()
        except (OSError, ValueError):
            self.gone = True


class JsonLines:
    """Events as lines of JSON."""

    def __init__(self, stream: TextIO) -> None:
        self._output = Output(stream)
        self._lock = threading.Lock()

    def event(self, event: Event) -> None:
        """Writes it."""
        with self._lock:
            self._output.write(event_line(event))

    def tick(self) -> None:
        """Nothing: events carry their time."""

    def say(self, text: str) -> None:
        """Writes the line as it is, escaped."""
        with self._lock:
            self._output.write(f"{clean(text)}\n")

    def close(self) -> None:
        """Nothing: every line is whole."""


class Clock:
    """Seconds since the build began, set by the events, which know."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def hear(self, at: float) -> None:
        """An event may come late but never early."""
        self._began = min(self._began, time.monotonic() - at)

    def now(self) -> float:
        """Seconds since the build began."""
        return time.monotonic() - self._began


class PlainLines:
    """A line when a target starts, is ready, fails, is done; and one now and then that tells that it lives."""

    def __init__(self, stream: TextIO) -> None:
        self._output = Output(stream)
        self._lock = threading.Lock()
        self._board = Board()
        self._clock = Clock()
        self._beat = 0.0

    def event(self, event: Event) -> None:
        """Writes the lines that it is worth."""
        with self._lock:
            self._clock.hear(event.at)
            known = self._board.rows.get(event.target)
            ready = known is not None and bool(known.reference)
            row = self._board.take(event)
            if event.what is Happening.READY and ready:
                return
            for line in _plain(event, row):
                self._output.write(f"[{duration(event.at):>7}] {line}\n")
            if event.what is Happening.FAILED:
                self._output.write(failed_log(event))

    def tick(self) -> None:
        """Tells what runs, where it has not for a while."""
        with self._lock:
            now = self._clock.now()
            if now < self._beat + _HEARTBEAT:
                return
            self._beat = now
            running = [
                f"{shown_name(row)} {row.done}/{row.total}" for row in self._board.ordered() if row.state.running
            ]
            more = f"; {cut(', '.join(running), _LONGEST_STEP)}" if running else ""
            self._output.write(f"[{duration(now):>7}] {self._board.totals() or 'nothing yet'}{more}\n")

    def say(self, text: str) -> None:
        """Writes the line as it is, escaped."""
        with self._lock:
            self._output.write(f"{clean(text)}\n")

    def close(self) -> None:
        """Nothing: every line is whole."""


def shown_name(row: Row) -> str:
    """The name of a target as it may be shown."""
    return clean_line(row.target)


def _plain(event: Event, row: Row) -> list[str]:
    """The lines that an event is worth."""
    facts = event.facts
    name = shown_name(row)
    match event.what:
        case Happening.STARTED:
            return [f"{name}: started"]
        case Happening.READY:
            reference, digest = (clean_line(str(facts.get(key, ""))) for key in ("reference", "digest"))
            return [f"{name}: ready as {reference}@{digest}"]
        case Happening.CACHED:
            return [f"{name}: cache written"]
        case Happening.FAILED:
            return [f"{name}: failed{failure(event)}"]
        case Happening.RETRY:
            return [f"{name or 'all'}: trying again: {clean_line(str(facts.get('why', '')))}"]
        case Happening.DONE if row.state is State.DONE:
            steps = f"{row.total} step{'s' * (row.total != 1)}, {row.cached} cached"
            return [f"{name}: done in {duration(row.seconds(event.at))}, {steps}"]
        case Happening.DONE if name and not row.error and row.state is not State.SKIPPED:
            error = clean_line(str(facts.get("error", "")))
            return [f"{name}: {row.state}: {error}" if error else f"{name}: {row.state}"]
    return []


def failure(event: Event) -> str:
    """Where and why a target failed, to stand behind "failed"."""
    step = clean_line(str(event.facts.get("step", "")))
    error = clean_line(str(event.facts.get("error", "")))
    return f" at {cut(step, _LONGEST_STEP)}: {error}" if step else f": {error}"


def failed_log(event: Event) -> str:
    """What the failed step printed, set off so that no line of it begins as a command to a CI would."""
    lines = clean(str(event.facts.get("log", ""))).split("\n")
    return "".join(f"          | {line}\n" for line in lines) if any(lines) else ""
