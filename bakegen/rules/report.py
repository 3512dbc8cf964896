"""What a run of the linter comes to: the findings left, what was fixed, what could not be read; `formats` writes it."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from bakegen import __version__
from bakegen.diagnostics import Severity
from bakegen.rules.config import RANK
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.rules.model import Result, Rule
    from bakegen.text import Source


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be looked at: its path and why, a clause without a full stop."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one run. Paths are as the user gave them, with ``/`` between folders.

    Attributes:
        results: the findings that are left and shown, file by file, in the order of each file.
        files: the paths of all files that were looked at, those without findings too.
        unread: files that could not be looked at.
        fixed: findings that were mended, with spans in the text of before.
        refused: findings whose fix failed a check and was not made, with the reason.
        fail_on: the severity from which on the command fails; None: it never does.
        version: bakegen's.
    """

    results: tuple[Result, ...]
    files: tuple[str, ...]
    unread: tuple[Unread, ...] = ()
    fixed: tuple[Result, ...] = ()
    refused: tuple[tuple[Result, str], ...] = ()
    fail_on: Severity | None = Severity.WARNING
    version: str = __version__

    def by_file(self) -> dict[str, list[Result]]:
        """The findings by path, in the order in which the files come first."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.source.path, []).append(result)
        return found

    def fails(self, result: Result) -> bool:
        """Whether a finding is bad enough for the command to fail."""
        return self.fail_on is not None and RANK[result.severity] >= RANK[self.fail_on]


@dataclass(frozen=True, slots=True)
class Count:
    """How often a rule found something.

    Attributes:
        rule: the rule.
        findings: how many findings there are.
        safe: how many of them ``--fix`` mends.
        unsafe: how many more of them ``--fix --unsafe`` mends.
    """

    rule: Rule
    findings: int
    safe: int
    unsafe: int


def statistics(report: Report) -> tuple[Count, ...]:
    """How often each rule found something, the most frequent first."""
    rules: dict[str, Rule] = {}
    findings, safe, unsafe = Counter[str](), Counter[str](), Counter[str]()
    for result in report.results:
        code = result.rule.code
        rules[code] = result.rule
        findings[code] += 1
        safe[code] += mends(result) == "safe"
        unsafe[code] += mends(result) == "unsafe"
    counts = [Count(rule, findings[code], safe[code], unsafe[code]) for code, rule in rules.items()]
    return tuple(sorted(counts, key=lambda one: (-one.findings, one.rule.code)))


def mends(result: Result) -> str:
    """Which fix a finding has: ``safe``, ``unsafe`` or ``""`` for none."""
    fix = result.finding.fix
    if fix is None or not fix.edits:
        return ""
    return "safe" if fix.safe else "unsafe"


def fingerprints(results: Iterable[Result]) -> tuple[str, ...]:
    """A name for each finding that stays when lines above it come and go, and that no two findings share.

    It is made of the rule, the path, the marked text, the line that it is in, and of how many findings with all of
    these equal came before.
    """
    seen = Counter[tuple[str, ...]]()
    found = []
    for result in results:
        source, span = result.source, result.finding.span
        line = source.line_text(source.position(span.start)[0]).strip()
        marked = " ".join(source.slice(span).split())
        key = (result.rule.code, source.path.removeprefix("./"), marked, line)
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        found.append(sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return tuple(found)


def visible(source: Source, span: Span) -> Span:
    """The part of a span that people can see: without line ends behind it, and on the last line that has text.

    Files mostly end in a line end; a place behind it is on a line that editors and CI services do not have.
    """
    text = source.text
    start, end = span.start, span.end
    while end > start and text[end - 1] in "\r\n":
        end -= 1
    if start == end == len(text) and text.endswith("\n"):
        start = end = len(text) - (2 if text.endswith("\r\n") else 1)
    return Span(start, end)
