"""What is wrong with an input, where, and what to do about it: plain values, collected and printed once."""

from __future__ import annotations

import re
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.text import Location

_CONTEXT_WIDTH = 160
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]|(?<=#)#(?=\w*\[)"
)


class Severity(StrEnum):
    """How bad a diagnostic is; only an error stops output from being written."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that helps to understand a diagnostic, with a few words on why."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: a stable `code`, one sentence, the place if there is one, other places, what to do."""

    severity: Severity
    code: str
    message: str
    location: Location | None = None
    labels: tuple[Label, ...] = field(default=())
    help: str | None = None


def error(
    code: str,
    message: str,
    location: Location | None = None,
    *,
    labels: Iterable[Label] = (),
    help: str | None = None,
) -> Diagnostic:
    """A `Diagnostic` that stops output."""
    return Diagnostic(Severity.ERROR, code, message, location, tuple(labels), help)


def warning(
    code: str,
    message: str,
    location: Location | None = None,
    *,
    labels: Iterable[Label] = (),
    help: str | None = None,
) -> Diagnostic:
    """A `Diagnostic` that is shown and stops nothing."""
    return Diagnostic(Severity.WARNING, code, message, location, tuple(labels), help)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """``did you mean 'x'?`` for the closest of `known`, or None when nothing is close."""
    from difflib import get_close_matches  # which takes a while to load

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else None


def printable(text: str) -> str:
    """`text` with control characters, bidirectional marks and undecodable bytes as visible escapes.

    Names from outside reach terminals and CI logs through here, so that none of them can move the cursor
    or speak a CI's workflow commands: some take ``##[…]`` and ``##vso[…]`` for one anywhere in a line.
    """
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 256 else f"\\u{ord(m[0]):04x}", text)


def one_line(text: str) -> str:
    """`text` as `printable` has it, with line ends as visible escapes too: for names and for formats of lines."""
    return printable(text).replace("\n", "\\x0a")


def shown_path(path: str) -> str:
    """A path for the beginning of a line, with a colon behind it: GitHub takes ``::`` there for a workflow command."""
    shown = one_line(path)
    return f"./{shown}" if shown.lstrip().startswith(":") else shown


def columns(text: str) -> int:
    """How many columns a terminal takes for `text`, escapes and all."""
    shown = printable(text)
    if shown.isascii():
        return len(shown)
    return sum((east_asian_width(c) in "WF") + (combining(c) == 0) for c in shown)


def excerpt(location: Location) -> list[str]:
    """The line that a place begins in with its number, and a line with carets below what is meant of it."""
    source, span = location.source, location.span
    line, column = source.position(span.start)
    text = source.line_text(line)
    width = max(1, min(span.end - span.start, len(text) - column + 1))
    cut = max(0, column - 1 - _CONTEXT_WIDTH // 2)
    shown = text[cut : cut + _CONTEXT_WIDTH]
    lead = shown[: column - 1 - cut]
    marked = shown[column - 1 - cut : column - 1 - cut + width]
    padding = "".join("\t" if c == "\t" else " " * columns(c) for c in lead)
    number = str(line)
    left = "…" if cut else ""
    right = "…" if cut + _CONTEXT_WIDTH < len(text) else ""
    return [
        f"{number:>5} | {left}{printable(shown)}{right}",
        f"{'':>5} | {' ' * len(left)}{padding}{'^' * max(1, columns(marked))}",
    ]


def _shown_place(location: Location) -> str:
    line, column = location.source.position(location.span.start)
    return f"{shown_path(location.source.path)}:{line}:{column}"


def render_text(diagnostic: Diagnostic) -> str:
    """The diagnostic for people: ``file:line:column``, the line with a caret, other places, what to do."""
    head = f"{diagnostic.severity}: {printable(diagnostic.message)} [{diagnostic.code}]"
    lines: list[str] = []
    if diagnostic.location is None:
        lines.append(head)
    else:
        lines.append(f"{_shown_place(diagnostic.location)}: {head}")
        lines += excerpt(diagnostic.location)
    for label in diagnostic.labels:
        lines.append(f"{_shown_place(label.location)}: note: {printable(label.text)}")
        lines += excerpt(label.location)
    if diagnostic.help:
        lines.append(f"  help: {printable(diagnostic.help)}")
    return "\n".join(lines)


def _place(location: Location) -> dict[str, Any]:
    line, column = location.source.position(location.span.start)
    end_line, end_column = location.source.position(location.span.end)
    return {
        "file": location.source.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic for machines, as plain JSON values; lines and columns count from 1."""
    out: dict[str, Any] = {
        "severity": str(diagnostic.severity),
        "code": diagnostic.code,
        "message": diagnostic.message,
    }
    if diagnostic.location is not None:
        out["location"] = _place(diagnostic.location)
    if diagnostic.labels:
        out["labels"] = [{"text": label.text, **_place(label.location)} for label in diagnostic.labels]
    if diagnostic.help:
        out["help"] = diagnostic.help
    return out
