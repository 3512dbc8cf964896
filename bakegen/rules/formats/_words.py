"""What several formats say in the same words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, one_line
from bakegen.rules.report import mends, visible

if TYPE_CHECKING:
    from bakegen.rules.model import Result
    from bakegen.rules.report import Report

_LONE = re.compile("[\ud800-\udfff]")


def place(result: Result) -> tuple[int, int, int, int]:
    """Line and column of the first character and of the one behind the last, of what people can see of a finding."""
    span = visible(result.source, result.finding.span)
    return (*result.source.position(span.start), *result.source.position(span.end))


def sentence(result: Result) -> str:
    """What is wrong and what to do, in one line."""
    finding = result.finding
    return one_line(f"{finding.message}; {finding.help}" if finding.help else finding.message)


def number(count: int, thing: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def summary(report: Report) -> str:
    """How many findings there are, in how many files, and how many can be fixed; one line."""
    parts = []
    if report.fixed:
        parts.append(f"{number(len(report.fixed), 'finding')} fixed")
    kinds = [
        number(found, str(severity))
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if (found := sum(result.severity is severity for result in report.results))
    ]
    files = number(len(report.files), "file")
    if report.results:
        left = " left" if report.fixed else ""
        where = f"in {len(report.by_file())} of {files}"
        parts.append(f"{number(len(report.results), 'finding')}{left} ({', '.join(kinds)}) {where}")
    else:
        parts.append(f"no findings{' left' if report.fixed else ''} in {files}")
    safe = sum(mends(result) == "safe" for result in report.results)
    unsafe = sum(mends(result) == "unsafe" for result in report.results)
    if safe:
        parts.append(f"{safe} can be fixed with --fix{f', {unsafe} more with --fix --unsafe' if unsafe else ''}")
    elif unsafe:
        parts.append(f"{unsafe} can be fixed with --fix --unsafe")
    if report.unread:
        parts.append(f"{number(len(report.unread), 'file')} could not be read")
    return "; ".join(parts)


def encodable(text: str) -> str:
    """Text as it is, but bytes that were not UTF-8 as visible escapes: no output format can hold them."""
    return _LONE.sub(lambda m: f"\\x{ord(m[0]) - 0xDC00:02x}" if 0xDC80 <= ord(m[0]) < 0xDD00 else "\ufffd", text)
