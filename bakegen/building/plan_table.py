"""What `bakegen build --plan` shows: the decisions as rows for people, and as JSON values for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.building.key_differences import Change
    from bakegen.building.model import Decision

HEAD = ("TARGET", "DECISION", "WHY")
"""What stands above the columns of `rows`."""


def rows(decisions: Mapping[str, Decision]) -> list[tuple[str, str, str]]:
    """Target, decision and why, in the order of `decisions`."""
    return [(one.target, str(one.action), one.why) for one in decisions.values()]


def values(decisions: Mapping[str, Decision]) -> list[dict[str, object]]:
    """The decisions as plain JSON values; what is empty is there too, so that every entry has the same names."""
    return [
        {
            "target": one.target,
            "decision": str(one.action),
            "why": one.why,
            "key": one.key,
            "found": one.found,
            "digest": one.digest,
            "tags": list(one.tags),
            "contexts": dict(one.contexts),
            "since": one.since,
            "changes": [_change(change) for change in one.changes],
            "caches": [dict(entry) for entry in one.caches],
        }
        for one in decisions.values()
    ]


def _change(change: Change) -> dict[str, object]:
    return {
        "input": change.input,
        "name": change.name,
        "what": change.what,
        "because": [_change(one) for one in change.because],
    }
