"""Why an engine test cannot run: raised by every module of the harness, turned by the fixtures into skip or fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TAIL_LINES = 40


class HarnessError(Exception):
    """Something that should have worked did not: always a failure."""


class Unavailable(HarnessError):
    """This machine cannot have what a test needs: a skip on a person's machine, a failure in CI."""


def log_tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log for an error message; says so when there is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"(no log at {path})"
    return "\n".join([f"--- the end of {path} ---", *text.splitlines()[-lines:]])
