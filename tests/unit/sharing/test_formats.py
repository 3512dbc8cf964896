"""What people and programs are told."""

from __future__ import annotations

import json
from pathlib import Path

from bakegen.sharing.data import json_text
from bakegen.sharing.model import Advice, Family, Member, Sharing
from bakegen.sharing.reference import OBJECTS, reference_text
from bakegen.sharing.shown import advice_lines, parting_rows, size_rows, step_rows, total, tree
from tests.unit.explaining.sides import project
from tests.unit.sharing.families import family, stored

PACKAGE = Path(__file__).parents[3] / "bakegen"
_FILES = project(
    "FROM a\nRUN one\nARG V\nRUN two\nCOPY --from=b /x /\n",
    'matrix: {axes: {v: ["1", "2", "3"]}}\nargs: {V: "{{ v }}"}\n',
)


def test_rows_and_a_tree_of_layers() -> None:
    found, lines = family(_FILES)
    sharing = Sharing((stored(found, ["abcd", "abcd", "abef"]),), asked=True)
    (row,) = size_rows(sharing)
    assert row[:8] == ("app", "3", "6 of 12", "0.1 kB", "0.1 kB", "0.0 kB", "0.0 kB", "0.0 kB")
    assert row[8] == "#" * 8 + "=" * 8 + "." * 8
    assert list(parting_rows(sharing, lines)) == [("app", "images/app/Dockerfile:4 RUN two", "2", "argument V differs")]
    assert tree(sharing, lines).splitlines() == [
        "app",
        "  app-1, app-2, app-3: 2 layers, 0.0 kB",
        "  parts at images/app/Dockerfile:4 RUN two: argument V differs",
        "  |- app-1, app-2: 2 layers, 0.0 kB",
        "  |- app-3: 2 layers, 0.0 kB",
    ]
    assert total(sharing).startswith("3 images, 6 layers, 0.1 kB; 12 layers and 0.1 kB if nothing was shared; ")


def test_the_plan_alone() -> None:
    found, lines = family(_FILES)
    sharing = Sharing((found,), asked=False)
    assert list(step_rows(sharing)) == [("app", "3", "7 of 9", "1", "6")]
    assert not list(size_rows(sharing))
    assert list(parting_rows(sharing, lines)) == [("app", "images/app/Dockerfile:4 RUN two", "3", "argument V differs")]
    assert tree(sharing, lines).splitlines()[1] == "  app-1, app-2, app-3: the base and 1 step"
    assert total(sharing) == "3 images, 7 steps that leave layers; 9 if nothing was shared"


def test_what_is_not_there_is_in_no_count() -> None:
    found, lines = family(_FILES)
    some = stored(found, ["abcd", "abef", "abgh"])
    gone = Member("app-3", "", found.members[2].line, missing="there is no r/app:3")
    sharing = Sharing((Family("app", "", (*some.members[:2], gone)),), asked=True, problems=("app-3: …",))
    (row,) = size_rows(sharing)
    assert row[1:3] == ("2/3", "6 of 8")
    told = json.loads(json_text(sharing, lines))
    assert told["definitions"][0]["variants"][2]["missing"] == "there is no r/app:3"
    assert told["problems"] == ["app-3: …"]


def test_advice_is_a_sentence() -> None:
    found, _ = family(_FILES)
    advised = Family("app", "", found.members, Advice(("sink-arg",), "Move it.", 6, 1))
    assert list(advice_lines(Sharing((advised,), asked=False))) == [
        "app: with the rewrite sink-arg (Move it) two of its images part over 1 RUN instead of 6"
    ]


def test_every_field_is_in_the_reference() -> None:
    found, lines = family(_FILES)
    some = stored(found, ["abcd", "abcd", "abef"])
    some = Family("app", "", some.members, Advice(("a",), "", 2, 1))
    told = json.loads(json_text(Sharing((some,), asked=True), lines))
    (definition,) = told["definitions"]
    parts = {
        "The whole": told,
        "`definition`": definition,
        "`shares`": told["total"],
        "`parting`": definition["plan"],
        "`reason`": definition["plan"]["why"][0],
        "`layers parting`": definition["registry"],
        "`node`": definition["tree"],
        "`advice`": definition["advice"],
        "`variant`": definition["variants"][0],
    }
    assert {name: list(part) for name, part in parts.items()} == {name: list(part) for name, part in OBJECTS.items()}
    assert definition["shares"].keys() == OBJECTS["`shares`"].keys()


def test_the_committed_reference_is_current() -> None:
    assert (PACKAGE / "docs/reference/cache-sharing.md").read_text("utf-8") == reference_text()
