"""For services that show test results: a suite a file, a case a finding; findings that do not fail the run pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.formats._words import place, sentence
from bakegen.rules.formats._xml import HEAD, attributes, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.model import Result
    from bakegen.rules.report import Report


def write(report: Report) -> str:
    """The report as JUnit's XML."""
    found = report.by_file()
    lines: list[str] = []
    tests = failures = 0
    for path in dict.fromkeys((*report.files, *found)):
        results = found.get(path, [])
        failing = sum(report.fails(result) for result in results)
        tests, failures = tests + max(1, len(results)), failures + failing
        counts = attributes(name=path, tests=max(1, len(results)), failures=failing, errors=0, skipped=0)
        lines.append(f"  <testsuite{counts}>")
        for result in results:
            lines += _case(report, result)
        if not results:
            lines.append(f"    <testcase{attributes(classname=path, name='no findings')}/>")
        lines.append("  </testsuite>")
    for one in report.unread:
        tests += 1
        lines.append(f"  <testsuite{attributes(name=one.path, tests=1, failures=0, errors=1, skipped=0)}>")
        lines.append(f"    <testcase{attributes(classname=one.path, name='not looked at')}>")
        lines.append(f"      <error{attributes(message=one.reason, type='unread')}/>")
        lines += ["    </testcase>", "  </testsuite>"]
    counts = attributes(name="bakegen lint", tests=tests, failures=failures, errors=len(report.unread))
    return "\n".join([HEAD, f"<testsuites{counts}>", *lines, "</testsuites>"]) + "\n"


def _case(report: Report, result: Result) -> Iterator[str]:
    line, column, _, _ = place(result)
    path, rule = result.source.path, result.rule
    name = f"{rule.code} {rule.name} (line {line}, column {column})"
    yield f"    <testcase{attributes(classname=path, name=name, file=path, line=line)}>"
    if report.fails(result):
        where = f"{path}:{line}:{column}"
        known = attributes(message=sentence(result), type=str(result.severity))
        yield f"      <failure{known}>{text(where)}</failure>"
    else:
        yield f"      <system-out>{text(f'{result.severity}: {sentence(result)}')}</system-out>"
    yield "    </testcase>"
