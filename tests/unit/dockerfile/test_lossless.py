"""Whatever the bytes: the tree gives them back, its leaves tile them, nothing crashes, reading again agrees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bakegen.diagnostics import render_text
from bakegen.dockerfile import parse, read
from bakegen.dockerfile.normal import stage_text
from bakegen.dockerfile.outline import outline
from bakegen.dockerfile.syntax import Instruction
from bakegen.text import Source

PIECES = st.sampled_from(
    (
        *("FROM a", "FROM scratch AS b", "RUN x", "RUN ", "COPY ", "ADD ", "ENV A=1", "ENV ", "LABEL a=b", "ARG X=1 Y"),
        *(
            "ONBUILD ",
            "HEALTHCHECK CMD ",
            'CMD ["a"]',
            "EXPOSE 80",
            'VOLUME ["/a"]',
            "USER x",
            'SHELL ["a"]',
            "BOGUS x",
        ),
        *(
            "# escape=`",
            "# c",
            "#",
            "# syntax=docker/dockerfile:1",
            "# syntax=x",
            "STOPSIGNAL 9",
            "<<E",
            "<<-E",
            '<<"Q"',
        ),
        *(
            "3<<F",
            "E",
            "Q",
            "\tE",
            "\\",
            "`",
            "--from=b ",
            "--mount=type=cache,target=/c ",
            '--mount=,"',
            "-- ",
            "--x\\ y",
        ),
        *(
            "$",
            "${",
            "}",
            "${X:-",
            "${X#*}",
            "'",
            '"',
            "[",
            "]",
            "{",
            "<",
            "=",
            " ",
            "\t",
            "é",
            "\u00a0",
            "\u2003",
            "/",
        ),
        *("\ufeff", "\udcff", "\x00", "\x0b", "\x1f", "\r"),
    )
)
LINES = st.lists(st.lists(PIECES, max_size=5).map("".join), max_size=8).map("\n".join)
ENDS = st.sampled_from(["", "\n", "\r\n", "\\", "\\\n"])
TEXTS = st.builds(str.__add__, LINES, ENDS)


def check(source: Source) -> None:
    text = source.text
    tree = parse(source)
    assert str(tree) == text
    end = 0
    for node in tree.nodes:
        assert (node.start, node.end > node.start) == (end, True)
        assert node.line == text.count("\n", 0, node.start) + 1
        leaves = list(node.leaves(text))
        assert [leaf.start for leaf in leaves] == [node.start, *(leaf.end for leaf in leaves[:-1])]
        assert leaves[-1].end == node.end
        assert all(leaf.end > leaf.start for leaf in leaves)
        end = node.end
    assert end == len(text)
    for node in tree.instructions:
        assert node.end_line == text.count("\n", 0, node.end - 1) + 1
        assert text[node.keyword_span.start : node.keyword_span.end].replace("\n", "")[:1] == node.keyword[:1]
        for at, letter in enumerate(node.logical):
            assert text[node.offset(at)] == letter


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    source = Source.from_bytes("x", data)
    check(source)
    assert Source("x", str(parse(source))).to_bytes() == data


@given(st.text(max_size=200) | TEXTS)
def test_any_text(text: str) -> None:
    check(Source("x", text))


@given(TEXTS)
def test_nothing_crashes(text: str) -> None:
    found = read(Source("x", text))
    resolved = found.resolve({"X": "1"}, target=None, contexts={"b": "c"})
    outline(resolved)
    assert resolved.ok <= found.ok
    for stage in found.stages:
        stage_text(found, stage)
    for problem in (*found.diagnostics, *resolved.diagnostics):
        assert problem.location is not None
        assert problem.location.span.end <= len(text)
        render_text(problem)
    assert (*resolved.external_images, *resolved.context_reads) is not None


@given(TEXTS)
def test_reading_the_parts_again_agrees(text: str) -> None:
    """An instruction cut out of a file, with the head that set the escape, is read as it was inside the file."""
    tree = parse(Source("x", text))
    head = "# escape=`\n" if tree.escape == "`" else ""
    for node in tree.instructions:
        again = parse(Source("x", head + text[node.start : node.end]))
        found = again.nodes[-1]
        assert isinstance(found, Instruction)
        assert (found.name, found.logical) == (node.name, node.logical)
        assert [h.body for h in found.heredocs] == [h.body for h in node.heredocs]
