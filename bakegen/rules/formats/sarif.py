"""For code scanning services: SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bakegen.rules.formats._json import dump
from bakegen.rules.formats._words import encodable, sentence
from bakegen.rules.reference import page
from bakegen.rules.report import fingerprints, visible

if TYPE_CHECKING:
    from bakegen.rules.model import Fix, Result, Rule
    from bakegen.rules.report import Report
    from bakegen.text import Source, Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"


def write(report: Report) -> str:
    """The report as one run; the rules are those that found something."""
    rules = sorted({result.rule.code: result.rule for result in report.results}.values(), key=lambda one: one.code)
    index = {rule.code: at for at, rule in enumerate(rules)}
    found = zip(report.results, fingerprints(report.results), strict=True)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "bakegen",
                "version": report.version,
                "semanticVersion": report.version,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _file(path)} for path in dict.fromkeys(report.files)],
        "results": [_result(result, index[result.rule.code], name) for result, name in found],
        "invocations": [
            {
                "executionSuccessful": not report.unread,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": _full(f"not looked at: {one.reason}")},
                        "locations": [{"physicalLocation": {"artifactLocation": _file(one.path)}}],
                    }
                    for one in report.unread
                ],
            }
        ],
    }
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, len(report.results))


def uri(path: str) -> str:
    """A path as a URI reference, byte by byte what the file system has where that was not UTF-8."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = encodable(path).encode()
    while data.startswith(b"./"):
        data = data[2:].lstrip(b"/")
    return ("file://" if data.startswith(b"/") else "") + quote(data, safe="/")


def _file(path: str) -> dict[str, str]:
    found = uri(path)
    return {"uri": found} if found.startswith("file:") else {"uri": found, "uriBaseId": _ROOT}


def _rule(rule: Rule) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": _full(rule.summary)},
        "fullDescription": {"text": _full(rule.summary)},
        "help": {"text": rule.why, "markdown": page(rule)},
        "defaultConfiguration": {"enabled": rule.default, "level": str(rule.severity)},
        "properties": {"tags": [str(rule.kind), *rule.twins]},
    }
    if rule.links:
        described["helpUri"] = rule.links[0]
    return described


def _result(result: Result, index: int, fingerprint: str) -> dict[str, Any]:
    finding, source = result.finding, result.source
    found: dict[str, Any] = {
        "ruleId": result.rule.code,
        "ruleIndex": index,
        "level": str(result.severity),
        "message": {"text": _full(sentence(result))},
        "locations": [_location(source, finding.span)],
        "partialFingerprints": {"bakegen/v1": fingerprint},
    }
    if finding.labels:
        found["relatedLocations"] = [
            {"id": number, **_location(source, span), "message": {"text": _full(text)}}
            for number, (span, text) in enumerate(finding.labels, 1)
        ]
    fix = finding.fix
    if fix is not None and fix.edits and all(encodable(edit.text) == edit.text for edit in fix.edits):
        found["fixes"] = [_fix(source, fix)]
    return found


def _fix(source: Source, fix: Fix) -> dict[str, Any]:
    flag = "safe" if fix.safe else "may change the image"
    return {
        "description": {"text": f"{encodable(fix.what)} ({flag}: {encodable(fix.why)})."},
        "artifactChanges": [
            {
                "artifactLocation": _file(source.path),
                "replacements": [
                    {"deletedRegion": _region(source, edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                ],
            }
        ],
        "properties": {"safe": fix.safe},
    }


def _location(source: Source, span: Span) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _file(source.path),
            "region": _region(source, visible(source, span)),
        }
    }


def _region(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _full(clause: str) -> str:
    """A clause as a sentence."""
    text = encodable(clause)
    return text if text.endswith((".", "?", "!")) else f"{text}."
