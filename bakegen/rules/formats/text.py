"""For people: each finding with its line, a caret and advice, file by file, and a summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, excerpt, one_line, shown_path
from bakegen.rules.formats import plain
from bakegen.rules.formats._words import place, summary
from bakegen.rules.report import mends, visible
from bakegen.text import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.formats import Style
    from bakegen.rules.model import Result
    from bakegen.rules.report import Report
    from bakegen.text import Source, Span

LOOK = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_REASON, _MESSAGE = 160, 500
_FLAGS = {"safe": "--fix", "unsafe": "--fix --unsafe"}


def write(report: Report, style: Style = plain) -> str:
    """The report as text; `style` gives words their looks."""
    lines: list[str] = []
    for results in report.by_file().values():
        for result in results:
            lines += _finding(result, style)
            lines.append("")
    for result, reason in report.refused:
        where = f"{shown_path(result.source.path)}:{place(result)[0]}"
        lines.append(f"{where}: the fix of {result.rule.code} {result.rule.name} is not made: {one_line(reason)}")
    for unread in report.unread:
        lines.append(f"{shown_path(unread.path)}: {style('not looked at', 'red')}: {one_line(unread.reason)}")
    if report.refused or report.unread:
        lines.append("")
    return "\n".join([*lines, style(summary(report), "bold")]) + "\n"


def head(result: Result, style: Style) -> str:
    """``file:line:column: severity: CODE name: message [twins]``."""
    line, column, _, _ = place(result)
    where = style(f"{shown_path(result.source.path)}:{line}:{column}:", "bold")
    severity = style(f"{result.severity}:", LOOK[result.severity])
    rule = style(f"{result.rule.code} {result.rule.name}:", "bold")
    words = [where, severity, rule, _cut(result.finding.message, _MESSAGE)]
    if result.twins:
        twins = ", ".join(twin.partition(":")[2] for twin in result.twins)
        words.append(style(f"[{twins}]", "dim"))
    return " ".join(words)


def _finding(result: Result, style: Style) -> Iterator[str]:
    finding = result.finding
    yield head(result, style)
    yield from _excerpt(result.source, finding.span, LOOK[result.severity], style)
    for span, text in finding.labels:
        line, column = result.source.position(visible(result.source, span).start)
        yield f"  {style('and', 'cyan')} line {line}, column {column}: {_cut(text, _MESSAGE)}"
        yield from _excerpt(result.source, span, "cyan", style)
    if finding.help:
        yield f"  {style('help:', 'green')} {_cut(finding.help, _MESSAGE)}"
    fix = finding.fix
    if fix is not None and mends(result):
        why = _cut(fix.why, _REASON)
        yield f"  {style('fix:', 'green')} {one_line(fix.what)} ({_FLAGS[mends(result)]}: {why})"


def _cut(text: str, width: int) -> str:
    """Text in one line, its end left out where it is long: words of files can have any length."""
    shown = one_line(text)
    return shown if len(shown) <= width else f"{shown[: width - 2].rstrip()} …"


def _excerpt(source: Source, span: Span, look: str, style: Style) -> Iterator[str]:
    line, carets = excerpt(Location(source, visible(source, span)))
    yield line
    marks = carets.lstrip(" |\t")
    yield carets[: len(carets) - len(marks)] + style(marks, look)
