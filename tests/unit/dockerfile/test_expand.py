"""Variable expansion: every form, quotes, escapes, globs, refusals, and which variables a word reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.dockerfile.expand import ExpandError, expand, expand_words, expansion, variables_of

ENV = {"x": "value", "empty": "", "file": "archive.tar.gz", "path": "a/b/a", "stars": "a*b", "ü": "umlaut", "1": "one"}


@pytest.mark.parametrize(
    ("word", "result"),
    [
        ("$x", "value"),
        ("${x}", "value"),
        ("$x-$unset.", "value-."),
        ("${unset}", ""),
        ("${x:-w}", "value"),
        ("${unset:-w}", "w"),
        ("${empty:-w}", "w"),
        ("${unset-w}", "w"),
        ("${empty-w}", ""),
        ("${x:+w}", "w"),
        ("${empty:+w}", ""),
        ("${unset:+w}", ""),
        ("${empty+w}", "w"),
        ("${unset+w}", ""),
        ("${x:?w}", "value"),
        ("${empty?w}", ""),
        ("${file#*.}", "tar.gz"),
        ("${file##*.}", "gz"),
        ("${file%.*}", "archive.tar"),
        ("${file%%.*}", "archive"),
        ("${file#nope}", "archive.tar.gz"),
        ("${file#???}", "hive.tar.gz"),
        ("${file%??}", "archive.tar."),
        ("${path/a/c}", "c/b/a"),
        ("${path//a/c}", "c/b/c"),
        ("${path/\\//-}", "a-b/a"),
        ("${path//?/x}", "xxxxx"),
        ("${path//*/x}", "x"),
        ("${path//b/}", "a//a"),
        ("${path//a/<$0>}", "<>/b/<>"),
        ("${path//a/<\\$0>}", "<\\a>/b/<\\a>"),
        ("${stars#a\\*}", "b"),
        ("${file#[a]}", "archive.tar.gz"),
        ("${unset:-${x}}", "value"),
        ("${unset:-${empty:-${x}}}", "value"),
        ("${unset:-'a}b'}", "a}b"),
        ("${unset:-a\\}b}", "a}b"),
        ("${ü}", "umlaut"),
        ("$üx", ""),
        ("$1", "one"),
        ("$12", ""),
        ("$$", ""),
        ("$", "$"),
        ("a$ b", "a$ b"),
        ("'$x'", "$x"),
        ('"$x"', "value"),
        ('"a\\"b\\$x\\n"', 'a"b$x\\n'),
        ("\\$x \\a", "$x a"),
        ("a\\", "a"),
        ("it\\'s", "it's"),
        ('"it\'s"', "it's"),
        ("a<<b", "a<<b"),
        ("\udcff$x", "\ufffdvalue"),
        ("\ufeff$x\ufeff", "value\ufeff"),
    ],
)
def test_forms(word: str, result: str) -> None:
    assert expand(word, ENV) == result


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("${x", "missing '}'"),
        ("${", "missing '}'"),
        ("${x:-a", "missing '}'"),
        ("${x/a", "missing '/'"),
        ("${x/a/b", "missing '}'"),
        ("${}", "bad substitution"),
        ("${:x}", "bad substitution"),
        ("${{x}}", "bad substitution"),
        ("${x:a}", "unsupported modifier (:a)"),
        ("${x!}", "unsupported modifier (!)"),
        ("${x:#a}", "unsupported modifier (:#)"),
        ("${#x}", "unsupported modifier (x)"),
        ("${unset:?why not}", "unset: why not"),
        ("${unset?}", "unset: is not allowed to be unset"),
        ("${empty:?}", "empty: is not allowed to be empty"),
        ("${x#\\a}", "invalid escape '\\a'"),
        ("'a", "single-quote"),
        ('"a', "double-quote"),
    ],
)
def test_refused(word: str, why: str) -> None:
    with pytest.raises(ExpandError) as refusal:
        expand(word, ENV)
    assert why in str(refusal.value)


def test_escape_is_the_one_in_force() -> None:
    assert expand("`$x \\$x", ENV, "`") == "$x \\value"


def test_quotes_can_be_kept() -> None:
    assert expansion("'$x' \"$x\" \\$x", ENV, quotes=False).text == "'value' \"value\" $x"


def test_names_looked_up() -> None:
    found = expansion("$x ${unset:-$empty} '$path'", ENV)
    assert (sorted(found.matched), sorted(found.unmatched)) == (["empty", "x"], ["unset"])


def test_words_are_split_after_expansion() -> None:
    assert expand_words("a $x '$x y' ${l}", {"x": "1 2", "l": ""}) == ["a", "1", "2", "$x y"]


def test_variables_of() -> None:
    assert variables_of("${a:-$b}${c#$d}${e/$f/$g}'$h'\\$i ${j:?$k}") == frozenset("abcdefgjk")
    assert variables_of("plain") == frozenset()
    assert variables_of("${broken") == frozenset()


def test_a_suffix_can_be_empty_and_a_glob_does_not_cross_lines() -> None:
    assert expand("${v#*b}", {"v": "a\nb"}) == "a\nb"
    assert expand("${v%%*}", {"v": "a"}) == ""
    assert expand("${v//*/x}", {"v": "a\nb"}) == "x\nx"


def test_globs_take_linear_time() -> None:
    value = "a" * 20_000
    assert expand("${v##" + "*a" * 200 + "b}", {"v": value}) == value
    assert expand("${v//" + "*a" * 50 + "b/x}", {"v": value}) == value


def test_deep_nesting_is_refused_not_a_crash() -> None:
    with pytest.raises(ExpandError):
        expand("${a:-" * 5_000 + "}" * 5_000, {})


PIECES = st.sampled_from(
    ["$", "${", "}", "x", "empty", ":", "-", "+", "?", "#", "%", "/", "*", "\\", "'", '"', " ", "<", "é", "`", "\n"]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=20), st.sampled_from("\\`"))
def test_never_crashes(word: str, escape: str) -> None:
    try:
        found = expansion(word, ENV, escape)
    except ExpandError:
        return
    assert found.matched | found.unmatched == variables_of(word, escape)
