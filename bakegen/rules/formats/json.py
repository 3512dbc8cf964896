"""For programs: everything that is known of each finding, in a shape that `SCHEMA_VERSION` numbers.

Lines and columns count from 1, columns and the offsets `start` and `end` in characters; an end is the place behind the
last character. A byte that is not UTF-8 counts as one character and is written as ``\\xNN``. A fix whose text has such
bytes has no `edits` (null). The shape is described in `bakegen/docs/reference/lint-formats.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bakegen.diagnostics import Severity
from bakegen.rules.formats._json import dump
from bakegen.rules.formats._words import encodable
from bakegen.rules.report import fingerprints, mends

if TYPE_CHECKING:
    from bakegen.rules.model import Fix, Result
    from bakegen.rules.report import Report
    from bakegen.text import Source, Span

SCHEMA_VERSION = 1
"""Goes up when a field goes away or changes its meaning; new fields may come at any time."""


def write(report: Report) -> str:
    """The report as one JSON document."""
    found = zip(report.results, fingerprints(report.results), strict=True)
    return dump(
        {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "bakegen", "version": report.version},
            "summary": _summary(report),
            "findings": [{**_finding(result), "fingerprint": name} for result, name in found],
            "fixed": [_finding(result) for result in report.fixed],
            "fixes_refused": [{**_finding(result), "reason": encodable(reason)} for result, reason in report.refused],
            "files": [encodable(path) for path in report.files],
            "unread": [{"file": encodable(one.path), "reason": encodable(one.reason)} for one in report.unread],
        },
        len(report.results),
    )


def _summary(report: Report) -> dict[str, int]:
    severities = [result.severity for result in report.results]
    fixes = [mends(result) for result in report.results]
    return {
        "files": len(report.files),
        "files_with_findings": len(report.by_file()),
        "files_unread": len(report.unread),
        "findings": len(severities),
        "errors": severities.count(Severity.ERROR),
        "warnings": severities.count(Severity.WARNING),
        "notes": severities.count(Severity.NOTE),
        "failing": sum(report.fails(result) for result in report.results),
        "fixable": fixes.count("safe"),
        "fixable_unsafe": fixes.count("unsafe"),
        "fixed": len(report.fixed),
    }


def _finding(result: Result) -> dict[str, Any]:
    rule, finding, source = result.rule, result.finding, result.source
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": str(result.severity),
        "message": encodable(finding.message),
        "help": encodable(finding.help),
        "summary": rule.summary,
        "kind": str(rule.kind),
        "file": encodable(source.path),
        **_place(source, finding.span),
        "labels": [{"text": encodable(text), **_place(source, span)} for span, text in finding.labels],
        "fix": None if finding.fix is None else _fix(source, finding.fix),
        "twins": list(result.twins),
        "page": f"bakegen rule {rule.code}",
        "url": rule.links[0] if rule.links else None,
    }


def _fix(source: Source, fix: Fix) -> dict[str, Any]:
    edits = [{**_place(source, edit.span), "text": edit.text} for edit in fix.edits]
    whole = all(encodable(edit.text) == edit.text for edit in fix.edits)
    return {
        "what": encodable(fix.what),
        "safe": fix.safe,
        "why": encodable(fix.why),
        "edits": edits if whole else None,
    }


def _place(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": span.start,
        "end": span.end,
    }
