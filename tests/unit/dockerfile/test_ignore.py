"""Ignore files: reading them, matching, and the states that a walk down a tree goes through."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bakegen.diagnostics import Severity, render_text
from bakegen.dockerfile.ignore import IgnoreFile, ignore_file_names
from bakegen.dockerfile.patterns import PatternError, check, clean, compile_ignore, compile_wildcard, has_wildcards
from bakegen.text import Source


def parse(text: str) -> IgnoreFile:
    return IgnoreFile.parse(Source(".dockerignore", text))


MATCHING = [
    # (ignore file, paths that are left out, paths that stay)
    ("foo", ["foo", "foo/a", "foo/a/b"], ["a/foo", "foobar", "Foo"]),
    ("/foo", ["foo"], ["a/foo"]),
    ("foo/", ["foo", "foo/a"], ["a/foo"]),
    ("./foo//bar/../baz", ["foo/baz"], ["foo/bar"]),
    ("  foo\t", ["foo"], []),
    ("*/foo", ["a/foo", "a/foo/b"], ["foo", "a/b/foo"]),
    ("**/foo", ["foo", "a/foo", "a/b/foo/c"], ["afoo", "foob"]),
    ("**", ["a", "a/b"], []),
    ("foo/**", ["foo/a", "foo/a/b"], ["foo"]),
    ("**/*.go", ["a.go", "a/b.go", ".go"], ["a.gox", "a/b.go_"]),
    ("*.go", ["a.go"], ["a/b.go"]),
    ("a/**/b", ["a/b", "a/x/b", "a/x/y/b", "a/b/c"], ["ab", "x/a/b"]),
    ("a**/b", ["a/b", "ax/y/b", "ab"], []),
    ("?.txt", ["a.txt", "ö.txt"], ["ab.txt", "/.txt"]),
    ("a?b", ["axb"], ["a/b", "ab"]),
    ("[ab].txt", ["a.txt"], ["c.txt", "ab.txt"]),
    ("[^ab].txt", ["c.txt"], ["a.txt"]),
    ("[!a].txt", ["!.txt", "a.txt"], ["b.txt"]),
    ("[a-c]x", ["bx"], ["dx", "-x"]),
    ("\\#foo", ["#foo"], ["\\#foo"]),
    ("\\*.txt", ["*.txt"], ["a.txt"]),
    ("a.b", ["a.b"], ["axb"]),
    ("a+(b)$", ["a+(b)$"], ["aab"]),
    ("*\n!a.txt", ["b.txt"], ["a.txt"]),
    ("*\n!a/b", ["a/c", "c"], ["a/b", "a/b/c"]),
    ("!a.txt\n*", ["a.txt"], []),
    ("foo\n!foo/bar\nfoo/bar/baz", ["foo/x", "foo/bar/baz"], ["foo/bar/x"]),
    ("! foo", [], ["foo"]),
    ("*\n! foo", ["a"], ["foo"]),
    ("*\n!!foo", ["foo"], ["!foo"]),
    ("# comment\n #foo", ["#foo"], ["# comment"]),
    ("foo # not a comment", ["foo # not a comment"], ["foo"]),
    ("\ufefffoo\r\nbar\r\n", ["foo", "bar"], []),
    ("..\n../foo\n.\n/", [], ["foo", "a"]),
    ("/..//foo", ["foo"], []),
    ("", [], ["a"]),
    ("\n\n   \n", [], ["a"]),
]


@pytest.mark.parametrize(("text", "out", "stays"), MATCHING, ids=lambda value: repr(value)[:40])
def test_matching(text: str, out: list[str], stays: list[str]) -> None:
    rules = parse(text)
    assert [path for path in out if not rules.excludes(path)] == []
    assert [path for path in stays if rules.excludes(path)] == []


def test_a_directory_rule_is_not_asked_again_when_it_had_nothing_to_change() -> None:
    """The engine's walk remembers matches of directories only for rules that were asked there."""
    assert parse("a/b\n!a").excludes("a/b")
    assert parse("a/*\n!a").excludes("a/b")
    assert not parse("a\n!a").excludes("a/b")


ODDITIES = [
    # what Docker's translation to Go's expressions makes of these, tested beside it in test_ignore_go
    (r"\d*", ["7", "7a"], ["d", "da"]),
    ("a|b*", ["ax", "xb", "q/b"], ["x"]),
    ("x{2}*", ["xx", "xxa"], ["x", "x{2}"]),
    ("x{2}", ["x{2}"], ["xx"]),
    ("a^b", ["a^b"], []),
    ("a^b*", [], ["a^b", "a^bc"]),
    ("[[:digit:]]*", ["7a"], [":a"]),
    ("[a*]x", ["a]x", "[]x"], ["*x"]),
    ("[^a]b", ["xb", "/b"], ["ab"]),
]


@pytest.mark.parametrize(("text", "out", "stays"), ODDITIES)
def test_oddities_of_the_translation(text: str, out: list[str], stays: list[str]) -> None:
    matches = compile_ignore(text).matches
    assert [path for path in out if not matches(path)] == []
    assert [path for path in stays if matches(path)] == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a\n[\n", "["),
        ("  foo[a\n", "foo[a"),
        ("a\\\n", "a\\"),
        ("[]\n", "[]"),
        ("[a-]\n", "[a-]"),
        ("!\n", "!"),
        ("!/\n", "!/"),
        ("[b-a]x\n", "[b-a]x"),
        ("\\yfoo\n", "\\yfoo"),
        ("*x{2,1}\n", "*x{2,1}"),
        ("\\pLx\n", "\\pLx"),
    ],
)
def test_what_docker_refuses_is_an_error_at_its_line(text: str, marked: str) -> None:
    (problem,) = parse(text).diagnostics
    assert problem.severity is Severity.ERROR
    assert problem.location is not None
    assert problem.location.source.slice(problem.location.span) == marked
    assert render_text(problem).startswith(".dockerignore:")


def test_bad_lines_leave_the_others_alone() -> None:
    rules = parse("[\nfoo\n")
    assert rules.excludes("foo")


def test_a_line_that_docker_cannot_read() -> None:
    assert parse("a" * 65535).diagnostics == ()
    (problem,) = parse("a" * 65536 + "\nb").diagnostics
    assert problem.code == "ignore-line-too-long"
    assert parse("a" * 65535 + "\r\n").diagnostics != ()
    assert parse("#" * 65536).diagnostics != ()


def test_paths_that_lead_out_of_the_context_are_warned_of() -> None:
    (problem,) = parse("../foo").diagnostics
    assert problem.severity is Severity.WARNING


def test_any_bytes_are_read() -> None:
    rules = IgnoreFile.parse(Source.from_bytes(".dockerignore", b"\xff\xfe\nfoo\n\x00\n"))
    assert rules.excludes("foo")
    assert [problem.severity for problem in rules.diagnostics] == [Severity.WARNING]


def test_spans_after_a_byte_order_mark() -> None:
    source = Source(".dockerignore", "\ufeff# x\n  foo \n")
    (rule,) = IgnoreFile.parse(source).rules
    assert rule.location is not None
    assert source.slice(rule.location.span) == "foo"


def test_added_rules_are_stronger_and_equality_is_by_rules() -> None:
    base = parse("*.mod")
    added = base + parse("!go.mod")
    assert base.excludes("go.mod") and not added.excludes("go.mod")
    assert parse("# a\nfoo\n") == parse("./foo/")
    assert hash(parse("foo")) == hash(parse("/foo"))
    assert parse("foo") != parse("!foo")


def test_lists_of_patterns_know_no_comments() -> None:
    rules = IgnoreFile.of(["#a", "!b"])
    assert [str(rule) for rule in rules.rules] == ["#a", "!b"]
    assert rules.excludes("#a")


def test_names_of_ignore_files() -> None:
    assert ignore_file_names("images/go/Dockerfile") == ("images/go/Dockerfile.dockerignore", ".dockerignore")


@pytest.mark.parametrize("count", [12, 40])
def test_hostile_patterns_do_not_hang(count: int) -> None:
    started = time.perf_counter()
    rules = parse("*a" * count + "b\n" + "**/a" * count + "/b\n")
    assert not rules.excludes("a" * 200)
    assert not rules.excludes("/".join("a" * 60))
    assert time.perf_counter() - started < 10


NAMES = st.sampled_from(["a", "b", "foo", "a.b", "x"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATTERNS = st.lists(
    st.sampled_from(["a", "b", "foo", "*", "**", "?", "a*", "*.b", "[ab]"]), min_size=1, max_size=3
).map("/".join)
FILES = st.lists(st.tuples(st.sampled_from(["", "!"]), PATTERNS).map("".join), max_size=5).map("\n".join)


@given(FILES, PATHS)
@example("*\n!a", "a/b")
def test_states_agree_with_single_questions(text: str, path: str) -> None:
    """Going down with states, dropping rules that cannot reach, gives what `excludes` says of each path."""
    rules = parse(text)
    state = rules.start
    parts = path.split("/")
    for count in range(1, len(parts)):
        current = "/".join(parts[:count])
        excluded, below = rules.enter(state, current)
        assert excluded == rules.excludes(current)
        assert rules.verdict(state, current) == excluded
        state = below
    assert rules.verdict(state, path) == rules.excludes(path)
    if state.settled:
        assert rules.excludes(path) == state.excluded


@given(PATTERNS, PATHS)
def test_a_pattern_that_does_not_reach_a_directory_matches_nothing_below_it(pattern: str, path: str) -> None:
    matcher = compile_ignore(clean(pattern))
    for cut in range(1, len(path.split("/"))):
        directory = "/".join(path.split("/")[:cut])
        if not matcher.reaches(directory):
            assert not matcher.matches(path)


@given(st.text(max_size=40))
def test_any_text_is_read_and_asked_without_a_crash(text: str) -> None:
    rules = parse(text)
    rules.excludes("a/b")
    rules.excludes("foo")


@given(st.text(alphabet="a./", max_size=12))
def test_clean_is_idempotent_and_has_no_dots_inside(path: str) -> None:
    cleaned = clean(path)
    assert clean(cleaned) == cleaned
    assert "//" not in cleaned
    assert cleaned == "." or "." not in cleaned.split("/")


WILDCARDS = [
    ("*.txt", ["a.txt"], ["a/b.txt"]),
    ("a/*", ["a/b"], ["a", "a/b/c"]),
    ("**/x", ["a/x"], ["x", "a/b/x"]),
    ("[a-c]?", ["bx"], ["b", "dx"]),
    ("[^a]", ["b", "/"], ["a"]),
    ("\\*", ["*"], ["a"]),
    ("[\\]]", ["]"], ["\\"]),
    ("[b-a]", [], ["a", "b"]),
    ("[^b-a]", ["a"], []),
    ("a.b+", ["a.b+"], ["axb+"]),
]


@pytest.mark.parametrize(("pattern", "yes", "no"), WILDCARDS)
def test_wildcards_of_copy(pattern: str, yes: list[str], no: list[str]) -> None:
    matches = compile_wildcard(pattern)
    assert [name for name in yes if not matches(name)] == []
    assert [name for name in no if matches(name)] == []


@pytest.mark.parametrize("pattern", ["[", "[a", "[]", "[-]", "a\\", "[a-", "[^", "[\\"])
def test_malformed_wildcards(pattern: str) -> None:
    with pytest.raises(PatternError):
        check(pattern)


def test_escaped_wildcards_are_none() -> None:
    assert has_wildcards("a*") and has_wildcards("a?") and has_wildcards("[a]") and has_wildcards("\\\\*")
    assert not has_wildcards("a\\*") and not has_wildcards("a]") and not has_wildcards("")
