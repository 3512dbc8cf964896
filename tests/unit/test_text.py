from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.text import Location, Source, Span


@given(st.binary())
def test_any_bytes_come_back(data: bytes) -> None:
    assert Source.from_bytes("f", data).to_bytes() == data


@given(st.text(alphabet="a\r\n\u2028é"), st.integers(0, 50))
def test_position_names_the_line_that_holds_the_offset(text: str, offset: int) -> None:
    source = Source("f", text)
    offset = min(offset, len(text))
    line, column = source.position(offset)
    assert text[:offset].count("\n") == line - 1
    assert offset - (text.rfind("\n", 0, offset) + 1) == column - 1


def test_line_text_has_no_line_end() -> None:
    source = Source("f", "one\r\ntwo\n")
    assert [source.line_text(line) for line in range(1, source.line_count + 1)] == ["one", "two", ""]


def test_location_reads_as_file_line_column() -> None:
    assert str(Location(Source("images/a/image.yaml", "a\nbc"), Span(3, 4))) == "images/a/image.yaml:2:2"


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (3, 2)])
def test_a_span_is_a_range(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        Span(start, end)
