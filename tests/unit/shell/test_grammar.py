"""Shell texts into trees: shapes, words, what is refused; and nothing is ever raised but `ShellError`."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.shell.grammar import parse
from bakegen.shell.syntax import (
    AndOr,
    Case,
    For,
    Group,
    If,
    Literal,
    Pipeline,
    Sequence,
    ShellError,
    Simple,
    Unsupported,
    While,
    Word,
)


def shape(node: object) -> str:
    """A tree in short."""
    if isinstance(node, Simple):
        words = [f"{one.name}={text(one.value)}" for one in node.assignments] + [text(word) for word in node.words]
        redirects = [f"{'' if one.descriptor is None else one.descriptor}{one.operator}{text(one.target)}"
                     + (f"[{text(one.body)}]" if one.body is not None else "") for one in node.redirects]  # fmt: skip
        return " ".join([*words, *redirects])
    if isinstance(node, Sequence):
        return "; ".join(shape(item) for item in node.items)
    if isinstance(node, AndOr):
        return f"({shape(node.first)}" + "".join(f" {operator} {shape(item)}" for operator, item in node.rest) + ")"
    if isinstance(node, Pipeline):
        return ("!" if node.negated else "") + "<" + " | ".join(shape(item) for item in node.items) + ">"
    if isinstance(node, Group):
        return ("sub" if node.subshell else "") + "{" + shape(node.body) + "}"
    if isinstance(node, If):
        arms = " ".join(f"{shape(condition)} ? {shape(body)} :" for condition, body in node.branches)
        return f"if {arms} {shape(node.otherwise) if node.otherwise else '-'}"
    if isinstance(node, For):
        return f"for {node.name} {[text(word) for word in node.words or ()]} {shape(node.body)}"
    if isinstance(node, While):
        return f"{'until' if node.until else 'while'} {shape(node.condition)} do {shape(node.body)}"
    if isinstance(node, Case):
        arms = " ".join(f"{'|'.join(map(text, patterns))}->{shape(body)}" for patterns, body in node.branches)
        return f"case {text(node.word)} {arms}"
    assert isinstance(node, Unsupported)
    return f"?{node.reason}"


def text(word: Word) -> str:
    """The pieces of a word: literals as they are, quoted ones in single quotes, others by their kind."""
    return "".join(
        (f"'{piece.text}'" if piece.quoted else piece.text) if isinstance(piece, Literal) else type(piece).__name__[:3]
        for piece in word.pieces
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a b && c || d; e", "(a b && c || d); e"),
        ("a | b | c", "<a | b | c>"),
        ("! a | b", "!<a | b>"),
        ("(a; b) && { c; d; }", "(sub{a; b} && {c; d})"),
        ("if a; then b; elif c; then d; else e; fi", "if a ? b : c ? d : e"),
        ("for x in a 'b c' $d; do e $x; done", "for x ['a', \"'b c'\", 'Par'] e Par"),
        ("while a; do b; done; until c; do d; done", "while a do b; until c do d"),
        ("case $x in a|'b') c;; (*) d; e;; esac", "case Par a|'b'->c *->d; e"),
        ("case x in esac", "case x "),
        ("X=1 Y='2' a b=c", "X=1 Y='2' a b=c"),
        ("a >f 2>&1 <g >>h 2>/dev/null >|i", "a >f 2>&1 <g >>h 2>/dev/null >|i"),
        ("a 2 >f", "a 2 >f"),
        ("a \\\n  b # no\nc", "a b; c"),
        ("a 'b\nc' \"d\"", "a 'b\nc' '''d'"),
        ("cat <<E && b\nx $y\nE\nc", "(cat <<E['x 'Par'\n'] && b); c"),
        ("cat <<'E'\nx $y\nE", "cat <<'E'['x $y\n']"),
        ("cat <<-E\n\t\tx\n\ty\n\tE\nc", "cat <<-E['x\ny\n']; c"),
        ("a $(b; c `d`) ${e:-$f}", "a Sub Par"),
        ("a; b &", "a; ?a command in the background"),
        ("echo }", "echo }"),
        ("a $((1 + X))x", "a Aritx".replace("Arit", "Ari")),
        ("", ""),
        ("# nothing", ""),
        ("a;\n\n b", "a; b"),
        ("a &&\n b", "(a && b)"),
        ("~/x ~me y~", "TilX".replace("X", "/x") + " Til y~"),
        ("PATH=~/bin:~/sbin a", "PATH=Til/bin:Til/sbin a"),
    ],
)
def test_shape(line: str, expected: str) -> None:
    assert shape(parse(line)) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a 'b", "quote"),
        ('a "b', "quote"),
        ("a $(b", ") is missing"),
        ("a `b", "backquote"),
        ("a ${b", "not understood"),
        ("if a; then b", "fi is missing"),
        ("a &&", "missing"),
        ("a | | b", "missing"),
        (") a", "unexpected"),
        ("f() { a; }", "function"),
        ("function f { a; }", "function"),
        ("[[ a == b ]]", "[["),
        ("a <(b)", "process substitution"),
        ("a &> b", "another shell"),
        ("a |& b", "another shell"),
        ("a <<<b", "another shell"),
        ("A=(1 2)", "array"),
        ("A+=1", "bash"),
        ("((a))", "another shell"),
        ("select x in a; do b; done", "select"),
        ("a $'b'", "another shell"),
        ("cat <<E\nx", "closed"),
        ("a $((b = 1))", "arithmetic"),
        ("time a", "time"),
        ("a\\", "backslash"),
        ("a\x0bb", "character"),
        ("a \udc80", "UTF-8"),
        ("echo `a \\`b\\``", "backquotes"),
    ],
)
def test_what_is_not_understood(line: str, reason: str) -> None:
    with pytest.raises(ShellError, match=None) as caught:
        parse(line)
    assert reason in caught.value.reason
    assert 0 <= caught.value.at <= len(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[[ -f a && ! ( $b == c* ) ]] && d", "([[ -f a ! Par == c* ]] && d)"),
        ("a <<<b", "a <<<b"),
        ("a $'b\\tc'", "a 'b\tc'"),
    ],
)
def test_what_bash_adds(line: str, expected: str) -> None:
    assert shape(parse(line, bash=True)) == expected


def test_offsets_are_those_of_the_text() -> None:
    line = "aa  bb 'c c' && (dd >ee)"
    tree = parse(line).items[0]
    assert isinstance(tree, AndOr)
    assert isinstance(tree.first, Simple)
    assert [line[word.start : word.end] for word in tree.first.words] == ["aa", "bb", "'c c'"]
    assert line[tree.rest[0][1].start : tree.rest[0][1].end] == "(dd >ee)"


def test_offsets_count_characters() -> None:
    line = "é ü && ñ $(ö ä)"
    tree = parse(line).items[0]
    assert isinstance(tree, AndOr)
    assert line[tree.rest[0][1].start :] == "ñ $(ö ä)"


def test_two_parsers_must_agree() -> None:
    # tree-sitter takes the $ behind a dash for a word of its own here: a doubt is enough.
    for line in ("tar xzf nydus-static-$A-$B.tgz", "cat <<A <<B\n1\nA\n2\nB", "a\\\nb", "a#b #c"):
        with pytest.raises(ShellError, match="two parsers"):
            parse(line)


PIECES = st.sampled_from(
    ["a", "b ", " ", "\n", ";", "&&", "||", "|", "(", ")", "{ ", "}", "'", '"', "`", "$", "$(", "${", "}", "$((", "))",
     "\\", "<<E\n", "E\n", "<", ">", "2>", "&", "!", " if ", " then ", " fi", " for x in ", " do ", " done", " case ",
     " in ", " esac", ";;", "#", "~", "=", "*", "[", "]", "-", ":", "%", "é", "\t", "\r", "\0", "\udcff"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=30), st.booleans())
def test_nothing_else_is_raised(line: str, bash: bool) -> None:
    try:
        tree = parse(line, bash=bash)
    except ShellError as problem:
        assert 0 <= problem.at <= len(line)
        assert problem.reason
        return
    assert shape(tree) is not None


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not there")
@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_dash_refuses_is_refused(line: str) -> None:
    try:
        parse(line)
    except ShellError:
        return
    if line.startswith(("-", "+")):
        return  # an option of dash
    done = subprocess.run(["dash", "-n", "-c", line], capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
