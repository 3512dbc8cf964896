"""Reports: fingerprints that last, and spans as people can see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.rules.model import Finding, Result
from bakegen.rules.report import fingerprints, visible
from bakegen.text import Source, Span
from tests.unit.rules.formats.reports import LINK, WORDS, reports

if TYPE_CHECKING:
    from bakegen.rules.report import Report


def found(text: str, word: str = "COPY", path: str = "Dockerfile") -> list[Result]:
    """A finding at each `word` of a text."""
    source = Source(path, text)
    starts = [at for at in range(len(text)) if text.startswith(word, at)]
    return [Result(LINK, Finding(Span(at, at + len(word)), "x"), LINK.severity, source) for at in starts]


def test_fingerprints_stay_when_lines_come_and_go() -> None:
    before = fingerprints(found("FROM a\nCOPY a b\n"))
    assert before == fingerprints(found("# new\nFROM a\nRUN x\n\n  COPY a b\n"))
    assert before == fingerprints(found("FROM a\nCOPY a b\n", path="./Dockerfile"))
    assert before != fingerprints(found("FROM a\nCOPY a c\n"))
    assert before != fingerprints(found("FROM a\nCOPY a b\n", path="other/Dockerfile"))


def test_the_message_may_be_put_in_other_words() -> None:
    (one,) = found("FROM a\nCOPY a b\n")
    other = Result(LINK, Finding(one.finding.span, "in other words"), LINK.severity, one.source)
    assert fingerprints([one]) == fingerprints([other])


@given(reports())
def test_no_two_findings_share_a_fingerprint(report: Report) -> None:
    assert len(set(fingerprints(report.results))) == len(report.results)


def test_equal_lines_are_told_apart_by_their_order() -> None:
    twice = fingerprints(found("COPY a b\nCOPY a b\n"))
    assert len(set(twice)) == 2
    assert fingerprints(found("COPY a b\n")) == twice[:1]


def test_rules_have_fingerprints_of_their_own() -> None:
    (one,) = found("COPY a b\n")
    assert fingerprints([one]) != fingerprints([Result(WORDS, one.finding, one.severity, one.source)])


@pytest.mark.parametrize(
    ("text", "span", "seen"),
    [
        ("a\nb\n", Span(0, 2), Span(0, 1)),
        ("a\r\nb\r\n", Span(0, 6), Span(0, 4)),
        ("a\n", Span(2, 2), Span(1, 1)),
        ("a\r\n", Span(3, 3), Span(1, 1)),
        ("a", Span(1, 1), Span(1, 1)),
        ("", Span(0, 0), Span(0, 0)),
        ("a\n\n", Span(2, 2), Span(2, 2)),
        ("a\n\n", Span(3, 3), Span(2, 2)),
        ("a\n\n", Span(1, 3), Span(1, 1)),
    ],
)
def test_what_can_be_seen_of_a_span(text: str, span: Span, seen: Span) -> None:
    assert visible(Source("d", text), span) == seen


@given(st.text("a\r\n", max_size=12), st.data())
def test_what_can_be_seen_is_in_the_file(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    source = Source("d", text)
    seen = visible(source, span)
    assert seen.end <= span.end
    line, _ = source.position(seen.end)
    assert line <= max(1, source.line_count - text.endswith("\n"))
