"""The HCL writer: layout, escapes, forms for old buildx versions, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.bake.hcl import write_hcl
from bakegen.bake.jsonfile import write_json
from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, BakeVariable, Value
from bakegen.bake.strings import comment_lines, hcl_heredoc, hcl_key, hcl_string, unwritable
from bakegen.definition.origin import Layer, Origin
from bakegen.errors import InputError
from bakegen.text import Location, Source, Span
from tests.unit.bake.examples import EXAMPLE

CASES = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("name", "min_buildx"), [("objects", "0.20"), ("newest", "0.36"), ("text", "0.19"), ("oldest", "0.12")]
)
def test_the_example_reads_like_this(name: str, min_buildx: str) -> None:
    file = EXAMPLE if name != "oldest" else without(EXAMPLE, "call", "network", "shm-size", "entitlements", "ulimits")
    if name == "newest":
        file = BakeFile(file.header, file.groups, (*file.targets, NEW))
    assert write_hcl(file, min_buildx) == (CASES / f"{name}.hcl").read_text(encoding="utf-8")
    assert write_json(file, min_buildx) == (CASES / f"{name}.json").read_text(encoding="utf-8")


NEW = BakeTarget(
    "new",
    {
        "policy": ({"filename": "base.rego", "strict": "true"},),
        "resources": {"memory": "2g", "cpu-quota": 50000},
        "extra-hosts": {"db.test": "10.0.0.2"},
    },
)


def without(file: BakeFile, *names: str) -> BakeFile:
    targets = tuple(
        BakeTarget(
            target.name,
            {name: value for name, value in target.attributes.items() if name not in names},
            comment=target.comment,
            section=target.section,
        )
        for target in file.targets
    )
    return BakeFile(file.header, file.groups, targets)


def test_an_empty_file() -> None:
    assert write_hcl(BakeFile(), "0.20") == ""
    assert write_json(BakeFile(), "0.20") == "{}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ("${boom()}", '"$${boom()}"'),
        ("$${x}", '"$$${x}"'),
        ("%{if true}", '"%%{if true}"'),
        ("$ % {", '"$ % {"'),
        ('say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'),
        ("a\nb\r\tc", '"a\\nb\\r\\tc"'),
        ("\x00\x1b\x7f\x85", '"\\u0000\\u001b\\u007f\\u0085"'),
        ("a\u2028b\u202ec\ufeff", '"a\\u2028b\\u202ec\\ufeff"'),
        ("größe 日本 😀", '"größe 日本 😀"'),
    ],
)
def test_strings(text: str, written: str) -> None:
    assert hcl_string(text) == written


def test_undecodable_bytes_are_never_written() -> None:
    with pytest.raises(UnicodeError):
        hcl_string("a\udc80b")


@given(st.text())
def test_a_string_stays_on_one_line_and_starts_no_template(text: str) -> None:
    if unwritable(text) == "has bytes that are not UTF-8":
        return
    inner = hcl_string(text)[1:-1]
    assert not set(inner) & set("\n\r\x00\u2028")
    assert "${" not in inner.replace("$${", "") and "%{" not in inner.replace("%%{", "")
    plain = inner.replace("\\\\", "").replace('\\"', "")
    assert '"' not in plain


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("VERSION", "VERSION"),
        ("a-b_c", "a-b_c"),
        ("1a", '"1a"'),
        ("a.b", '"a.b"'),
        ("for", '"for"'),
        ("null", '"null"'),
        ("", '""'),
        ("é", '"é"'),
        ("${x}", '"$${x}"'),
    ],
)
def test_keys(key: str, written: str) -> None:
    assert hcl_key(key) == written


def test_a_heredoc_ends_where_the_text_ends() -> None:
    assert hcl_heredoc("FROM x\nRUN a ${b}\n") == "<<EOT\nFROM x\nRUN a $${b}\nEOT"
    assert hcl_heredoc("a\n  EOT\nb\n") == "<<EOT_\na\n  EOT\nb\nEOT_"


@pytest.mark.parametrize("text", ["one line\n", "no end\nat all", "a\r\nb\n", "a\x00\nb\n", ""])
def test_texts_that_a_heredoc_would_change(text: str) -> None:
    assert hcl_heredoc(text) is None


@given(st.text())
def test_nothing_gets_out_of_a_comment(text: str) -> None:
    for line in comment_lines(text, "  "):
        assert line.startswith("  #")
        assert line.isprintable() or "\t" in line or all(c.isprintable() or ord(c) > 0x9F for c in line)
        assert "\n" not in line and "\r" not in line


@pytest.mark.parametrize(
    ("text", "reason"),
    [("plain", None), ("é", None), ("e\u0301", "NFC"), ("a\udcff", "UTF-8"), ("\u212b", "NFC")],
)
def test_what_bake_would_change(text: str, reason: str | None) -> None:
    found = unwritable(text)
    assert found is None if reason is None else reason in (found or "")


def _origin() -> Origin:
    source = Source("images/go/image.yaml", "args:\n  A: é\n")
    return Origin(Layer.IMAGE, Location(source, Span(8, 9)))


@pytest.mark.parametrize(
    ("attributes", "min_buildx", "code", "words"),
    [
        ({"extra-hosts": {"a": "b"}}, "0.24", "attribute-too-new", "needs buildx 0.25"),
        ({"policy": ()}, "0.20", "attribute-too-new", "needs buildx 0.31"),
        ({"no_cache": True}, "0.20", "unknown-attribute", "no-cache"),
        ({"args": {"A": "e\u0301"}}, "0.20", "bake-text", "composed"),
        ({"args": {"e\u0301": "A"}}, "0.20", "bake-text", "composed"),
        ({"tags": ("a\udc80",)}, "0.20", "bake-text", "UTF-8"),
        ({"args": ("A",)}, "0.20", "attribute-type", "map of text"),
        ({"pull": "yes"}, "0.20", "attribute-type", "bool"),
        ({"tags": "a"}, "0.20", "attribute-type", "list of text"),
        ({"network": "hots"}, "0.20", "attribute-value", "host"),
        ({"resources": {"memori": "1g"}}, "0.36", "unknown-field", "memory"),
        ({"ssh": ({"id": "a", "paths": ("x,y",)},)}, "0.19", "csv-entry", "0.20"),
        ({"output": ({"type": "local", "dest": "a\nb"},)}, "0.19", "csv-entry", "line break"),
        ({"cache-to": ({"type": "x", "a,ref": "b"},)}, "0.19", "csv-entry", "name of a field"),
        ({}, "new", "min-buildx", "not a version"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(
    attributes: dict[str, Value], min_buildx: str, code: str, words: str
) -> None:
    file = BakeFile(targets=(BakeTarget("t", attributes, {"": _origin()}),))
    for write in (write_hcl, write_json):
        with pytest.raises(InputError) as caught:
            write(file, min_buildx)
        found = caught.value.diagnostics
        assert [diagnostic.code for diagnostic in found] == [code]
        assert words in str(caught.value)
        if code != "min-buildx":
            assert "images/go/image.yaml:2:3" in str(caught.value)


def test_names_are_refused_before_they_reach_the_file() -> None:
    file = BakeFile(groups=(BakeGroup('a"', ()),), targets=(BakeTarget("a.b", {}), BakeTarget("", {})))
    with pytest.raises(InputError) as caught:
        write_hcl(file, "0.20")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["bake-name"] * 3


def test_texts_of_groups_and_variables_are_refused_too() -> None:
    variables = (BakeVariable("a b", {}), BakeVariable("V", {"e\u0301": "x", "y": "a\udc80"}))
    file = BakeFile(groups=(BakeGroup("g", ("a\udc80",), "e\u0301"),), variables=variables)
    with pytest.raises(InputError) as caught:
        write_hcl(file, "0.20")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [
        "bake-text",
        "bake-text",
        "bake-name",
        "bake-text",
        "bake-text",
    ]


def test_a_description_becomes_a_comment_where_it_is_too_new() -> None:
    file = BakeFile(groups=(BakeGroup("g", (), "of group"),), targets=(BakeTarget("t", {"description": "of target"}),))
    assert "# of group\n" in write_hcl(file, "0.15")
    assert "# of target\n" in write_hcl(file, "0.15")
    assert '"//": "of target"' in write_json(file, "0.15")
    assert 'description = "of target"' in write_hcl(file, "0.16")
