"""For GitLab's merge requests: Code Quality JSON (https://docs.gitlab.com/ci/testing/code_quality/)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.formats._json import dump
from bakegen.rules.formats._words import encodable, place, sentence
from bakegen.rules.report import fingerprints

if TYPE_CHECKING:
    from bakegen.rules.report import Report

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}


def write(report: Report) -> str:
    """The report as a JSON list of issues; files that could not be read are issues, too."""
    issues = []
    for result, name in zip(report.results, fingerprints(report.results), strict=True):
        line, _, end_line, _ = place(result)
        issues.append(
            {
                "description": f"{result.rule.code} {result.rule.name}: {sentence(result)}",
                "check_name": result.rule.code,
                "fingerprint": name,
                "severity": _SEVERITY[result.severity],
                "location": {"path": _path(result.source.path), "lines": {"begin": line, "end": end_line}},
            }
        )
    issues += [
        {
            "description": f"not looked at: {encodable(one.reason)}",
            "check_name": "unread",
            "fingerprint": sha256(f"unread\0{one.path}".encode("utf-8", "surrogatepass")).hexdigest()[:32],
            "severity": "blocker",
            "location": {"path": _path(one.path), "lines": {"begin": 1}},
        }
        for one in report.unread
    ]
    return dump(issues, len(report.results))


def _path(path: str) -> str:
    """GitLab knows no path that begins with ``./``."""
    return encodable(path.removeprefix("./"))
