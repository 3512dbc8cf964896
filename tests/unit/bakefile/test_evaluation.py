"""What expressions are worth, and where it ends; the same files are held against bake itself by the engine tests."""

from __future__ import annotations

import pytest

from bakegen.bakefile.entries import entries
from bakegen.bakefile.reader import read_bake_file
from bakegen.bakefile.targets import BakeModel
from bakegen.text import Source

HEAD = """
variable "S" { default = "text" }
variable "N" { default = 3 }
variable "B" { default = true }
variable "EMPTY" { default = "" }
variable "UNSET" {}
variable "NULL" { default = null }
variable "LIST" { default = ["a", "b"] }
variable "TEXT" {
  type    = string
  default = 7
}
variable "TYPED" {
  type    = list(string)
  default = ["x"]
}
plain = "p-${S}"
function "twice" {
  params = [x]
  result = "${x}${x}"
}
"""

KNOWN = {
    '"a"': "a",
    "3": "3",
    "true": "true",
    "S": "text",
    '"${S}-${N}-${B}"': "text-3-true",
    '"$${S}"': "${S}",
    '"${TEXT}"': "7",
    "plain": "p-text",
    'S == "text" ? "yes" : "no"': "yes",
    'EMPTY != "" ? UNSET : "no"': "no",
    '!B ? "a" : "b"': "b",
    'B && S == "x" ? "a" : "b"': "b",
    'twice("ab")': "abab",
    "twice(twice(S))": "texttexttexttext",
    'join("-", LIST)': "a-b",
    'join("-", concat(LIST, ["c"]))': "a-b-c",
    "LIST[1]": "b",
    '{ a = { b = "c" } }.a.b': "c",
    'replace("1.2.3", ".", "-")': "1-2-3",
    'upper(trimprefix("v1a", "v"))': "1A",
    '("a")': "a",
    '"\\u00e9\\n\\t\\\\"': "é\n\t\\",
    '"e\\u0301"': "é",
}

NOT_KNOWN = (
    "UNSET",
    "NULL",
    "TYPED[0]",
    "missing",
    '"${UNSET}"',
    "1 + 1",
    "-1",
    "1.5",
    "[for x in LIST : x][0]",
    'sha256("x")',
    "timestamp()",
    "twice(UNSET)",
    'twice("a", "b")',
    "LIST[7]",
    "LIST.0",
    '"%{ if true }a%{ endif }"',
    '"a ${~ S ~} b"',
    'UNSET == "" ? "a" : "b"',
    '"1" == 1 ? "a" : "b"',
    "target.other.target",
    'join("-", LIST...)',
    "<<-EOT\n    a\n  EOT\n",
)


def value_of(expression: str) -> tuple[str | None, frozenset[str]]:
    model = BakeModel([read_bake_file(Source("a.hcl", f'{HEAD}\ntarget "t" {{\n  target = {expression}\n}}\n'))])
    assert model.documents[0].problems == (), expression
    found = model.effective("t").attributes["target"]
    return found.text, found.variables


@pytest.mark.parametrize(("expression", "text"), KNOWN.items())
def test_known(expression: str, text: str) -> None:
    assert value_of(expression)[0] == text


@pytest.mark.parametrize("expression", NOT_KNOWN)
def test_not_known(expression: str) -> None:
    assert value_of(expression)[0] is None


def test_variables_are_remembered() -> None:
    assert value_of('"a"')[1] == frozenset()
    assert value_of('"${S}-${N}"')[1] == {"S", "N"}
    assert value_of('EMPTY == "" ? "a" : "b"')[1] == {"EMPTY"}
    assert value_of("twice(S)")[1] == {"S"}
    assert value_of("plain")[1] == {"S"}


def test_inheritance_that_is_not_known_hides_what_it_may_set() -> None:
    text = 'variable "P" {}\ntarget "b" {\n  tags = ["b"]\n}\ntarget "a" {\n  inherits = [P, "b"]\n  target = "t"\n}\n'
    found = BakeModel([read_bake_file(Source("a.hcl", text))]).effective("a")
    assert found.get("tags") is None and not found.lacks("tags") and not found.lacks("args")
    target = found.get("target")
    assert target is not None and target.text == "t"


def test_entries_in_both_forms() -> None:
    text = (
        'variable "U" {}\ntarget "a" {\n  cache-to = ["r.example/x:y", "type=registry,\\"ref=a,b\\"", '
        '{ type = "gha", scope = U }, "type=${U}", "a,b", ""]\n}\n'
    )
    value = BakeModel([read_bake_file(Source("a.hcl", text))]).effective("a").get("cache-to")
    assert [(dict(one.fields), one.sure) for one in entries(value, "cache-to")] == [
        ({"type": "registry", "ref": "r.example/x:y"}, True),
        ({"type": "registry", "ref": "a,b"}, True),
        ({"type": "gha"}, False),
    ]
