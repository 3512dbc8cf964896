"""The summary of a build as a page of a GitHub workflow shows it: a Markdown table that no name can break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.model import Status

if TYPE_CHECKING:
    from bakegen.building.model import Outcome
    from bakegen.building.report import Report

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of summary that GitHub takes of one step; it drops all of a larger one."""

# All ASCII punctuation that may mean something in a cell; colons of emojis and of links.
_MARKUP = re.compile(r"[!-'*+<-@\[-`{-~]|:(?=[\w+-]+:|//)")
_ORDER = (Status.FAILED, Status.NOT_BUILT, Status.BUILT, Status.SKIPPED)
_SHORT_DIGEST = len("sha256:") + 12
_HEAD = (
    "| target | result | time | ready after | cached steps | image, or what went wrong |\n"
    "| --- | --- | ---: | ---: | ---: | --- |\n"
)
_ROOM = 100  # bytes for the line that tells how many rows were left out


def github_summary(report: Report, limit: int = SUMMARY_LIMIT) -> str:
    """A title and a table of all targets, what failed first; of at most `limit` bytes, "" where nothing fits."""
    parts = [_title(report), _HEAD]
    size = sum(len(part.encode()) for part in parts) + _ROOM
    if size > limit:
        return ""
    targets = sorted(report.targets, key=lambda outcome: _ORDER.index(outcome.status))
    for done, outcome in enumerate(targets):
        row = _row(outcome)
        size += len(row.encode())
        if size > limit:
            parts.append(f"\n… and {len(targets) - done} more targets: bakegen-report.json has them all\n")
            break
        parts.append(row)
    return "".join([*parts, "\n"])


def cell(text: str) -> str:
    """`text` as it stands in a cell of a Markdown table: whatever could be markup is a character reference."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", clean_line(text))


def _title(report: Report) -> str:
    counts = [f"{report.count(status)} {status}" for status in _ORDER if report.count(status)]
    said = ", ".join(counts) or "no targets"
    branch = report.branch
    merged = sum(bool(one.caches) for one in report.targets if one.status is Status.SKIPPED)
    said += f" (caches of {merged} written)" if merged else ""
    where = f"pull request {branch.pull_request}" if branch.pull_request else f"branch {branch.branch or 'unknown'}"
    where = "a git tag" if branch.is_tag else where
    trust = "" if branch.trusted else ", not trusted"
    cut = "" if report.finished else ", interrupted"
    return f"### bakegen: {said}\n\n{cell(where)}{trust}, {time_text(report.seconds)}{cut}\n\n"


def _row(outcome: Outcome) -> str:
    steps = f"{outcome.cached} of {len(outcome.steps)}" if outcome.steps else ""
    said = outcome.error or " ".join(filter(None, (*outcome.references[:1], outcome.digest[:_SHORT_DIGEST])))
    cells = (
        outcome.target,
        str(outcome.status),
        time_text(outcome.seconds) if outcome.seconds else "",
        "" if outcome.ready is None else time_text(outcome.ready),
        steps,
        said,
    )
    return f"| {' | '.join(map(cell, cells))} |\n"


def time_text(seconds: float) -> str:
    """Seconds in words: ``4.2 s``, ``12 min 03 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s"
