"""What the real `docker buildx bake --print` reads from our files is what we meant, whatever the strings are."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bakegen.bake.hcl import write_hcl
from bakegen.bake.jsonfile import write_json
from bakegen.bake.meaning import meaning
from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, BakeVariable, Choice, Value
from bakegen.bake.shorten import shorten
from bakegen.bake.split import split
from bakegen.definition.attributes import ATTRIBUTES, parse_version
from bakegen.plan.branch import BranchState
from bakegen.plan.refs import CacheSettings, CacheSubject, cache_candidates, cache_to, image_tags
from tests.unit.bake.examples import EXAMPLE
from tests.unit.bake.test_hcl import NEW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.newest import NewestEngine

HOSTILE = (
    "${boom()}",
    "x${boom()}y",
    "$${x}",
    "$$${x}",
    "%{if true}yes%{endif}",
    "%%{x}",
    "${",
    "%{",
    "$",
    "%",
    "$%{x}",
    "%${x}",
    "\\${x}",
    "\\",
    '\\"',
    '"',
    "'",
    "`",
    "a,ref=evil.example/x:y",
    'a",ref="b',
    ",",
    "=",
    "type=registry,ref=x",
    " leading and trailing ",
    "line\nbreak\r\nand\ttab",
    "\n",
    "\x00\x01\x1b[31m\x7f\x85",
    "::set-output name=a::b",
    "# no comment",
    "// nor this",
    "/* nor */ this",
    "<<EOT\nx\nEOT\n",
    "EOT",
    "FROM x\nEOT\nEOT_\n",
    "a\u2028b\u2029c\u202ed\u2066e\ufefff",
    "größe 日本語 😀 \U0001f1e9\U0001f1ea",
    "\ufffd\uffff\U0010ffff",
    "null",
    "true",
    "3.10",
    "010",
    "for",
    "*",
    "../../etc",
    "-",
    "--flag",
    "{{ jinja }}",
    "<b>&amp;",
    "x" * 5000,
)


def _passable(text: str) -> str:
    """`text` as it can be passed at all: composed, and not composing with what stands before it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lstrip("".join(map(chr, _MARKS))))


_MARKS = [code for code in range(0x110000) if unicodedata.combining(chr(code))]
_pieces = st.sampled_from(
    ["$", "{", "}", "%", '"', "\\", ",", "=", "\n", "\r", "EOT", "<<", "é", "\u0301", "u0024", "~"]
)
_strings = st.text(st.characters(codec="utf-8"), max_size=20) | st.lists(_pieces, max_size=10).map("".join)


# Each example is one call of bake with many strings in it; what fails is told by the diff, not by shrinking.
_FEW = settings(max_examples=4, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))


def file_of(strings: list[str], *, text_entries: bool = False) -> BakeFile:
    """A target for each string with the string in every attribute that takes any text."""
    targets = []
    for at, text in enumerate(strings):
        # Fields of text entries hold no line breaks; that is refused, and tested where the refusal is.
        field = text.replace("\n", " ").replace("\r", " ") if text_entries else text
        # Bake looks at paths already when it prints.
        path = field.replace("\x00", "0")[:60]
        entry: dict[str, Value] = {"type": "registry", "ref": field, "mode": field}
        attributes: dict[str, Value] = {
            "description": text,
            "context": f"context{path}",
            "dockerfile": f"d{path}",
            "dockerfile-inline": text,
            "target": text,
            "args": {"A": text, f"k{text}": "v"},
            "contexts": {f"c{text}": f"docker-image://{text}"},
            "tags": (text, f"t{text}"),
            "labels": {text or "empty": text},
            "annotations": (f"a={text}", f"b={text}"),
            "cache-from": (entry, {"type": "local", "src": path}),
            "cache-to": ({**entry, "ignore-error": "true"},),
            "output": ({"type": "image", "name": field}, {"type": "local", "dest": f"out{path}"}),
            "attest": ({"type": "sbom", "generator": field},),
            "no-cache-filter": (text,),
            "entitlements": (text,),
            "ulimits": ("nofile=1:2",),
        }
        if text and "\x00" not in text:
            attributes["secret"] = ({"id": field, "env": "HOME"},)
        targets.append(BakeTarget(f"t{at}", attributes, comment=text, section=text))
    groups = (BakeGroup("all", tuple(target.name for target in targets), "|".join(strings)),)
    return BakeFile(tuple(strings), groups, tuple(targets))


def check_print(
    engine: Engine, folder: Path, file: BakeFile, wanted: tuple[str, ...], min_buildx: str = "0.20"
) -> None:
    expected = meaning(file, wanted)
    for name, text in (
        ("docker-bake.hcl", write_hcl(file, min_buildx)),
        ("docker-bake.json", write_json(file, min_buildx)),
    ):
        path = folder / name
        path.write_bytes(text.encode())
        told = engine.bake_print("-f", str(path), *wanted, cwd=folder)
        assert told["target"] == expected["target"], name
        assert told["group"] == expected["group"], name


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bake")


def test_the_example_is_read_as_meant(engine: Engine, folder: Path) -> None:
    # An agent socket that is not there would stop bake.
    targets = tuple(
        BakeTarget(t.name, {name: value for name, value in t.attributes.items() if name != "ssh"})
        for t in EXAMPLE.targets
    )
    file = BakeFile(EXAMPLE.header, EXAMPLE.groups, targets)
    for wanted in (("default",), ("nightly",), ("go-1-22", "lone"), ("stages", "go-1-21")):
        check_print(engine, folder, file, wanted)
        check_print(engine, folder, file, wanted, "0.19")
        check_print(engine, folder, shorten(file), wanted)


@pytest.mark.parametrize("min_buildx", ["0.20", "0.19"])
def test_hostile_strings_come_out_as_meant(engine: Engine, folder: Path, min_buildx: str) -> None:
    file = file_of(list(HOSTILE), text_entries=min_buildx == "0.19")
    check_print(engine, folder, file, ("all",), min_buildx)


@_FEW
@given(st.lists(_strings.map(_passable), min_size=40, max_size=60, unique=True))
def test_any_strings_come_out_as_meant(engine: Engine, folder: Path, strings: list[str]) -> None:
    check_print(engine, folder, file_of(strings), ("all",))


@_FEW
@given(st.lists(_strings.map(_passable), min_size=40, max_size=60, unique=True))
def test_any_strings_come_out_as_meant_as_text_entries(engine: Engine, folder: Path, strings: list[str]) -> None:
    check_print(engine, folder, file_of(strings, text_entries=True), ("all",), "0.19")


def test_hostile_branches_stay_in_their_references(engine: Engine, folder: Path) -> None:
    """From the branch's name to the cache that bake reads: one reference each, in our repository."""
    tags = ("r.example/go:1.22", "r.example/go:latest")
    targets = []
    for at, branch in enumerate(HOSTILE):
        state = BranchState(branch, "base,ref=evil", "master", None, False, True, "test")
        subject = CacheSubject(f"t{at}", "r.example/go", tags=tags)
        attributes: dict[str, Value] = {
            "tags": image_tags(tags, state, tags),
            "cache-from": cache_candidates(subject, CacheSettings(), state),
            "cache-to": cache_to(subject, CacheSettings(), state),
        }
        targets.append(BakeTarget(f"t{at}", attributes))
    file = BakeFile(targets=tuple(targets))
    wanted = tuple(target.name for target in targets)
    for min_buildx in ("0.20", "0.19"):
        check_print(engine, folder, file, wanted, min_buildx)
    told = engine.bake_print("-f", "docker-bake.hcl", *wanted, cwd=folder)["target"]
    seen: set[str] = set()
    for name in wanted:
        (entry,) = _list(told[name], "cache-to")
        assert entry["ref"].startswith(f"r.example/go:cache-{name}.")
        assert [e["ref"].startswith("r.example/go:cache-") for e in _list(told[name], "cache-from")] == [True] * 3
        written = told[name]["tags"]
        assert isinstance(written, list)
        assert not seen & set(written)
        seen |= set(written)


def _list(target: Mapping[str, object], name: str) -> list[dict[str, str]]:
    value = target[name]
    assert isinstance(value, list)
    return value


def test_a_replaceable_text_is_itself_or_what_the_override_says(engine: Engine, tmp_path: Path) -> None:
    """A `Choice` with any text: without an override the text itself, with one what the map says instead."""
    variable = "BAKEGEN_CACHE_FROM"
    texts = [text for text in HOSTILE if text]
    targets = []
    for at, text in enumerate(texts):
        entry: dict[str, Value] = {"type": "registry", "ref": Choice(text, variable, f"t{at}")}
        targets.append(BakeTarget(f"t{at}", {"cache-from": (entry,)}))
    names = tuple(target.name for target in targets)
    file = BakeFile(
        groups=(BakeGroup("default", names),), targets=tuple(targets), variables=(BakeVariable(variable, {}),)
    )
    instead = {name: text[::-1] for name, text in zip(names[::2], texts[::2], strict=False)}
    changed = [
        BakeTarget(t.name, {"cache-from": ({"type": "registry", "ref": instead.get(t.name, text)},)})
        for t, text in zip(targets, texts, strict=True)
    ]
    expected = meaning(BakeFile(groups=file.groups, targets=tuple(changed)))
    override = BakeFile(variables=(BakeVariable(variable, instead),))
    for write, ending in ((write_hcl, "hcl"), (write_json, "json")):
        folder = tmp_path / ending
        folder.mkdir()
        (folder / f"docker-bake.{ending}").write_bytes(write(file, "0.20").encode())
        assert engine.bake_print(cwd=folder) == meaning(file)
        # A variable of that name in the environment is refused aloud: the map has a type that takes none.
        refused = engine.run(["buildx", "bake", "--print"], cwd=folder, env={variable: "evil.example/x"}, check=False)
        assert refused.code != 0
        (folder / f"docker-bake.override.{ending}").write_bytes(write(override, "0.20").encode())
        assert engine.bake_print(cwd=folder) == expected


def test_every_attribute_that_this_buildx_knows_is_printed(engine: Engine, folder: Path) -> None:
    check_every_attribute(engine, folder)


def test_the_newest_buildx_reads_the_same(newest_engine: NewestEngine, folder: Path) -> None:
    check_every_attribute(newest_engine, folder)
    check_print(newest_engine, folder, file_of(list(HOSTILE)), ("all",))
    check_print(newest_engine, folder, file_of(list(HOSTILE), text_entries=True), ("all",), "0.19")


def check_every_attribute(engine: Engine, folder: Path) -> None:
    """The table's `since`: what is as old as this buildx comes back, what is newer is dropped in silence."""
    version = parse_version(engine.run(["buildx", "version"]).stdout.split()[1])
    assert version >= (0, 20)
    values = {**EXAMPLE.targets[2].attributes, **NEW.attributes}
    values |= {"args": {"A": "b"}, "tags": ("x",), "context": "c", "dockerfile": "d", "dockerfile-inline": "FROM x\n"}
    values |= {"target": "s", "contexts": {"a": "b"}, "platforms": ("linux/amd64",), "labels": {"a": "b"}}
    del values["ssh"], values["inherits"]
    assert set(values) == set(ATTRIBUTES) - {"ssh", "inherits", "matrix", "name"}
    file = BakeFile(targets=(BakeTarget("all", values),))
    (folder / "docker-bake.hcl").write_text(write_hcl(file, "99"))
    told = engine.bake_print("-f", "docker-bake.hcl", "all", cwd=folder)["target"]["all"]
    known = {name for name in values if parse_version(ATTRIBUTES[name].since) <= version}
    assert set(told) == known
    expected = meaning(file, ("all",))["target"]
    assert isinstance(expected, dict)
    whole = expected["all"]
    assert isinstance(whole, dict)
    assert told == {name: value for name, value in whole.items() if name in known}


def test_inherits_merges_as_meaning_says(engine: Engine, folder: Path) -> None:
    """Every attribute set in a base, in a second base and in the target itself, and empty in between."""
    full = [file_of([text]).targets[0].attributes for text in ("one", "two", "three")]
    lists = ("tags", "output", "cache-to", "cache-from", "platforms", "annotations", "attest", "secret")
    empty: dict[str, Value] = dict.fromkeys(lists, ())
    empty |= {"args": {}, "labels": {}, "contexts": {}, "description": "", "network": "host"}
    targets = (
        BakeTarget("_a", full[0]),
        BakeTarget("_b", {**full[1], "network": "host"}),
        BakeTarget("_none", empty),
        BakeTarget("ab", {"inherits": ("_a", "_b")}),
        BakeTarget("ba", {"inherits": ("_b", "_a"), **full[2]}),
        BakeTarget("deep", {"inherits": ("ab", "ba", "_a")}),
        BakeTarget("emptied", {"inherits": ("_a",), **empty}),
        BakeTarget("under", {"inherits": ("_a", "_none")}),
        BakeTarget("over", {"inherits": ("_none", "_a"), "contexts": {"x": "target:deep"}}),
    )
    check_print(engine, folder, BakeFile(targets=targets), ("ab", "ba", "deep", "emptied", "under", "over"))


def test_repeated_caches_are_dropped_as_meaning_says(engine: Engine, folder: Path) -> None:
    targets = []
    for at, names in enumerate(("abac", "aabb", "abcabc", "abba", "aaaa", "cbaabc", "abcdabcdeae")):
        entries = tuple({"type": "registry", "ref": name} for name in names)
        targets.append(BakeTarget(f"t{at}", {"cache-from": entries, "cache-to": entries}))
    check_print(engine, folder, BakeFile(targets=tuple(targets)), tuple(target.name for target in targets))


def test_each_part_of_a_split_file_is_whole(engine: Engine, folder: Path) -> None:
    targets = [BakeTarget("base", {"args": {"A": "${b}"}, "context": "x" * 60}, section="base")]
    for image in range(6):
        for variant in range(5):
            above: Value = {"base": "target:base"} if not image else {"up": f"target:i{image - 1}-{variant}"}
            attributes: dict[str, Value] = {"context": f"images/{image}" * 9, "contexts": above, "pull": True}
            targets.append(BakeTarget(f"i{image}-{variant}", attributes, section=f"i{image}"))
    names = tuple(target.name for target in targets)
    file = BakeFile(groups=(BakeGroup("default", names),), targets=tuple(targets))
    whole = meaning(file)["target"]
    assert isinstance(whole, dict)
    found: dict[str, object] = {}
    parts = split(shorten(file), 12)
    assert len(parts) > 2
    for part in parts:
        check_print(engine, folder, part.file, ("default",))
        told = engine.bake_print("-f", "docker-bake.hcl", cwd=folder)["target"]
        found |= {name: told[name] for name in part.owned if name in names}
    assert found == whole


def test_the_override_file_merges_as_meaning_says_of_inherits(engine: Engine, tmp_path: Path) -> None:
    """bake reads docker-bake.override.hcl by itself; a target in both merges as an inheriting one does."""
    one, two = (file_of([text]).targets[0].attributes for text in ("one", "two"))
    base = BakeFile(groups=(BakeGroup("default", ("t", "u")),), targets=(BakeTarget("t", one), BakeTarget("u", one)))
    over = BakeFile(
        groups=(BakeGroup("default", ("t", "new")),), targets=(BakeTarget("t", two), BakeTarget("new", two))
    )
    (tmp_path / "docker-bake.hcl").write_text(write_hcl(base, "0.20"))
    (tmp_path / "docker-bake.override.hcl").write_text(write_hcl(over, "0.20"))
    told = engine.bake_print(cwd=tmp_path)
    both = (BakeTarget("_t", one), BakeTarget("t", {"inherits": ("_t",), **two}), BakeTarget("new", two))
    expected = meaning(BakeFile(groups=over.groups, targets=both))
    assert told["target"] == expected["target"]
    assert told["group"] == expected["group"]
    assert engine.bake_print("-f", "docker-bake.hcl", "t", cwd=tmp_path)["target"] == meaning(base, ("t",))["target"]
