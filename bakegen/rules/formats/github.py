"""For GitHub Actions: workflow commands that become annotations of a pull request.

GitHub shows 10 errors, 10 warnings and 10 notices of a step. So the worst come first, and what would be left out is
written as plain lines into the log.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, one_line, printable, shown_path
from bakegen.rules.config import RANK
from bakegen.rules.formats import plain
from bakegen.rules.formats._words import number, place
from bakegen.rules.formats.text import head
from bakegen.rules.report import mends

if TYPE_CHECKING:
    from bakegen.rules.model import Result
    from bakegen.rules.report import Report

LIMIT = 10
"""How many annotations of a severity GitHub shows for one step."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_FLAGS = {"safe": "--fix", "unsafe": "--fix --unsafe"}


def write(report: Report) -> str:
    """The report as workflow commands, the worst first."""
    shown = Counter[Severity]()
    lines, rest = [], []
    for one in report.unread:
        shown[Severity.ERROR] += 1
        if shown[Severity.ERROR] <= LIMIT:
            where = _properties({"file": one.path.removeprefix("./"), "title": "not looked at"})
            lines.append(f"::error {where}::{_message(one.reason)}")
        else:
            rest.append(f"{shown_path(one.path)}: not looked at: {one_line(one.reason)}")
    for result in sorted(report.results, key=lambda one: -RANK[one.severity]):
        shown[result.severity] += 1
        if shown[result.severity] <= LIMIT:
            lines.append(_annotation(result))
        else:
            rest.append(head(result, plain))
    if rest:
        counts = f"{number(len(rest), 'more finding')} {'is' if len(rest) == 1 else 'are'} not shown as annotations"
        rest.append(f"{counts}: GitHub takes {LIMIT} errors, {LIMIT} warnings and {LIMIT} notices a step")
    return "".join(f"{line}\n" for line in [*lines, *rest])


def _annotation(result: Result) -> str:
    line, column, end_line, end_column = place(result)
    where = {"file": result.source.path.removeprefix("./"), "line": str(line), "endLine": str(end_line)}
    if line == end_line:  # GitHub takes columns only of one line
        where |= {"col": str(column), "endColumn": str(end_column)}
    where["title"] = f"{result.rule.code} {result.rule.name}"
    said = [result.finding.message]
    if result.finding.help:
        said.append(f"help: {result.finding.help}")
    if mends(result):
        said.append(f"`bakegen lint {_FLAGS[mends(result)]}` mends it")
    return f"::{_COMMANDS[result.severity]} {_properties(where)}::{_message(chr(10).join(said))}"


def _properties(values: dict[str, str]) -> str:
    return ",".join(
        f"{name}={_message(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in values.items()
    )


def _message(text: str) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(text)
