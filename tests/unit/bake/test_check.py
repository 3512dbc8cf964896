"""What is wrong with a bake file, with the places of everything that takes part in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.bake.check import check
from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, Value
from bakegen.definition.origin import Layer, Origin
from bakegen.diagnostics import render_text
from bakegen.text import Location, Source, Span
from tests.unit.bake.examples import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCE = Source("images/go/image.yaml", "".join(f"line {number}\n" for number in range(1, 30)))


def at(line: int) -> Origin:
    start = sum(len(f"line {number}\n") for number in range(1, line))
    return Origin(Layer.IMAGE, Location(_SOURCE, Span(start, start + 4)))


def target(name: str, attributes: Mapping[str, Value], line: int = 1, **paths: int) -> BakeTarget:
    origins = {"": at(line), **{path.replace("__", "."): at(number) for path, number in paths.items()}}
    return BakeTarget(name, attributes, origins)


def codes(*targets: BakeTarget, groups: tuple[BakeGroup, ...] = (), min_buildx: str = "0.20") -> list[str]:
    return [problem.code for problem in check(BakeFile(groups=groups, targets=targets), min_buildx)]


def test_the_example_is_well() -> None:
    assert check(EXAMPLE, "0.20") == ()


def test_one_tag_on_two_targets_names_both_places() -> None:
    first = target("a", {"tags": ("r.example/x:1", "r.example/x")}, tags=3, tags__1=4)
    second = target("b", {"tags": ("r.example/x:latest",)}, tags=9)
    (problem,) = check(BakeFile(targets=(first, second)), "0.20")
    said = render_text(problem)
    assert problem.code == "duplicate-tag"
    assert said.startswith("images/go/image.yaml:9:1: error: tag 'r.example/x:latest' is on two targets")
    assert "images/go/image.yaml:4:1: note: the other one" in said
    assert "target 'a' (image images/go/image.yaml:4:1)" in said


def test_one_cache_of_two_targets_names_both_places() -> None:
    entry = {"type": "registry", "ref": "r.example/x:cache"}
    first = target("a", {"cache-to": (entry,)}, line=5)
    second = target("b", {"cache-to": ({**entry, "mode": "max"},)}, line=7)
    (problem,) = check(BakeFile(targets=(first, second)), "0.20")
    said = render_text(problem)
    assert problem.code == "duplicate-cache"
    assert "images/go/image.yaml:7:1: error: two exports write the registry cache 'r.example/x:cache'" in said
    assert "images/go/image.yaml:5:1: note: the other one" in said


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"type": "registry", "ref": "x"}, {"type": "registry", "ref": "x:latest"}, True),
        ({"type": "registry", "ref": "x:a"}, {"type": "registry", "ref": "x:b"}, False),
        ({"type": "local", "dest": "a"}, {"type": "local", "dest": "a"}, True),
        ({"type": "local", "dest": "a", "tag": "1"}, {"type": "local", "dest": "a", "tag": "2"}, False),
        ({"type": "gha"}, {"type": "gha"}, True),
        ({"type": "gha", "scope": "a"}, {"type": "gha", "scope": "b"}, False),
        ({"type": "s3", "bucket": "b", "name": "n"}, {"type": "s3", "bucket": "c", "name": "n"}, False),
        ({"type": "s3", "bucket": "b", "name": "n"}, {"type": "s3", "name": "n", "bucket": "b"}, True),
        ({"type": "inline"}, {"type": "inline"}, False),
    ],
)
def test_which_caches_are_the_same(first: dict[str, Value], second: dict[str, Value], same: bool) -> None:
    found = codes(BakeTarget("a", {"cache-to": (first,)}), BakeTarget("b", {"cache-to": (second,)}))
    assert found == (["duplicate-cache"] if same else [])


def test_the_same_tag_twice_on_one_target_is_a_warning() -> None:
    (problem,) = check(BakeFile(targets=(target("a", {"tags": ("x:1", "x:1")}),)), "0.20")
    assert (problem.code, problem.severity) == ("repeated-tag", "warning")


def test_two_targets_of_one_name_name_both_places() -> None:
    (problem,) = check(BakeFile(targets=(target("a", {}, line=2), target("a", {}, line=8))), "0.20")
    said = render_text(problem)
    assert problem.code == "duplicate-target"
    assert "image.yaml:8:1: error" in said
    assert "image.yaml:2:1: note" in said


@pytest.mark.parametrize(
    ("attributes", "code", "words"),
    [
        ({"tags": ("R.example/X:1",)}, "repository-name", "upper-case"),
        ({"tags": ("r.example/x:.a",)}, "tag-name", "not a tag"),
        ({"tags": ("r.example/x:" + "a" * 129,)}, "tag-name", "129"),
        ({"tags": ("r.example/x:1,ref=evil",)}, "tag-name", "not a tag"),
        ({"tags": ("a/" * 130 + "b:1",)}, "repository-name", "261"),
        ({"cache-from": ({"type": "registry", "ref": "r.example/X:1"},)}, "repository-name", "upper-case"),
        ({"cache-to": ({"type": "registry", "ref": "r.example/x:1,2"},)}, "tag-name", "not a tag"),
        ({"contexts": {"a": "target:other"}}, "unknown-target", "links to 'other'"),
        ({"contexts": {"a": "target:tt"}}, "unknown-target", "did you mean 't'"),
        ({"inherits": ("_base",)}, "unknown-target", "inherits '_base'"),
        ({"contexts": {"a": "target:t"}}, "circle", "t -> t"),
        ({"inherits": ("t",)}, "circle", "t -> t"),
        ({"context": "-"}, "standard-input", "standard input"),
        ({"policy": ()}, "attribute-too-new", "0.31"),
    ],
)
def test_one_target(attributes: dict[str, Value], code: str, words: str) -> None:
    problems = check(BakeFile(targets=(target("t", attributes, line=6),)), "0.20")
    assert [problem.code for problem in problems] == [code]
    said = render_text(problems[0])
    assert words in said
    assert "images/go/image.yaml:6:1: error" in said


def test_a_circle_of_links_shows_every_place() -> None:
    targets = (
        target("a", {"contexts": {"x": "target:b"}}, contexts=2),
        target("b", {"contexts": {"x": "target:c"}}, contexts=4),
        target("c", {"contexts": {"x": "target:a"}}, contexts=6),
        target("d", {"contexts": {"x": "target:a"}}),
    )
    (problem,) = check(BakeFile(targets=targets), "0.20")
    said = render_text(problem)
    assert "a -> b -> c -> a" in said
    assert [f"image.yaml:{line}:1" in said for line in (2, 4, 6)] == [True] * 3


def test_a_long_chain_needs_no_stack() -> None:
    targets = [BakeTarget("t0", {}), *(BakeTarget(f"t{n}", {"inherits": (f"t{n - 1}",)}) for n in range(1, 5000))]
    assert codes(*reversed(targets)) == []


def test_groups() -> None:
    groups = (
        BakeGroup("default", ("a", "gone", "more")),
        BakeGroup("more", ("default",)),
        BakeGroup("a", ()),
        BakeGroup("a", ()),
    )
    problems = check(BakeFile(groups=groups, targets=(target("a", {}),)), "0.20")
    assert sorted(problem.code for problem in problems) == [
        "circle",
        "duplicate-group",
        "duplicate-group",
        "duplicate-group",
        "unknown-member",
    ]


def test_a_linked_target_must_have_the_platforms() -> None:
    base = target("base", {"platforms": ("linux/amd64", "linux/arm64")}, platforms=3)
    user = target("user", {"contexts": {"x": "target:base"}, "platforms": ("linux/amd64", "linux/s390x")}, line=7)
    (problem,) = check(BakeFile(targets=(base, user)), "0.20")
    assert problem.code == "platforms"
    assert "linux/s390x" in problem.message
    assert codes(base, target("user", {"contexts": {"x": "target:base"}, "platforms": ("linux/s390x",)})) == []


def test_the_nearest_known_place_is_shown() -> None:
    origins = {"": at(1), "args": at(2), "args.B": at(3)}
    one = BakeTarget("t", {"args": {"A": "e\u0301", "B": "e\u0301"}, "description": "e\u0301"}, origins)
    lines = [str(problem.location) for problem in check(BakeFile(targets=(one,)), "0.20")]
    assert lines == [f"images/go/image.yaml:{line}:1" for line in (2, 3, 1)]
