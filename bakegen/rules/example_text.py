"""Examples of rules for readers: text without marks, with carets instead, fixes as diffs, what is presumed."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.diagnostics import columns, printable
from bakegen.rules.model import MARKS, Kind
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.rules.model import Example, Rule

_CONTEXT_LINES = 3
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Marked:
    """The text of an example without its marks, and what they stood around."""

    text: str
    spans: tuple[Span, ...]


def unmarked(text: str) -> Marked:
    """The text of an example without its marks; spans may nest."""
    out: list[str] = []
    spans: list[Span] = []
    begun: list[int] = []
    at = 0
    for char in text:
        if char == MARKS[0]:
            begun.append(at)
        elif char == MARKS[1]:
            spans.append(Span(begun.pop(), at))
        else:
            out.append(char)
            at += 1
    return Marked("".join(out), tuple(sorted(spans)))


def caret_lines(marked: Marked) -> list[tuple[str, bool]]:
    """The lines of an example; below each that has something marked stands one with carets, which is told by True."""
    lines: list[tuple[str, bool]] = []
    at = 0
    for line in _LINES.findall(marked.text):
        body = line.rstrip("\r\n")
        lines.append((printable(body), False))
        carets = _carets(body, at, len(line), marked.spans)
        if carets:
            lines.append((carets, True))
        at += len(line)
    end = [span for span in marked.spans if span.start >= at]
    if end:
        lines += [("", False), ("^", True)]
    return lines


def _carets(body: str, at: int, width: int, spans: Iterable[Span]) -> str:
    marks = [" "] * (len(body) + 1)
    for span in spans:
        if span.start >= at + width or span.end < at or (span.end == at and span.start < at):
            continue
        first, last = min(max(0, span.start - at), len(body)), min(len(body), span.end - at)
        if span.start < at:  # what is in front of the text of a continued line is not worth a mark
            first = len(body) - len(body.lstrip())
        for column in range(first, max(last, first + (span.start >= at))):
            marks[column] = "^"
    padded = [
        "\t" if char == "\t" and mark == " " else mark * columns(char)
        for char, mark in zip(body + " ", marks, strict=True)
    ]
    return "".join(padded).rstrip()


def fix_diff(example: Example) -> list[str]:
    """What the fixes of an example change, as lines of a diff without its head; nothing where there is no fix."""
    if example.fixed is None:
        return []
    before, after = (
        [printable(line.rstrip("\r\n")) for line in _LINES.findall(text)]
        for text in (unmarked(example.text).text, example.fixed)
    )
    lines = list(difflib.unified_diff(before, after, n=_CONTEXT_LINES, lineterm=""))[2:]
    return [line for line in lines if not line.startswith("@@") or line != lines[0]]


def surroundings(rule: Rule, example: Example) -> list[str]:
    """What an example presumes beside its text, each a sentence of Markdown."""
    found = []
    if example.path:
        found.append(f"The file is called `{example.path}`.")
    if example.files is not None and rule.kind is Kind.DOCKERFILE:
        names = ", ".join(f"`{printable(name)}`" for name in sorted(example.files))
        found.append(f"In the build context: {names}." if names else "The build context is empty.")
    if example.ignore:
        patterns = ", ".join(f"`{line}`" for line in example.ignore.splitlines() if line)
        found.append(f"The ignore file has {patterns}.")
    if example.bases:
        found.append(f"In the lock file: facts about {', '.join(f'`{name}`' for name in example.bases)}.")
    if example.changes:
        often = ", ".join(f"`{printable(name)}` {count} times" for name, count in example.changes.items())
        found.append(f"Changed in git: {often}.")
    if example.settings:
        said = (f"`{name.replace('_', '-')} = {_value(value)}`" for name, value in example.settings.items())
        found.append(f"Configured: {', '.join(said)}.")
    return found


def beside(rule: Rule, example: Example) -> list[tuple[str, list[str]]]:
    """The files around a bake file or a definition, whose text matters: path and lines, none for an empty file."""
    if rule.kind is Kind.DOCKERFILE:
        return []
    files = (example.files or {}).items()
    return [(name, [printable(line.rstrip("\r\n")) for line in _LINES.findall(text)]) for name, text in files]


def _value(value: object) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(name)} = {_value(one)}" for name, one in value.items()) + "}"
    return f'"{value}"'
