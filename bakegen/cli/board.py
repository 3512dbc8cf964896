"""What a build is at, from its events: a row for each target, numbers of the whole; `bakegen.cli.live` shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.model import Action, Happening, Status
from bakegen.diagnostics import columns

if TYPE_CHECKING:
    from bakegen.building.model import Event


class State(StrEnum):
    """What a target is at, in the order in which people look for it."""

    FAILED = "failed"
    BUILDING = "building"
    RETRYING = "retrying"
    EXPORTING = "exporting"
    CACHING = "caching"
    NOT_BUILT = "not built"
    READY = "ready"
    BUILT = "built"
    DONE = "done"
    WAITING = "waiting"
    SKIPPED = "skipped"

    @property
    def running(self) -> bool:
        """Whether its time goes on."""
        return self in _RUNNING


_RUNNING = (State.BUILDING, State.RETRYING, State.EXPORTING, State.CACHING)
_ORDER = {state: place for place, state in enumerate(State)}
_ENDED = {
    Status.BUILT: State.DONE,
    Status.SKIPPED: State.SKIPPED,
    Status.FAILED: State.FAILED,
    Status.NOT_BUILT: State.NOT_BUILT,
}
_PHASES = {"step": State.BUILDING, "image": State.EXPORTING, "cache": State.CACHING}


@dataclass(slots=True)
class Row:
    """What one target is at.

    Attributes:
        began, ended: seconds since the build began; None where not yet.
        cached: its steps from a cache so far.
        running: its steps that run, the last begun last.
        reference: the first that it can be pulled by.
        error: why it failed.
    """

    target: str
    state: State = State.WAITING
    began: float | None = None
    ended: float | None = None
    done: int = 0
    total: int = 0
    cached: int = 0
    running: dict[str, None] = field(default_factory=dict)
    reference: str = ""
    error: str = ""

    def seconds(self, now: float) -> float:
        """How long it has run, `now` seconds after the build began."""
        if self.began is None:
            return 0.0
        return max(0.0, (now if self.ended is None else self.ended) - self.began)

    @property
    def at(self) -> str:
        """What it does now, why it failed, or what it can be pulled by."""
        return self.error or next(reversed(self.running), self.reference)


class Board:
    """The rows of all targets that an event told of."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def take(self, event: Event) -> Row:
        """Takes in what happened and returns the row of its target."""
        row = self.rows.setdefault(event.target, Row(event.target)) if event.target else Row("")
        match event.what:
            case Happening.DECIDED:
                row.state = State.SKIPPED if event.facts.get("decision") == Action.SKIP else State.WAITING
            case Happening.STARTED:
                self.rows[event.target] = row = Row(event.target, State.BUILDING, event.at)
            case Happening.STEP:
                _take_step(row, event)
            case Happening.READY:
                row.reference = row.reference or clean_line(str(event.facts.get("reference", "")))
                row.state = State.READY if row.state is State.BUILT else row.state
            case Happening.FAILED:
                row.state, row.ended = State.FAILED, event.at
                row.error = clean_line(str(event.facts.get("error", "")))
                row.running.clear()
            case Happening.RETRY:
                row.state, row.ended, row.error = State.RETRYING, None, ""
                row.running.clear()
            case Happening.DONE:
                _end(row, event)
        return row

    def ordered(self) -> list[Row]:
        """The rows: what failed first, then what runs, then what ended last; what was skipped is last."""
        return sorted(
            self.rows.values(),
            key=lambda row: (_ORDER[row.state] if not row.state.running else 1, -(row.ended or 0), row.began or 0),
        )

    def totals(self) -> str:
        """How many targets are at what, in one line: "1 failed, 2 building, 3 waiting"."""
        found = Counter(row.state for row in self.rows.values())
        return ", ".join(f"{found[state]} {state}" for state in State if found[state])


def _take_step(row: Row, event: Event) -> None:
    facts = event.facts
    name, phase, state = (str(facts.get(key, "")) for key in ("step", "phase", "state"))
    row.done, row.total = _whole(facts.get("done")), _whole(facts.get("total"))
    if state == "started":
        row.state, row.ended = _PHASES.get(phase, row.state), None
        row.running[clean_line(name)] = None
        return
    row.running.pop(clean_line(name), None)
    if state == "cancelled":
        row.state, row.ended = State.WAITING, event.at
    elif phase == "step":
        row.cached += state == "done" and facts.get("cached") is True
    elif state == "done" or phase == "cache":
        row.state, row.ended = (State.READY if row.reference else State.BUILT), event.at


def _end(row: Row, event: Event) -> None:
    row.running.clear()
    row.ended = event.at if row.ended is None else row.ended
    status = event.facts.get("status")
    if isinstance(status, str) and status in set(Status):
        row.state = _ENDED[Status(status)]
    elif row.state not in (State.FAILED, State.SKIPPED):
        row.state = State.DONE


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def duration(seconds: float, *, exact: bool = True) -> str:
    """Seconds for people: ``4.2s``, ``1m 05s``, ``2h 03m``; without tenths where they would only flicker."""
    if seconds < 60:
        return f"{seconds:.1f}s" if exact else f"{int(seconds)}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m {rest:02}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"


def cut(text: str, width: int) -> str:
    """`text`, which must be printable, in at most `width` columns of a terminal; an ellipsis tells that it was cut."""
    if len(text) <= width and columns(text) <= width:
        return text
    kept = text[: max(0, width - 1)]
    while kept and columns(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…" if width > 0 else ""


def cut_inside(text: str, width: int) -> str:
    """As `cut`, from the middle: the ends of names tell variants apart."""
    if columns(text) <= width or width < 5:
        return cut(text, width)
    tail = text[-(width // 2) :]
    while columns(tail) > width // 2:
        tail = tail[1:]
    return cut(text, width - columns(tail)) + tail
