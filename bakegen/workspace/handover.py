"""Writes what a build hands on: its report, its events, the outputs, summaries and variables of a CI."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from bakegen.building.model import Event
    from bakegen.building.report import Report
    from bakegen.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Places:
    """The files that a build hands on through; None where one is not wanted."""

    report: Path | None = None
    dotenv: Path | None = None
    github_output: Path | None = None
    github_summary: Path | None = None


def places(environ: Mapping[str, str], report: Path | None, dotenv: Path | None) -> Places:
    """The files that were asked for and those that GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name."""
    raise NotImplementedError


def write_report(report: Report, path: Path) -> None:
    """Writes ``bakegen-report.json``, whole or not at all; may be called again as targets get done.

    Raises:
        InputError: it could not be written.
    """
    raise NotImplementedError


def hand_over(report: Report, places: Places) -> tuple[Diagnostic, ...]:
    """Writes everything at the end of a build; returns what could not be written (errors) and what to know (warnings).

    A file that cannot be written keeps no other from being written.
    """
    raise NotImplementedError


class EventLog:
    """The file of ``--events``: each event is a line, appended and flushed as it happens; threads may share one."""

    def __init__(self, path: Path) -> None:
        """Opens the file, which is made where there is none.

        Raises:
            InputError: it cannot be opened.
        """
        raise NotImplementedError

    def write(self, event: Event) -> None:
        """Appends an event; where that fails, the build goes on and `close` tells."""
        raise NotImplementedError

    def close(self) -> tuple[Diagnostic, ...]:
        """Closes the file; returns an error if an event could not be written. Calling it twice does no harm."""
        raise NotImplementedError

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
