"""The table of `bakegen build --plan` as rows and as JSON."""

from __future__ import annotations

import json

from bakegen.building.model import Action, Decision
from bakegen.building.plan_table import HEAD, rows, values

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
