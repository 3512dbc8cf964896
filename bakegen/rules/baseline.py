"""Known findings, so that a team can begin to lint today and mend later: what is in the file is not shown again.

A finding is known by its rule, the text of the lines it marks (white space apart), and its number among those of one
file that are equal in both. So it stays known when lines move, and is shown again when the line itself is changed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import InputError
from bakegen.rules.settings_keys import BASELINE_FILE
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bakegen.rules.model import Result
    from bakegen.text import Source

__all__ = ["BASELINE_FILE", "Baseline", "Entry", "fingerprint", "read_baseline", "write_baseline"]

_VERSION = 1
_MAX_LINES = 20


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A kind of finding in one file: its path, the rule's code, the fingerprint of the marked lines, and how many."""

    path: str
    code: str
    print: str
    count: int = 1


@dataclass(frozen=True)
class Baseline:
    """Known findings: (path, code, fingerprint) -> how many.

    Attributes:
        counts: how many of each are known.
        relative: what the file calls a path that results have.
    """

    counts: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    relative: Callable[[str], str] = str

    def unknown(self, results: Iterable[Result]) -> tuple[Result, ...]:
        """The findings that are not known, in their order; `results` are all of each file that they come from.

        Where a file has more findings of one kind than are known, the last ones are new.
        """
        seen = Counter[tuple[str, str, str]]()
        left = []
        for result in results:
            key = self._key(result)
            seen[key] += 1
            if seen[key] > self.counts.get(key, 0):
                left.append(result)
        return tuple(left)

    def known(self, result: Result) -> bool:
        """Whether findings of this kind are known in the file; how many there are is not looked at."""
        return self._key(result) in self.counts

    def stale(self, results: Iterable[Result], looked_at: Iterable[str] | None = None) -> tuple[Entry, ...]:
        """What is known and no longer found: it can be taken out.

        Args:
            results: all findings of the run, the known ones included.
            looked_at: the paths of the files that were looked at; all where it is None.
        """
        there = Counter(self._key(result) for result in results)
        paths = None if looked_at is None else {self.relative(path) for path in looked_at}
        gone = [
            Entry(*key, count - there[key])
            for key, count in self.counts.items()
            if there[key] < count and (paths is None or key[0] in paths)
        ]
        return tuple(sorted(gone))

    def _key(self, result: Result) -> tuple[str, str, str]:
        return self.relative(result.source.path), result.rule.code, fingerprint(result.source, result.finding.span)


def fingerprint(source: Source, span: Span) -> str:
    """A short name for the lines that a finding marks, the same wherever they stand."""
    first = source.position(span.start)[0]
    last = source.position(max(span.start, span.end - 1))[0]
    lines = [source.line_text(number) for number in range(first, min(last, first + _MAX_LINES) + 1)]
    text = "\n".join(" ".join(line.split()) for line in lines)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def write_baseline(results: Iterable[Result], relative: Callable[[str], str] = str) -> str:
    """The text of a baseline that knows all of `results`, the same for the same findings in any order.

    Args:
        results: the findings.
        relative: the path of a file as it is called in the baseline: relative to its folder, with ``/``.
    """
    counts = Counter(Baseline(relative=relative)._key(result) for result in results)
    files: dict[str, dict[str, dict[str, int]]] = {}
    for path, code, print_ in sorted(counts):
        files.setdefault(path, {}).setdefault(code, {})[print_] = counts[path, code, print_]
    return json.dumps({"version": _VERSION, "files": files}, indent=1, ensure_ascii=True) + "\n"


def read_baseline(source: Source, relative: Callable[[str], str] = str) -> Baseline:
    """The known findings that a file has.

    Args:
        source: the file.
        relative: as for `write_baseline`.

    Raises:
        InputError: it is not a baseline.
    """
    try:
        document = json.loads(source.text)
    except (ValueError, RecursionError) as broken:
        raise _refused(source, f"not JSON: {broken}", getattr(broken, "pos", 0)) from None
    if not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        raise _refused(source, "not a baseline: it has no `files`")
    if document.get("version") != _VERSION:
        raise _refused(source, f"a baseline of version {document.get('version')!r}, and this bakegen writes {_VERSION}")
    try:
        return Baseline(dict(_entries(document["files"])), relative)
    except (AttributeError, TypeError):
        raise _refused(source, "not a baseline: `files` takes path, code, fingerprint and number") from None


def _entries(files: dict[str, dict[str, dict[str, int]]]) -> Iterator[tuple[tuple[str, str, str], int]]:
    for path, codes in files.items():
        for code, prints in codes.items():
            for print_, count in prints.items():
                if not isinstance(count, int) or isinstance(count, bool):
                    raise TypeError
                yield (path, code, print_), count


def _refused(source: Source, message: str, at: int = 0) -> InputError:
    at = min(at, len(source.text))
    help = "write it anew with --write-baseline"
    return InputError([error("bad-baseline", message, Location(source, Span(at, at)), help=help)])
