"""Writes what a build hands on: its report, its events, the outputs, summaries and variables of a CI."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.building.events import event_line
from bakegen.building.outputs import DOTENV_LIMIT, github_output, gitlab_dotenv
from bakegen.building.report import report_text
from bakegen.building.step_summary import SUMMARY_LIMIT, github_summary
from bakegen.diagnostics import error, warning
from bakegen.errors import InputError
from bakegen.workspace.files import current_umask, write_all, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from bakegen.building.model import Event
    from bakegen.building.report import Report
    from bakegen.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Places:
    """The files that a build hands on through; None where one is not wanted.

    `umask` is that of new files, for while other threads run. `github_summary` is a file that others write to as well.
    """

    report: Path | None = None
    dotenv: Path | None = None
    github_output: Path | None = None
    github_summary: Path | None = None
    umask: int | None = None
    summary: Path | None = None


def places(environ: Mapping[str, str], report: Path | None, dotenv: Path | None, summary: Path | None = None) -> Places:
    """The files that were asked for, and those that GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name.

    To be called before there are threads: it asks for the umask.
    """

    def named(variable: str) -> Path | None:
        return Path(environ[variable]) if environ.get(variable) else None

    return Places(report, dotenv, named("GITHUB_OUTPUT"), named("GITHUB_STEP_SUMMARY"), current_umask(), summary)


def write_report(report: Report, path: Path, umask: int | None = None) -> None:
    """Writes ``bakegen-report.json``, whole or not at all; may be called again as targets get done.

    `umask` is that of `Places`, to be given while other threads run.

    Raises:
        InputError: it could not be written.
    """
    write_atomic(path, report_text(report).encode(), umask=umask)


def hand_over(report: Report, places: Places) -> tuple[Diagnostic, ...]:
    """Writes everything at the end of a build; returns what could not be written (errors) and what to know (warnings).

    A file that cannot be written keeps no other from being written.
    """
    work: list[tuple[Path | None, Callable[[Path], Diagnostic | None]]] = [
        (places.report, lambda path: write_report(report, path, places.umask)),
        (places.dotenv, lambda path: _write_dotenv(report, path, places.umask)),
        (places.github_output, lambda path: _append(path, github_output(report))),
        (places.github_summary, lambda path: _append_summary(report, path)),
        (places.summary, lambda path: _write_summary(report, path, places.umask)),
    ]
    problems: list[Diagnostic] = []
    for path, write in work:
        try:
            told = write(path) if path is not None else None
        except InputError as failed:
            problems += failed.diagnostics
        else:
            problems += [told] if told is not None else []
    return tuple(problems)


def _write_dotenv(report: Report, path: Path, umask: int | None) -> Diagnostic | None:
    data = gitlab_dotenv(report).encode()
    write_atomic(path, data, umask=umask)
    if len(data) <= DOTENV_LIMIT:
        return None
    return warning(
        "dotenv-too-large",
        f"{str(path)!r} has {len(data)} bytes, and GitLab takes {DOTENV_LIMIT} unless it is set up for more",
        help="build fewer targets a job, or hand on bakegen-report.json as an artifact",
    )


def _write_summary(report: Report, path: Path, umask: int | None) -> None:
    write_atomic(path, github_summary(report, SUMMARY_LIMIT).encode(), umask=umask)


def _append_summary(report: Report, path: Path) -> Diagnostic | None:
    try:
        there = path.stat().st_size
    except OSError:
        there = 0
    _append(path, github_summary(report, SUMMARY_LIMIT - there))
    return None


def _append(path: Path, text: str) -> None:
    """Appends lines to a file that others have written to: they begin on a line of their own.

    Raises:
        InputError: it could not be written.
    """
    try:
        handle = _open_end(path)
        try:
            write_all(handle, text.encode())
        finally:
            os.close(handle)
    except (OSError, ValueError) as failed:
        raise InputError([_unwritten(path, failed)]) from failed


def _open_end(path: Path) -> int:
    """Opens a file to append to it, after a line end; a pipe or a terminal will do as well."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags, 0o666)
    try:
        facts = os.fstat(handle)
        if stat.S_ISREG(facts.st_mode) and facts.st_size:
            with path.open("rb") as file:
                file.seek(-1, os.SEEK_END)
                whole = file.read(1) == b"\n"
            if not whole:
                write_all(handle, b"\n")
    except BaseException:
        os.close(handle)
        raise
    return handle


def _unwritten(path: Path, failed: OSError | ValueError) -> Diagnostic:
    reason = (failed.strerror or str(failed)).lower() if isinstance(failed, OSError) else str(failed)
    return error("cannot-write", f"cannot write {str(path)!r}: {reason}")


class EventLog:
    """The file of ``--events``: each event is a line, appended as it happens; threads may share one."""

    def __init__(self, path: Path) -> None:
        """Opens the file, which is made where there is none.

        Raises:
            InputError: it cannot be opened.
        """
        self._path = path
        self._lock = threading.Lock()
        self._problem: Diagnostic | None = None
        try:
            self._handle: int | None = _open_end(path)
        except (OSError, ValueError) as failed:
            raise InputError([_unwritten(path, failed)]) from failed

    def write(self, event: Event) -> None:
        """Appends an event; where that fails, the build goes on without, and `close` tells."""
        line = event_line(event).encode()
        with self._lock:
            if self._handle is None or self._problem is not None:
                return
            try:
                write_all(self._handle, line)  # nothing is buffered: who reads has it at once
            except OSError as failed:
                self._problem = _unwritten(self._path, failed)

    def close(self) -> tuple[Diagnostic, ...]:
        """Closes the file; returns an error if an event could not be written. Calling it twice does no harm."""
        with self._lock:
            handle, self._handle = self._handle, None
            if handle is not None:
                os.close(handle)
        return (self._problem,) if self._problem is not None else ()

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
