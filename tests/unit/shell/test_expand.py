"""Words with values: what they become, and what stays open."""

from __future__ import annotations

import pytest

from bakegen.shell.expand import UNKNOWN, Field, Value, expand, names, value
from bakegen.shell.grammar import parse
from bakegen.shell.syntax import ShellError, Simple

VALUES: dict[str, Value] = {"A": "one", "B": "two words", "C": "", "G": "*.c", "U": UNKNOWN, "~": "/root"}


def fields(line: str, *, bash: bool = False) -> list[Field]:
    node = parse(f"x {line}", bash=bash).items[0]
    assert isinstance(node, Simple)
    return [field for word in node.words[1:] for field in expand(word, VALUES.get, bash=bash)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        ("$A ${A}s \"$A\" '$A'", ["one", "ones", "one", "$A"]),
        ("$B", ["two", "words"]),
        ('"$B"', ["two words"]),
        ("x$B.y", ["xtwo", "words.y"]),
        ("$C $NONE", []),
        ('"$C" "$NONE" \'\'', ["", "", ""]),
        ("${C:-d} ${C-d} ${NONE:-d e} ${NONE-'d e'}", ["d", "d", "e", "d e"]),
        ("${A:+y} ${C:+y} ${C+y} ${NONE+y}", ["y", "y"]),
        ("${A#o} ${A%e} ${A##one} ${#A}", ["ne", "on", "3"]),
        ("~ ~/x a~", ["/root", "/root/x", "a~"]),
        ("'*' \\* \"$G\"", ["*", "*", "*.c"]),
        ('"a\\"b\\$c\\d"', ['a"b$c\\d']),
    ],
)
def test_known(line: str, expected: list[str]) -> None:
    assert [field.text for field in fields(line)] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("https://x/$U.tgz", Field(None, "https://x/", False)),
        ('"https://x/$U.tgz"', Field(None, "https://x/", True)),
        ("$U", Field(None, "", False)),
        ("/a/$(b)", Field(None, "/a/", False)),
        ('"/a/$(b)"', Field(None, "/a/", True)),
        ("/a/*.txt", Field(None, "/a/", False, True)),
        ("$G", Field(None, "", False, True)),
        ("/a/*/$U", Field(None, "/a/", False, False)),
        ('"$U"/*', Field(None, "", False, False)),
        ("'q'[ab]?", Field(None, "q", False, True)),
        ("${A#[on]}", Field(None, "", False)),
        ("${A/o/x}", Field(None, "", False)),
        ("$((1 + 2))", Field(None, "", True)),
    ],
)
def test_open(line: str, expected: Field) -> None:
    assert fields(line) == [expected]


@pytest.mark.parametrize("line", ["{a,b}", "x{1..3}", "${A:=b}"])
def test_what_is_not_followed(line: str) -> None:
    with pytest.raises(ShellError):
        fields(line)


def test_braces_that_are_none() -> None:
    assert [field.text for field in fields("{a} {} '{a,b}'")] == ["{a}", "{}", "{a,b}"]


def test_names_and_values() -> None:
    node = parse('X="$A ${B:-$C}" a "$((D+1))" ~').items[0]
    assert isinstance(node, Simple)
    assert names(node.assignments[0].value) == {"A", "B", "C"}
    assert names(node.words[1]) == {"D"}
    assert names(node.words[2]) == {"HOME"}
    assert value(node.assignments[0].value, VALUES.get) == Field("one two words")
