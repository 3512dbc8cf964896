"""For people and editors: a finding a line, with the flag that fixes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import one_line, shown_path
from bakegen.rules.formats import plain
from bakegen.rules.formats.text import head
from bakegen.rules.report import mends

if TYPE_CHECKING:
    from bakegen.rules.formats import Style
    from bakegen.rules.report import Report

_MARKS = {"": "", "safe": " (--fix)", "unsafe": " (--fix --unsafe)"}


def write(report: Report, style: Style = plain) -> str:
    """The report, a finding or a file that could not be read a line; nothing where there are none."""
    lines = [
        f"{head(result, style)}{style(_MARKS[mends(result)], 'green') if mends(result) else ''}"
        for results in report.by_file().values()
        for result in results
    ]
    lines += [
        f"{shown_path(one.path)}: {style('error:', 'red')} not looked at: {one_line(one.reason)}"
        for one in report.unread
    ]
    return "".join(f"{line}\n" for line in lines)
