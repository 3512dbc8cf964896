"""Lines of rewritten texts back to those of the user's."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bakegen.effects.model import Equivalence, Tier
from bakegen.frontend.messages import llb_pb2 as llb
from bakegen.frontend.sourcemap import LineMap, SourceMap
from bakegen.rewrites.driver import Applied
from bakegen.rewrites.model import Proposal
from bakegen.text import Span


def change(before: str, after: str, about: str) -> Applied:
    """A change about the line of `before` that begins with `about`."""
    start = before.index(about)
    span = Span(start, before.find("\n", start))
    return Applied(Proposal("x", span, (), Tier.FACTS, next(iter(Equivalence)), "", ""), before, after)


def origins(before: str, *steps: Applied) -> list[tuple[int, int]]:
    """The lines that each line of the last text came from."""
    lines = LineMap(before, steps)
    last = steps[-1].after if steps else before
    return [lines.lines(number, number) for number in range(1, last.count("\n") + 1)]


def test_a_moved_line_is_known_again() -> None:
    before, after = "FROM a\nARG V\nRUN x\nRUN y $V\n", "FROM a\nRUN x\nARG V\nRUN y $V\n"
    assert origins(before, change(before, after, "ARG")) == [(1, 1), (3, 3), (2, 2), (4, 4)]


def test_a_flag_that_was_added_is_the_same_line() -> None:
    before, after = "FROM a\nCOPY a b\nCOPY c d\n", "FROM a\nCOPY --link a b\nCOPY c d\n"
    assert origins(before, change(before, after, "COPY a")) == [(1, 1), (2, 2), (3, 3)]


def test_what_was_made_anew_stands_for_its_instruction() -> None:
    before = "FROM a\nCOPY . .\nRUN npm ci\n"
    after = "FROM a\nCOPY package.json /app/\nRUN npm ci\nCOPY . .\n"
    assert origins(before, change(before, after, "COPY")) == [(1, 1), (2, 2), (3, 3), (2, 2)]


def test_changes_one_after_the_other() -> None:
    first = "FROM a\nARG V\nRUN x\nCOPY a b\n"
    second = "FROM a\nRUN x\nARG V\nCOPY a b\n"
    third = "FROM a\nRUN --mount=type=cache,target=/c \\\n    x\nARG V\nCOPY a b\n"
    found = origins(first, change(first, second, "ARG"), change(second, third, "RUN"))
    assert found == [(1, 1), (3, 3), (3, 3), (2, 2), (4, 4)]


def test_lines_beyond_the_end_stay() -> None:
    assert LineMap("FROM a").lines(7, 9) == (7, 9)
    assert LineMap("FROM a\nRUN b").lines(1, 2) == (1, 2)


@given(
    st.lists(
        st.lists(st.sampled_from(["A a", "B b", "C", "", "A a c"]), min_size=1, max_size=8), min_size=2, max_size=4
    )
)
def test_any_change_leads_to_lines_that_are_there(texts: list[list[str]]) -> None:
    texts_ = ["\n".join(one) + "\n" for one in texts]
    steps = [change(one, other, one.split("\n")[0]) for one, other in pairwise(texts_)]
    for first, last in origins(texts_[0], *steps):
        assert 1 <= first <= last <= texts_[0].count("\n") + 1


def test_columns_are_kept_where_the_line_is_the_same() -> None:
    before, after = "FROM a\nARG V\nRUN x\n", "FROM a\nRUN x\nARG W\n"
    lines = LineMap(before, [change(before, after, "ARG")])
    made = SourceMap(before.encode(), after.encode(), lines, llb.Definition())
    given = [llb.Range(start=llb.Position(line=n, character=2), end=llb.Position(line=n, character=4)) for n in (2, 3)]
    found = [(one.start.line, one.start.character, one.end.character) for one in made.ranges(given)]
    assert found == [(3, 2, 4), (2, 0, 0)]


def test_other_files_in_a_definition_stay() -> None:
    definition = llb.Definition()
    definition.source.infos.append(llb.SourceInfo(filename="other", data=b"other"))
    definition.source.locations["v"].locations.append(llb.Location(ranges=[llb.Range(start=llb.Position(line=2))]))
    made = SourceMap(b"a\nb\n", b"b\na\n", LineMap("a\nb\n"), llb.Definition())
    assert made.definition(definition) == definition
