"""Shortening and splitting: less text, the same meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bakegen.bake.check import check
from bakegen.bake.hcl import write_hcl
from bakegen.bake.meaning import meaning
from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, Value
from bakegen.bake.shorten import shorten
from bakegen.bake.split import split
from tests.unit.bake.examples import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping

_words = st.sampled_from(["a", "b", "c", "registry.example.com/team/image-with-a-long-name"])
_maps = st.dictionaries(st.sampled_from(["A", "B", "C"]), _words)
_texts = st.lists(_words, max_size=3).map(tuple)
_entries = st.lists(st.fixed_dictionaries({"type": st.just("registry"), "ref": _words}), max_size=3).map(tuple)
_attributes: st.SearchStrategy[Mapping[str, Value]] = st.fixed_dictionaries(
    {},
    optional={
        "context": _words,
        "dockerfile": _words,
        "description": _words,
        "args": _maps,
        "labels": _maps,
        "contexts": _maps,
        "platforms": _texts,
        "tags": _texts,
        "annotations": _texts,
        "ulimits": _texts,
        "entitlements": _texts,
        "cache-from": _entries,
        "cache-to": _entries,
        "output": _entries,
        "secret": st.lists(st.fixed_dictionaries({"id": _words, "env": _words}), max_size=2).map(tuple),
        "attest": st.lists(st.fixed_dictionaries({"type": _words, "mode": _words}), max_size=2).map(tuple),
        "network": st.sampled_from(["host", "none"]),
        "pull": st.booleans(),
    },
)


@st.composite
def files(draw: st.DrawFn) -> BakeFile:
    names = [f"t{number}" for number in range(draw(st.integers(1, 8)))]
    targets: list[BakeTarget] = []
    common = dict(draw(_attributes))
    for at, name in enumerate(names):
        attributes: dict[str, Value] = {**common, **draw(_attributes)}
        if at and draw(st.booleans()):
            old = attributes.get("contexts", {})
            link = {"base": f"target:{draw(st.sampled_from(names[:at]))}"}
            attributes["contexts"] = {**old, **link} if isinstance(old, dict) else link
        targets.append(BakeTarget(name, attributes, section=draw(st.sampled_from(["", "x", "é y"]))))
    targets.sort(key=lambda target: target.section)
    members = draw(st.lists(st.sampled_from(names), unique=True))
    groups = (BakeGroup("default", tuple(members)), BakeGroup("all", (*names, "default")), BakeGroup("none", ()))
    return BakeFile(groups=groups, targets=tuple(targets))


def _all(file: BakeFile) -> list[str]:
    return [target.name for target in file.targets if not target.name.startswith("_")]


@given(files())
def test_shortening_keeps_the_meaning_and_never_lengthens(file: BakeFile) -> None:
    short = shorten(file)
    assert meaning(short, _all(file)) == meaning(file, _all(file))
    assert meaning(short) == meaning(file)
    assert len(write_hcl(short, "0.36")) <= len(write_hcl(file, "0.36"))
    assert _all(short) == _all(file)


def test_a_section_gets_a_base() -> None:
    shared: dict[str, Value] = {"context": "images/go", "platforms": ("linux/amd64", "linux/arm64"), "pull": True}
    targets = tuple(
        BakeTarget(f"go-{n}", {**shared, "args": {"V": str(n), "OS": "bookworm"}, "tags": (f"go:{n}",)}, section="go")
        for n in range(4)
    )
    short = shorten(BakeFile(targets=targets))
    assert [target.name for target in short.targets] == ["_go", "go-0", "go-1", "go-2", "go-3"]
    assert short.targets[0].attributes == {**shared, "args": {"OS": "bookworm"}}
    assert short.targets[2].attributes == {"inherits": ("_go",), "args": {"V": "1"}, "tags": ("go:1",)}


def test_a_base_never_takes_a_name_that_is_taken() -> None:
    shared: dict[str, Value] = {"context": "c" * 200}
    targets = (BakeTarget("_go", shared, section="go"), BakeTarget("a", shared, section="go"))
    names = [target.name for target in shorten(BakeFile((), (BakeGroup("_go-2", ()),), targets)).targets]
    assert names == ["_go-3", "_go", "a"]


def test_what_would_not_get_shorter_stays() -> None:
    targets = (BakeTarget("a", {"pull": True}, section="x"), BakeTarget("b", {"pull": True}, section="x"))
    assert shorten(BakeFile(targets=targets)).targets == targets
    assert shorten(EXAMPLE) == EXAMPLE


@given(files(), st.integers(1, 6))
def test_every_part_is_whole_and_together_they_are_the_file(file: BakeFile, at: int) -> None:
    file = shorten(file)
    before = meaning(file, _all(file))["target"]
    parts = split(file, at)
    found: dict[str, object] = {}
    owned: list[str] = []
    for part in parts:
        assert not [problem for problem in check(part.file, "0.36") if problem.code.startswith("unknown")]
        asked = [name for name in _all(part.file) if name in part.owned]
        told = meaning(part.file, asked)["target"]
        assert isinstance(told, dict)
        found |= {name: told[name] for name in asked}
        owned += sorted(part.owned)
        in_groups = {member for group in part.file.groups for member in group.targets}
        assert in_groups <= part.owned | {group.name for group in part.file.groups}
    assert found == before
    assert sorted(owned) == sorted(target.name for target in file.targets)


@given(files(), st.integers(1, 6))
def test_each_group_is_shared_out(file: BakeFile, at: int) -> None:
    parts = split(file, at)
    for group in file.groups:
        shared = [m for part in parts for g in part.file.groups if g.name == group.name for m in g.targets]
        assert {*shared} == ({*group.targets} - {"default"}) | ({"default"} & {*shared})


def test_a_small_file_is_one_part() -> None:
    assert [(part.infix, part.file) for part in split(EXAMPLE)] == [("", EXAMPLE)]


def test_parts_tell_where_the_others_are() -> None:
    targets = tuple(BakeTarget(f"{image}-{n}", {}, section=image) for image in ("go", "rust", "py") for n in range(3))
    parts = split(BakeFile(("Head.",), (BakeGroup("default", ("go-0", "py-1")),), targets), 6)
    assert [part.infix for part in parts] == ["", ".2"]
    assert [sorted(part.owned)[0] for part in parts] == ["go-0", "py-0"]
    for part in parts:
        text = write_hcl(part.file, "0.20")
        assert "#   docker-bake.hcl: go, rust\n#   docker-bake.2.hcl: py\n" in text
        assert text.startswith("# Head.\n#\n# Part ")
    assert [group.targets for part in parts for group in part.file.groups] == [("go-0",), ("py-1",)]


def test_a_linked_target_comes_along() -> None:
    targets = (
        BakeTarget("base", {}, section="a"),
        BakeTarget("middle", {"contexts": {"x": "target:base"}}, section="b"),
        BakeTarget("top", {"contexts": {"x": "target:middle"}}, section="c"),
    )
    parts = split(BakeFile(targets=targets), 1)
    assert [[target.name for target in part.file.targets] for part in parts] == [
        ["base"],
        ["base", "middle"],
        ["base", "middle", "top"],
    ]
