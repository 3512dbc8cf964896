"""What ran in a history as a table for a terminal, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.explaining.replay.figures import by_target, minutes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.explaining.replay.figures import Figures
    from bakegen.explaining.replay.policies import Policy, Ran, Share

SCHEMA_VERSION = 1
"""Goes up when a field goes away or changes its meaning; new fields may come at any time."""
HEADS = ("policy", "Dockerfiles", "steps run", "may run", "minutes", "share")
TARGET_HEADS = ("target", "steps run", "rewritten", "minutes", "rewritten")
COLUMNS = (
    "commit", "date", "pull_request", "policy", "dockerfiles", "target", "steps", "runs", "may_run", "seconds",
    "may_seconds",
)  # fmt: skip
"""The columns of the CSV; a row whose target is empty is of all targets together."""


def rows(found: Figures) -> Iterator[tuple[str, ...]]:
    """The table: a row for every policy and kind of Dockerfiles, with the heads `HEADS`."""
    for line in found.lines:
        total = line.total
        shown = (f"{total.runs:,}", f"{total.may:,}", minutes(total.seconds), f"{found.share(line):.1%}")
        yield (str(line.policy), str(line.text), *shown)


def target_rows(found: Figures, policy: Policy) -> Iterator[tuple[str, ...]]:
    """A row for every target of which something ran, with the heads `TARGET_HEADS`."""
    for name, (one, other) in by_target(found, policy).items():
        shown = (f"{one.runs:,}", f"{other.runs:,}", minutes(one.seconds), minutes(other.seconds))
        yield (clean_line(name), *shown)


def csv_text(found: Figures) -> str:
    """A row for every commit, policy and kind of Dockerfiles, and one for each target of which something ran."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in found.lines:
        for one in line.ran:
            head = (one.build.commit.oid, date(one), one.build.commit.pull, str(line.policy), str(line.text))
            if not one.build.problem:
                writer.writerow((*head, "", *_cells(one.all)))
            writer.writerows((*head, clean_line(name), *_cells(share)) for name, share in one.targets.items())
    return out.getvalue()


def _cells(share: Share) -> tuple[object, ...]:
    return share.steps, share.runs, share.may, round(share.seconds, 3), round(share.may_seconds, 3)


def json_text(found: Figures) -> str:
    """All of it; ``share`` is of what runs without any cache."""
    made = {
        "schema_version": SCHEMA_VERSION,
        "summary": found.said,
        "basis": found.basis,
        "problems": {clean_line(problem): count for problem, count in found.problems.items()},
        "commits": [
            {
                "commit": one.commit.oid,
                "pull_request": one.commit.pull or None,
                "subject": clean_line(one.commit.subject),
                "problem": clean_line(one.problem) or None,
            }
            for one in found.builds
        ],
        "lines": [
            {
                "policy": str(line.policy),
                "dockerfiles": str(line.text),
                **_share(line.total),
                "share": round(found.share(line), 4),
                "targets": {clean_line(name): _share(share) for name, share in line.targets().items()},
                "commits": [_share(one.all) for one in line.ran],
            }
            for line in found.lines
        ],
    }
    return json.dumps(made, indent=2) + "\n"


def _share(share: Share) -> dict[str, object]:
    return {
        "steps": share.steps,
        "runs": share.runs,
        "maybe": share.may,
        "seconds": round(share.seconds, 3),
        "maybe_seconds": round(share.may_seconds, 3),
    }


def date(one: Ran) -> str:
    """The day of a commit: ``2026-05-04``."""
    return datetime.fromtimestamp(one.build.commit.when, UTC).strftime("%Y-%m-%d")
