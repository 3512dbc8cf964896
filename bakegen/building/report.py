"""What a build came to, as ``bakegen-report.json`` tells it: the table of its fields, which all else is made from.

`bakegen.building.report_reference` makes the JSON Schema and the reference page from the same table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bakegen.building.masking import clean_line
from bakegen.building.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.building.model import Outcome
    from bakegen.plan.branch import BranchState

SCHEMA_VERSION = 1
"""Goes up when a field goes away or changes its meaning; new fields may come at any time."""


@dataclass(frozen=True, slots=True)
class Report:
    """A build, or as much of it as is over.

    Attributes:
        version: bakegen's.
        branch: what was known about the branch.
        outcomes: what became of the targets, in any order; those that are not done yet may be left out.
        seconds: since it began.
        finished: whether it went to its end; False for what is written meanwhile and where it was interrupted.
    """

    version: str
    branch: BranchState
    outcomes: tuple[Outcome, ...]
    seconds: float
    finished: bool = True

    @property
    def targets(self) -> tuple[Outcome, ...]:
        """The outcomes by name."""
        return tuple(sorted(self.outcomes, key=lambda outcome: outcome.target))

    def count(self, status: Status) -> int:
        """How many targets came to that."""
        return sum(outcome.status is status for outcome in self.outcomes)


class Kind(StrEnum):
    """What a field of the report holds, in the words of its reference."""

    TEXT = "text"
    WORDS = "text or null"
    NUMBER = "number"
    MOMENT = "number or null"
    COUNT = "whole number"
    FLAG = "true or false"
    TEXTS = "list of texts"
    OBJECT = "object"
    OBJECTS = "list of objects"


@dataclass(frozen=True, slots=True)
class ReportField:
    """One field: its name, what it holds, what that means, how it is found in what its object is made from.

    Attributes:
        fields: those of the object, or of each object, that it holds.
        choices: the texts that it may be, all texts where there are none.
    """

    name: str
    kind: Kind
    description: str
    of: Callable[[Any], object]
    fields: tuple[ReportField, ...] = ()
    choices: tuple[str, ...] = ()


_TOOL = (
    ReportField("name", Kind.TEXT, "`bakegen`", lambda report: "bakegen"),
    ReportField("version", Kind.TEXT, "its version", lambda report: report.version),
)
_BRANCH = (
    ReportField("name", Kind.WORDS, "the branch that was built; of a pull request its head", lambda b: b.branch),
    ReportField("base", Kind.WORDS, "what a pull request would be merged into", lambda b: b.base),
    ReportField("default", Kind.TEXT, "the default branch", lambda b: b.default),
    ReportField("pull_request", Kind.WORDS, "the number of the pull request", lambda b: b.pull_request),
    ReportField("tag", Kind.FLAG, "whether a git tag was built, which is no branch", lambda b: b.is_tag),
    ReportField("event", Kind.TEXT, "what started the build, one of the keys of `events`", lambda b: str(b.event)),
    ReportField("trusted", Kind.FLAG, "whether the build could write what others read", lambda b: b.trusted),
)


def _status_field(name: str, status: Status, words: str) -> ReportField:
    return ReportField(name, Kind.COUNT, words, lambda report: report.count(status))


_TOTALS = (
    ReportField("targets", Kind.COUNT, "all targets of the report", lambda report: len(report.outcomes)),
    _status_field("built", Status.BUILT, "those that were built"),
    _status_field("skipped", Status.SKIPPED, "those whose image was there already"),
    _status_field("failed", Status.FAILED, "those that failed"),
    _status_field("not_built", Status.NOT_BUILT, "those that were not begun, or ended with others"),
    ReportField(
        "steps", Kind.COUNT, "the steps of all targets", lambda report: sum(len(o.steps) for o in report.outcomes)
    ),
    ReportField(
        "steps_cached", Kind.COUNT, "those from a cache", lambda report: sum(o.cached for o in report.outcomes)
    ),
)
_STEP = (
    ReportField("name", Kind.TEXT, "what the Dockerfile says", lambda step: step.name),
    ReportField("cached", Kind.FLAG, "whether it came from a cache and was not run", lambda step: step.cached),
    ReportField("seconds", Kind.NUMBER, "how long it ran", lambda step: step.seconds),
    ReportField(
        "stage", Kind.WORDS, "its stage, `stage-1` without a name; null where unknown", lambda s: s.stage or None
    ),
)
_CACHE = (
    ReportField("reference", Kind.WORDS, "where it is; null outside of registries", lambda c: c.reference or None),
    ReportField("digest", Kind.WORDS, "the digest of its manifest, `sha256:…`", lambda c: c.digest or None),
    ReportField("seconds", Kind.NUMBER, "how long it took to write it", lambda c: c.seconds),
    ReportField("ready", Kind.NUMBER, "seconds from the begin of the build until it was written", lambda c: c.ready),
)
_TARGET = (
    ReportField("name", Kind.TEXT, "the target; of an artifact `TARGET/NAME`", lambda o: o.target),
    ReportField("status", Kind.TEXT, "what became of it", lambda o: o.status, choices=tuple(Status)),
    ReportField("why", Kind.WORDS, "why it was built or not; what changed with `--why`", lambda o: o.why or None),
    ReportField("key", Kind.WORDS, "its content key", lambda o: o.key or None),
    ReportField("digest", Kind.WORDS, "the digest of its image, `sha256:…`", lambda o: o.digest or None),
    ReportField("references", Kind.TEXTS, "what its image can be pulled by", lambda o: o.references),
    ReportField("platforms", Kind.TEXTS, "the platforms that it was built for", lambda o: o.platforms),
    ReportField(
        "seconds", Kind.NUMBER, "from the begin of its first step to its end; 0 where skipped", lambda o: o.seconds
    ),
    ReportField(
        "ready",
        Kind.MOMENT,
        "seconds from the begin of the build until it could be pulled; null where it was not pushed",
        lambda o: o.ready,
    ),
    ReportField("steps_cached", Kind.COUNT, "how many of its steps came from a cache", lambda o: o.cached),
    ReportField("steps", Kind.OBJECTS, "its steps, in order", lambda o: o.steps, fields=_STEP),
    ReportField("caches", Kind.OBJECTS, "its caches that were written", lambda o: o.caches, fields=_CACHE),
    ReportField("error", Kind.WORDS, "why it failed or was not built, in one line", lambda o: o.error or None),
)
FIELDS = (
    ReportField("schema_version", Kind.COUNT, f"{SCHEMA_VERSION}", lambda report: SCHEMA_VERSION),
    ReportField("tool", Kind.OBJECT, "what wrote the report", lambda report: report, fields=_TOOL),
    ReportField(
        "finished",
        Kind.FLAG,
        "whether the build went to its end; false while it runs and where it was interrupted",
        lambda report: report.finished,
    ),
    ReportField("seconds", Kind.NUMBER, "how long the build took", lambda report: report.seconds),
    ReportField("branch", Kind.OBJECT, "what was known about the branch", lambda report: report.branch, fields=_BRANCH),
    ReportField("totals", Kind.OBJECT, "numbers of the whole", lambda report: report, fields=_TOTALS),
    ReportField("targets", Kind.OBJECTS, "the targets, by name", lambda report: report.targets, fields=_TARGET),
)
"""All fields of the report, in their order."""


def report_text(report: Report) -> str:
    """The text of ``bakegen-report.json``: ASCII, and the same report gives the same bytes."""
    return json.dumps(_object(FIELDS, report), indent=2, allow_nan=False) + "\n"


def _object(fields: Iterable[ReportField], holder: object) -> dict[str, object]:
    return {field.name: _value(field, field.of(holder)) for field in fields}


def _value(field: ReportField, found: Any) -> object:
    if field.kind is Kind.OBJECT:
        return _object(field.fields, found)
    if field.kind is Kind.OBJECTS:
        return [_object(field.fields, one) for one in found]
    if field.kind is Kind.TEXTS:
        return [clean_line(text) for text in found]
    if isinstance(found, str):
        return clean_line(found)
    return round(found, 3) if isinstance(found, float) else found
