"""Where variants part, by the plan and by layers, and whether both say the same."""

from __future__ import annotations

import pytest

from bakegen.sharing.held import Agreement, held
from bakegen.sharing.parting import Parting, first_parting
from tests.unit.explaining.sides import project
from tests.unit.sharing.families import family, stored

_AXES = 'matrix: {axes: {v: ["1", "2"]}}\n'
_ARGS = _AXES + 'args: {V: "{{ v }}"}\n'


def parting(dockerfile: str, definition: str = _ARGS, **files: str) -> Parting:
    found, lines = family(project(dockerfile, definition, **files))
    first = first_parting(lines, found.members)
    assert first is not None
    return first


def test_an_argument_parts_the_first_run_behind_it() -> None:
    first = parting("FROM a\nRUN one\nARG V\nRUN two\nRUN $V\n")
    assert (first.place, first.text, first.position) == ("images/app/Dockerfile:4", "RUN two", 2)
    assert [(one.kind, one.name, one.what) for one in first.reasons] == [("argument", "V", "differs")]
    assert first.into == (("app-1",), ("app-2",))


def test_a_file_parts_a_copy() -> None:
    first = parting("FROM a\nARG V\nCOPY $V.txt /\n", _ARGS, **{"1__txt": "x", "2__txt": "y"})
    assert first.place == "images/app/Dockerfile:3"
    assert {one.kind for one in first.reasons} >= {"file"}
    assert "1.txt only in some" in first.why


def test_different_bases_part_at_from() -> None:
    first = parting("ARG V\nFROM base:$V AS base\nENV A=b\nFROM base\nRUN one\n")
    assert (first.place, first.text, first.position) == ("images/app/Dockerfile:2", "FROM base:$V AS base", 0)
    assert first.why == "argument V differs, base 2 different bases: base:1, base:2"


def test_digests_of_one_base_are_told_apart() -> None:
    digest = "sha256:" + "0" * 63
    definition = _AXES + f'contexts: {{a: "docker-image://a:1@{digest}{{{{ v }}}}"}}\n'
    first = parting("FROM a\nRUN one\n", definition)
    assert first.position == 0
    assert first.reasons[0].name == "a"
    assert "stands for 2 different images" in first.why


def test_a_stage_that_is_copied_from_is_followed_to_where_it_parts() -> None:
    first = parting("FROM a AS b\nRUN one\nARG V\nRUN $V\nFROM a\nRUN three\nCOPY --from=b /x /\n")
    assert first.place == "images/app/Dockerfile:7"
    (reason,) = first.reasons
    assert reason.because is not None
    assert (reason.kind, reason.name, reason.because.place) == ("stage", "b", "images/app/Dockerfile:4")
    assert reason.text == "stage b differs from images/app/Dockerfile:4 RUN $V on: argument V differs"


def test_variants_part_in_their_parents() -> None:
    files = {
        "images/base/image.yaml": _ARGS,
        "images/base/Dockerfile": "FROM a\nARG V\nRUN $V\n",
        **project("FROM base\nRUN one\n", _AXES + 'contexts: {base: "target:base-{{ v }}"}\n'),
    }
    found, lines = family(files)
    first = first_parting(lines, found.members)
    assert first is not None
    assert (first.place, first.target) == ("images/base/Dockerfile:3", "base-1")
    assert first.into == (("app-1",), ("app-2",))


def test_values_of_arguments_are_never_told() -> None:
    definition = _AXES + 'args: {V: "hunter{{ v }}"}\n'
    assert "hunter" not in repr(parting("FROM a\nARG V\nRUN one\n", definition).reasons)


def test_templates_are_told_by_their_lines() -> None:
    files = project("", _AXES)
    del files["images/app/Dockerfile"]
    files["images/app/Dockerfile.j2"] = "{# a comment\nof two lines #}\nFROM a\nRUN echo {{ v }}\n"
    found, lines = family(files)
    first = first_parting(lines, found.members)
    assert first is not None
    assert (first.place, first.why) == ("images/app/Dockerfile.j2:4", "the instructions differ")


def test_the_same_everywhere_parts_nowhere() -> None:
    found, lines = family(project("FROM a\nRUN one\n", _AXES))
    assert first_parting(lines, found.members) is None
    assert held(lines, stored(found, ["ab", "ab"])).agreement is Agreement.AGREE


@pytest.mark.parametrize(
    ("layers", "agreement", "line"),
    [
        (["abcd", "abef"], Agreement.AGREE, 4),
        (["abcd", "aefg"], Agreement.EARLIER, 2),
        (["abcd", "efgh"], Agreement.EARLIER, 1),
        (["abcd", "abce"], Agreement.LATER, 5),
    ],
)
def test_layers_are_held_against_the_plan(layers: list[str], agreement: Agreement, line: int) -> None:
    found, lines = family(project("FROM a\nRUN one\nARG V\nRUN two\nCOPY x /\n", _ARGS, x="1"))
    both = held(lines, stored(found, layers))
    assert both.agreement is agreement
    assert both.stored is not None
    assert both.stored.parting is not None
    assert both.stored.parting.place == f"images/app/Dockerfile:{line}"
    if agreement is Agreement.EARLIER:
        assert [one.kind for one in both.stored.parting.reasons] == ["built"]


def test_images_with_other_steps_than_the_plan_are_not_mapped() -> None:
    found, lines = family(project("FROM a\nRUN one\nARG V\nRUN two\n", _ARGS))
    old = stored(family(project("FROM a\nRUN one\nARG V\nCOPY x /\n", _ARGS, x="1"))[0], ["abc", "abd"])
    members = tuple(
        type(one)(one.target, "", one.line, stored=was.stored)
        for one, was in zip(found.members, old.members, strict=True)
    )
    both = held(lines, type(found)("app", "", members))
    assert both.agreement is Agreement.UNKNOWN
    assert both.stored is not None
    assert (both.stored.parting, both.stored.layer, both.stored.made_by) == (None, 2, ("COPY x /",))
