"""For Jenkins and other services that read the XML of Checkstyle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.formats._words import place, sentence
from bakegen.rules.formats._xml import HEAD, attributes

if TYPE_CHECKING:
    from bakegen.rules.report import Report

_SEVERITY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


def write(report: Report) -> str:
    """The report as XML, with an element for every file that was looked at or should have been."""
    lines = [HEAD, f"<checkstyle{attributes(version='4.3')}>"]
    found = report.by_file()
    for path in dict.fromkeys((*report.files, *found)):
        lines.append(f"  <file{attributes(name=path)}>")
        for result in found.get(path, ()):
            line, column, _, _ = place(result)
            rule = f"bakegen.{result.rule.code}"
            severity = _SEVERITY[result.severity]
            message = f"{result.rule.name}: {sentence(result)}"
            known = attributes(line=line, column=column, severity=severity, message=message, source=rule)
            lines.append(f"    <error{known}/>")
        lines.append("  </file>")
    for one in report.unread:
        lines.append(f"  <file{attributes(name=one.path)}>")
        known = attributes(line=1, severity="error", message=f"not looked at: {one.reason}", source="bakegen.unread")
        lines += [f"    <error{known}/>", "  </file>"]
    return "\n".join([*lines, "</checkstyle>"]) + "\n"
