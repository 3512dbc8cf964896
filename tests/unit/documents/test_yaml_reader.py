"""YAML text to nodes: text kept, places right, every bad input a diagnostic."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.diagnostics import Diagnostic, render_text
from bakegen.documents import yaml_reader
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.documents.yaml_reader import read_yaml
from bakegen.text import Source


def read(text: str) -> tuple[Node | None, list[Diagnostic]]:
    problems: list[Diagnostic] = []
    return read_yaml(Source("f.yaml", text), problems), problems


def plain(node: Node | None) -> object:
    if node is None:
        return None
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


def good(text: str) -> object:
    node, problems = read(text)
    assert problems == []
    return plain(node)


def code(text: str) -> str:
    _, problems = read(text)
    return problems[0].code


@pytest.mark.parametrize(
    "text",
    ["3.10", "on", "off", "NO", "yes", "010", "12:30:45", "1_000", "0x1F", "1e3", ".inf", "2024-01-01", "true", "+5"],
)
def test_scalars_stay_the_text_that_was_written(text: str) -> None:
    assert good(f"a: {text}") == {"a": text}
    assert good(f"[{text}]") == [text]


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_null_is_what_is_written_without_quotes(text: str) -> None:
    node, _ = read(f"a: {text}\nb: '{text}'")
    assert isinstance(node, Table)
    assert [value.is_null for value in node.entries.values() if isinstance(value, Scalar)] == [True, False]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "\ufeff", "null"])
def test_empty_documents_are_nothing(text: str) -> None:
    assert read(text) == (None, [])


def test_duplicate_keys_are_errors_with_both_places() -> None:
    _, problems = read("a: 1\nb: 2\na: 3\n")
    assert [(p.code, str(p.location), str(p.labels[0].location)) for p in problems] == [
        ("duplicate-key", "f.yaml:3:1", "f.yaml:1:1")
    ]


def test_duplicate_keys_of_different_spelling_are_found() -> None:
    assert code("{a: 1, 'a': 2}") == "duplicate-key"


def test_every_duplicate_is_reported() -> None:
    _, problems = read("{a: 1, a: 2, b: {c: 1, c: 1}}")
    assert [p.code for p in problems] == ["duplicate-key", "duplicate-key"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "yaml-syntax"),
        ("a: b: c", "yaml-syntax"),
        ("\tx: 1", "yaml-syntax"),
        ("a: \x07", "control-character"),
        ("a: \x00", "control-character"),
        ("a: \udcff", "not-utf-8"),
        ("x: *nope", "unknown-alias"),
        ("x: &x [*x]", "endless-alias"),
        ("? [a]\n: b", "not-a-key"),
        ("~: x", "not-a-key"),
        ("a: 1\n---\nb: 2", "several-documents"),
        ("!!python/object:os.system x", "yaml-tag"),
        ("a: !!int 3", "yaml-tag"),
        ("a: !mine {b: c}", "yaml-tag"),
        ("<<: 3", "bad-merge"),
        ("[" * 65, "too-deep"),
        ("- " * 65 + "x", "too-deep"),
    ],
)
def test_bad_input_is_a_diagnostic(text: str, expected: str) -> None:
    assert code(text) == expected


def test_the_place_of_a_syntax_error_is_exact() -> None:
    _, problems = read("é: ü\nb: [x, }\n")
    assert str(problems[0].location) == "f.yaml:2:8"


@pytest.mark.parametrize("lead", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_places_are_offsets_in_the_source(lead: str, end: str) -> None:
    source = Source("f.yaml", f"{lead}# ü 𝒳{end}key: 'välue'{end}list: [a, 𝒳b]{end}")
    problems: list[Diagnostic] = []
    node = read_yaml(source, problems)
    assert isinstance(node, Table)
    assert source.slice(node.keys["list"].location.span) == "list"
    assert source.slice(node.entries["key"].location.span) == "'välue'"
    items = node.entries["list"]
    assert isinstance(items, Items)
    assert source.slice(items.items[1].location.span) == "𝒳b"


def test_files_that_are_not_utf_8_name_the_place() -> None:
    problems: list[Diagnostic] = []
    assert read_yaml(Source.from_bytes("f.yaml", b"a: 1\nb: \xff\n"), problems) is None
    assert str(problems[0].location) == "f.yaml:2:4"


def test_merge_keys_add_what_is_not_set() -> None:
    assert good("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}") == {"a": {"x": "1", "y": "2"}, "b": {"y": "3", "x": "1"}}


def test_the_first_of_several_merges_wins() -> None:
    assert good("- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]") == [
        {"x": "1"},
        {"x": "2", "y": "2"},
        {"x": "1", "y": "2"},
    ]


def test_a_quoted_merge_key_is_a_key() -> None:
    assert good("'<<': 3") == {"<<": "3"}


def test_aliases_repeat_values() -> None:
    assert good("a: &a [x]\nb: *a") == {"a": ["x"], "b": ["x"]}


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
MERGES = "a: &a {" + ", ".join(f"k{i}: v" for i in range(2000)) + "}\nb:\n" + "- {<<: *a}\n" * 2000


@pytest.mark.parametrize("text", [BOMB, MERGES])
def test_bombs_are_refused_quickly(text: str) -> None:
    start = time.process_time()
    assert code(text) == "too-large"
    assert time.process_time() - start < 2


def test_huge_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "MAX_CHARACTERS", 10)
    assert code("a: 123456789") == "file-too-large"


def test_ten_thousand_lines_take_a_fraction_of_a_second() -> None:
    text = "".join(f"- name: n{i}\n  version: 3.10\n  list: [a, b]\n  args:\n    X: 'y'\n" for i in range(2000))
    start = time.process_time()
    node, problems = read(text)
    assert problems == [] and isinstance(node, Items) and len(node.items) == 2000
    # 0.06 s where it was written; the bound only has to catch a change of order.
    assert time.process_time() - start < 1


YAMLISH = st.text(alphabet=st.sampled_from(list("ab:-?[]{},&*!|>'\"%@`#<~ \n\t\r\ufeff\udc80\x00é10.")), max_size=60)


@given(st.one_of(YAMLISH, st.text(max_size=60)))
def test_any_text_is_read_or_explained(text: str) -> None:
    node, problems = read(text)
    for problem in problems:
        assert render_text(problem)
    assert node is not None or problems or not text.strip("\ufeff").strip() or plain(node) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_explained(data: bytes) -> None:
    problems: list[Diagnostic] = []
    read_yaml(Source.from_bytes("f", data), problems)
    assert all(render_text(problem) for problem in problems)


@given(st.from_regex(r"[A-Za-z0-9+._][A-Za-z0-9+._:-]{0,20}[A-Za-z0-9]", fullmatch=True))
def test_plain_scalars_keep_their_text(text: str) -> None:
    assert good(f"- {text}") == [text]
