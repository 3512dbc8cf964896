"""What people see of a running build, and of one that is over: `--progress` and the summary."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bakegen.building.masking import clean_line
from bakegen.building.model import Status
from bakegen.cli import console
from bakegen.cli.board import cut_inside, duration
from bakegen.cli.live_lines import JsonLines, PlainLines
from bakegen.cli.live_table import LiveTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from bakegen.building.model import Event, Outcome

_SHOWN_SKIPPED = 8
_LONGEST_ERROR = 200
_SHORT_DIGEST = len("sha256:") + 12


class ProgressKind(StrEnum):
    """How progress is shown (`--progress`)."""

    AUTO = "auto"
    TTY = "tty"
    PLAIN = "plain"
    JSON = "json"


class Display(Protocol):
    """Shows a build while it runs; its methods may be called from several threads.

    Beside what `bakegen.building.progress` tells it knows the facts ``decision`` of `DECIDED`, ``why`` of `RETRY`,
    ``status`` and ``error`` of `DONE`.
    """

    def event(self, event: Event) -> None:
        """Takes in what happened."""

    def tick(self) -> None:
        """Shows that time went by; call it some five times a second, it decides itself whether to write."""

    def say(self, text: str) -> None:
        """Shows a line of somebody else, such as of `--on-ready`: a table would be torn by what is just printed."""

    def close(self) -> None:
        """Ends and gives the cursor back; the summary comes after it. Calling it twice does no harm."""


def open_display(kind: ProgressKind, stream: TextIO) -> Display:
    """The display of a kind on a stream; `AUTO` is a table on a terminal and plain lines elsewhere."""
    if kind is ProgressKind.JSON:
        return JsonLines(stream)
    terminal = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    if kind is ProgressKind.TTY or (kind is ProgressKind.AUTO and terminal):
        return LiveTable(stream)
    return PlainLines(stream)


def summary(outcomes: Iterable[Outcome], seconds: float) -> str:
    """What became of the targets, as a table for standard output, and totals with the share of cached steps.

    Targets that were skipped are only counted where they are many: `bakegen-report.json` has them all.
    """
    known = tuple(outcomes)
    skipped = [outcome for outcome in known if outcome.status is Status.SKIPPED]
    shown = known if len(skipped) <= _SHOWN_SKIPPED else [o for o in known if o.status is not Status.SKIPPED]
    order = tuple(Status)
    rows = [_row(outcome) for outcome in sorted(shown, key=lambda o: order.index(o.status))]
    table = console.table(("target", "status", "run", "cached", "time", "digest"), rows) + "\n" if rows else ""
    return f"{table}{_errors(known)}{_totals(known, skipped, seconds)}"


def _row(outcome: Outcome) -> tuple[str, ...]:
    ran = len(outcome.steps) - outcome.cached
    counts = (str(ran), str(outcome.cached)) if outcome.steps else ("", "")
    time = duration(outcome.seconds) if outcome.seconds else ""
    return (clean_line(outcome.target), str(outcome.status), *counts, time, outcome.digest[:_SHORT_DIGEST])


def _errors(outcomes: Sequence[Outcome]) -> str:
    lines = [
        f"{clean_line(outcome.target)}: {outcome.status}: {cut_inside(clean_line(outcome.error), _LONGEST_ERROR)}\n"
        for outcome in outcomes
        if outcome.error
    ]
    return "".join(lines) + "\n" if lines else ""


def _totals(outcomes: Sequence[Outcome], skipped: Sequence[Outcome], seconds: float) -> str:
    counts = [(sum(outcome.status is status for outcome in outcomes), status) for status in Status]
    parts = [", ".join(f"{count} {status}" for count, status in counts if count) or "nothing to build"]
    parts[0] += f" in {duration(seconds)}"
    steps, cached = sum(len(outcome.steps) for outcome in outcomes), sum(outcome.cached for outcome in outcomes)
    if steps:
        parts.append(f"{cached} of {steps} steps cached ({100 * cached // steps}%)")
    if caches := sum(bool(outcome.caches) for outcome in skipped):
        parts.append(f"caches of {caches} skipped written")
    text = "; ".join(parts) + "\n"
    if len(skipped) > _SHOWN_SKIPPED:
        names = ", ".join(clean_line(outcome.target) for outcome in skipped[:_SHOWN_SKIPPED])
        text += f"skipped: {names} and {len(skipped) - _SHOWN_SKIPPED} more\n"
    return text
