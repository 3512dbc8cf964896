"""Whole instructions moved with what belongs to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.dockerfile import read
from bakegen.effects.model import Equivalence, Tier
from bakegen.rewrites.checks import edited
from bakegen.rewrites.model import Proposal
from bakegen.rewrites.moves import add_flag, block, insert_before, line_end, move_after, move_before
from bakegen.text import Edit, Source, Span


def proposal(*edits: Edit) -> Proposal:
    return Proposal("test", Span(0, 0), edits, Tier.SEMANTICS, Equivalence.GRAPH, "", "")


def moved(text: str, index: int, place: int, *, after: bool = False) -> str:
    dockerfile = read(Source("Dockerfile", text))
    nodes = dockerfile.tree.instructions
    move = move_after if after else move_before
    return edited(text, proposal(*move(dockerfile, (nodes[index],), nodes[place])))


def test_comments_travel() -> None:
    text = "FROM a\n# one\n\n# hadolint ignore=DL3008\nARG A\nRUN b\n# two\nRUN c\n"
    wanted = "FROM a\nRUN b\n# one\n\n# hadolint ignore=DL3008\nARG A\n# two\nRUN c\n"
    assert moved(text, 1, 3) == wanted


def test_a_bare_hash_detaches() -> None:
    text = "FROM a\n# head\n#\nARG A\nRUN b\nRUN c\n"
    assert moved(text, 1, 3) == "FROM a\n# head\n#\nRUN b\nARG A\nRUN c\n"


def test_heredocs_and_continuations_travel_whole() -> None:
    text = "FROM a\nRUN <<EOF\n# no comment\nx\nEOF\nRUN b \\\n  # inside\n  c\nCMD d\n"
    assert moved(text, 2, 1) == "FROM a\nRUN b \\\n  # inside\n  c\nRUN <<EOF\n# no comment\nx\nEOF\nCMD d\n"


def test_the_last_line_without_an_end() -> None:
    assert moved("FROM a\nRUN b\nARG A", 2, 1) == "FROM a\nARG A\nRUN b\n"
    assert moved("FROM a\nARG A\nRUN b", 1, 2, after=True) == "FROM a\nRUN b\nARG A\n"


def test_line_ends_stay_what_they_are() -> None:
    text = "FROM a\r\nARG A\r\nRUN b\r\n"
    assert moved(text, 1, 2, after=True) == "FROM a\r\nRUN b\r\nARG A\r\n"
    assert line_end(read(Source("", text))) == "\r\n"
    dockerfile = read(Source("", text))
    edit = insert_before(dockerfile, dockerfile.tree.instructions[1], "COPY x /x")
    assert edited(text, proposal(edit)) == "FROM a\r\nCOPY x /x\r\nARG A\r\nRUN b\r\n"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("COPY a /b", "COPY --link a /b"),
        ("copy  a /b", "copy --link  a /b"),
        ("COPY --chown=1 a /b", "COPY --chown=1 --link a /b"),
        ("COPY \\\n  a /b", "COPY --link \\\n  a /b"),
        ("COPY --from=x \\\n  a /b", "COPY --from=x --link \\\n  a /b"),
        ('COPY ["a b", "/c"]', 'COPY --link ["a b", "/c"]'),
        ("COPY <<EOF /x\nbody\nEOF", "COPY --link <<EOF /x\nbody\nEOF"),
    ],
)
def test_a_flag_goes_behind_those_that_are_there(line: str, wanted: str) -> None:
    text = f"FROM a\n{line}\n"
    node = read(Source("", text)).tree.instructions[1]
    found = edited(text, proposal(add_flag(node, "--link")))
    assert found == f"FROM a\n{wanted}\n"
    assert read(Source("", found)).tree.instructions[1].flags[-1].text == "--link"


LINES = st.sampled_from(
    ["ARG A", "RUN x \\\n # y\n z", "# about", "", "LABEL a=b", "COPY <<E /x\n# body\nE", "#", "RUN echo '# no'"]
)


@given(st.lists(LINES, max_size=8), st.integers(0, 7), st.integers(0, 7), st.booleans())
def test_a_move_keeps_every_line(lines: list[str], index: int, place: int, after: bool) -> None:
    text = "\n".join(["FROM a", *lines, "CMD x"]) + "\n"
    dockerfile = read(Source("", text))
    count = len(dockerfile.tree.instructions)
    index, place = 1 + index % (count - 1), 1 + place % (count - 1)
    if index == place or (after and index > place) or (not after and index < place and index + 1 == place):
        return
    found = moved(text, index, place, after=after)
    kept, lines = found.split("\n"), text.split("\n")
    assert sorted(filter(None, kept)) == sorted(filter(None, lines))
    assert len(lines) - len(kept) in (0, 1), "more than a blank line is gone"
    texts = [node.original for node in dockerfile.tree.instructions]
    one = texts.pop(index)
    at = place if index > place else place - 1
    texts.insert(at + (1 if after else 0), one)
    assert [node.original for node in read(Source("", found)).tree.instructions] == texts


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_of_two_blank_lines_goes(end: str) -> None:
    text = end.join(["FROM a", "", "ARG A", "ARG B", "", "RUN b", ""])
    dockerfile = read(Source("", text))
    nodes = dockerfile.tree.instructions
    found = edited(text, proposal(*move_after(dockerfile, (nodes[1], nodes[2]), nodes[3])))
    assert found == end.join(["FROM a", "", "RUN b", "ARG A", "ARG B", ""])
    only_first = edited(text, proposal(*move_after(dockerfile, (nodes[1],), nodes[3])))
    assert only_first == end.join(["FROM a", "", "ARG B", "", "RUN b", "ARG A", ""])


def test_a_block_holds_the_comments() -> None:
    text = "FROM a\n# one\nARG A\n"
    dockerfile = read(Source("", text))
    assert text[block(dockerfile, dockerfile.tree.instructions[1]).start :] == "# one\nARG A\n"
