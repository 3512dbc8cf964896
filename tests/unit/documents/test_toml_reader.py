"""TOML as located nodes: every key and value knows where it stands."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.documents.toml_reader import read_toml, scan
from bakegen.text import Source

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic

TEXT = """\
# [not.a.header]
top = '''
[no.header]
x = 1
'''
[tool.one]
"quoted key" = "a\\"b" # = not a key
list = [
  "first", # ]
  'second',
]
inner = {deep = {deeper = true}, other = 1_000}
dotted.name = 3.10
[[tool.many]]
name = "a"
[[tool.many]]
name = "b"
[tool.many.below]
x = 2026-01-01
"""


def document(text: str) -> Table:
    problems: list[Diagnostic] = []
    node = read_toml(Source("x.toml", text), problems)
    assert not problems
    assert node is not None
    return node


def at(node: Node, *path: str | int) -> Node:
    for part in path:
        if isinstance(part, int):
            assert isinstance(node, Items)
            node = node.items[part]
        else:
            assert isinstance(node, Table)
            node = node.entries[part]
    return node


def shown(node: Node) -> str:
    return node.source.text[node.start : node.end]


def test_values_know_where_they_stand() -> None:
    root = document(TEXT)
    assert shown(at(root, "tool", "one", "quoted key")) == '"a\\"b"'
    assert shown(at(root, "tool", "one", "list", 1)) == "'second'"
    assert shown(at(root, "tool", "one", "inner", "deep", "deeper")) == "true"
    assert shown(at(root, "tool", "one", "inner", "other")) == "1_000"
    assert shown(at(root, "tool", "one", "dotted", "name")) == "3.10"
    assert TEXT[: at(root, "tool", "many", 1, "name").start].count("\n") == 16
    assert shown(at(root, "tool", "many", 1, "below", "x")) == "2026-01-01"
    assert shown(at(root, "top")).startswith("'''")


def test_keys_know_where_they_stand() -> None:
    one = at(document(TEXT), "tool", "one")
    assert isinstance(one, Table)
    assert shown(one.keys["quoted key"]) == '"quoted key"'
    assert shown(one.keys["list"]) == "list"
    inner = one.entries["inner"]
    assert isinstance(inner, Table)
    assert shown(inner.keys["other"]) == "other"


def test_strings_are_told_from_numbers() -> None:
    root = document('a = "true"\nb = true\nc = 1\n')
    found = [at(root, name) for name in "abc"]
    assert [one.plain for one in found if isinstance(one, Scalar)] == [False, True, True]


def test_a_broken_document_says_where() -> None:
    problems: list[Diagnostic] = []
    assert read_toml(Source("x.toml", "a = 1\nb = = 2\n"), problems) is None
    assert str(problems[0].location) == "x.toml:2:5"


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    root = document("\ufeffa = 1\r\nb = [1,\r\n 2]\r\n")
    assert shown(at(root, "b", 1)) == "2"


@given(st.text(alphabet=string.printable + "é\ufeff", max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    for place in scan(text).values():
        assert 0 <= place.key.start <= place.key.end <= len(text)
        assert 0 <= place.value.start <= place.value.end <= len(text)
