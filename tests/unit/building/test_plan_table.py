"""The table of `bakegen build --plan` as rows and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from bakegen.building.key_differences import Change
from bakegen.building.model import Action, Decision
from bakegen.building.plan_table import HEAD, reference_text, rows, values

PACKAGE = Path(__file__).parents[3] / "bakegen"
BUILT = Decision("app", Action.BUILD, "no image has its content key", "a1", tags=("r/app:x",), contexts={"base": "i"})
SKIPPED = Decision("base", Action.SKIP, "its content is in r/base:key-b1", "b1", "r/base:key-b1", "sha256:ab")
DECISIONS = {"app": BUILT, "base": SKIPPED}


def test_a_row_for_each_decision_in_their_order() -> None:
    assert rows(DECISIONS) == [
        ("app", "build", "no image has its content key"),
        ("base", "skip", "its content is in r/base:key-b1"),
    ]
    assert all(len(row) == len(HEAD) for row in rows(DECISIONS))


def test_every_json_entry_has_the_same_names() -> None:
    first, second = json.loads(json.dumps(values(DECISIONS)))
    assert list(first) == list(second)
    assert (first["decision"], first["tags"], first["contexts"]) == ("build", ["r/app:x"], {"base": "i"})
    assert (second["found"], second["digest"]) == ("r/base:key-b1", "sha256:ab")


def test_what_changed_is_told_with_its_own_causes() -> None:
    change = Change("parent", "base", "changed", (Change("files", "od\x1bd\udc80", "added"),))
    built = Decision("app", Action.BUILD, "since 12: …", "a1", since="12" * 20, changes=(change,))
    (found,) = values({"app": built})
    assert (found["since"], found["caches"]) == ("12" * 20, [])
    assert found["changes"] == [
        {
            "input": "parent",
            "name": "base",
            "what": "changed",
            "because": [{"input": "files", "name": r"od\x1bd\udc80", "what": "added", "because": []}],
        }
    ]


def test_the_committed_reference_is_current() -> None:
    assert (PACKAGE / "docs/reference/build-plan.md").read_text("utf-8") == reference_text()
