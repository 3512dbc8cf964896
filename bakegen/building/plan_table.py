"""What `bakegen build --plan` shows: decisions as rows for people, and as JSON values for programs, with their page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.building.key_differences import INPUTS
from bakegen.building.masking import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.building.key_differences import Change
    from bakegen.building.model import Decision

HEAD = ("TARGET", "DECISION", "WHY")
"""What stands above the columns of `rows`."""


def rows(decisions: Mapping[str, Decision]) -> list[tuple[str, str, str]]:
    """Target, decision and why, in the order of `decisions`."""
    return [(one.target, str(one.action), one.why) for one in decisions.values()]


def values(decisions: Mapping[str, Decision]) -> list[dict[str, object]]:
    """The decisions as plain JSON values; what is empty is there too, so that every entry has the same names."""
    return [{name: get(one) for name, (_, _, get) in FIELDS.items()} for one in decisions.values()]


def _change(change: Change) -> dict[str, object]:
    return {
        "input": change.input,
        "name": clean_line(change.name),
        "what": clean_line(change.what),
        "because": [_change(one) for one in change.because],
    }


FIELDS: Mapping[str, tuple[str, str, Callable[[Decision], object]]] = {
    "target": ("text", "the name of a target, or the title of an artifact: `app/headers`", lambda one: one.target),
    "decision": ("text", "`build` or `skip`", lambda one: str(one.action)),
    "why": ("text", "what the table says", lambda one: one.why),
    "key": ("text", "the content key; empty where there is none", lambda one: one.key),
    "found": ("text", "the reference that has this content, empty where it is built", lambda one: one.found),
    "digest": ("text", "the digest of that, empty where it is built", lambda one: one.digest),
    "tags": ("list of texts", "the references that it gets on this branch", lambda one: list(one.tags)),
    "contexts": (
        "object",
        "images in the place of targets that it builds on and that are skipped: context → image",
        lambda one: dict(one.contexts),
    ),
    "since": (
        "text",
        "the commit of the default branch whose image it is compared with, empty where there is none",
        lambda one: one.since,
    ),
    "changes": ("list of objects", "what is different since that commit", lambda one: list(map(_change, one.changes))),
    "caches": (
        "list of objects",
        "entries of `cache-from` for images of earlier commits, see the setting `ancestors`",
        lambda one: [dict(entry) for entry in one.caches],
    ),
    "writes_cache": (
        "true or false",
        "whether a target that is skipped is built all the same, for its cache alone",
        lambda one: one.writes_cache,
    ),
}
"""The fields of `values`: what each holds, what it means, how it is found."""

_INTRO = """\
# The plan of a build

Made from `bakegen/building/plan_table.py`; do not edit.

`bakegen build --plan --format json` prints a list with an object for each target and artifact. All fields are always
there; new ones may come.

| field | holds | meaning |
| --- | --- | --- |
"""

_CHANGES = """
## `changes`

Each is an object. Values of build arguments, labels and attributes are never told, only their names.

| field | holds | meaning |
| --- | --- | --- |
| `input` | text | INPUTS |
| `name` | text | the path, argument, target, image or attribute; empty where there is one only, or `what` is a count |
| `what` | text | `added`, `removed`, `changed`, or words: `sha256:0123456789ab instead of sha256:ba9876543210` |
| `because` | list of objects | what changed about a target that it builds on, and the files of a named context |

`since` is the nearest of the merge base with the default branch and 7 first parents before it that has an image of this
target in the registry under the content key of that commit. The keys are worked out from the files of those commits:
files that are made before the build and are not in git are not there. A clone needs that much history: `fetch-depth: 0`
with actions/checkout, `GIT_DEPTH: 0` on GitLab. Where nothing is known, `why` says what is missing.
"""


def reference_text() -> str:
    """The text of the reference page."""
    fields = "".join(f"| `{name}` | {kind} | {means} |\n" for name, (kind, means, _) in FIELDS.items())
    return _INTRO + fields + _CHANGES.replace("INPUTS", ", ".join(f"`{one}`" for one in INPUTS))
