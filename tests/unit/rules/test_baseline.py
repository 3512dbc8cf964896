"""Known findings: they stay known when lines move, and come back when they are changed or multiply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.errors import InputError
from bakegen.rules.baseline import Baseline, fingerprint, read_baseline, write_baseline
from bakegen.rules.discovery import rule
from bakegen.rules.model import Finding, Result
from bakegen.text import Source, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

RULE = rule("GE001")
TEXT = "FROM debian\nRUN  apt-get  install x\nRUN make\nRUN make\n"


def results(text: str, *words: str, path: str = "Dockerfile") -> list[Result]:
    """A finding at each place where one of the words stands."""
    source = Source(path, text)
    found = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            found.append(Result(RULE, Finding(Span(at, at + len(word)), "odd"), RULE.severity, source))
            at = text.find(word, at + 1)
    return sorted(found, key=lambda one: one.finding.span)


def baseline(of: Sequence[Result]) -> Baseline:
    return read_baseline(Source(".bakegen-baseline.json", write_baseline(of)))


def test_what_is_known_is_not_shown() -> None:
    found = results(TEXT, "apt-get", "make")
    known = baseline(found)
    assert known.unknown(found) == ()
    assert known.stale(found) == ()
    assert all(known.known(one) for one in found)


def test_lines_may_move_and_be_indented_otherwise() -> None:
    known = baseline(results(TEXT, "apt-get", "make"))
    moved = results("# new\nFROM debian\nRUN make\n\nRUN make\n\tRUN apt-get install   x\n", "apt-get", "make")
    assert known.unknown(moved) == ()


def test_a_changed_line_is_shown_again_and_the_old_one_is_stale() -> None:
    known = baseline(results(TEXT, "apt-get"))
    changed = results(TEXT.replace("install x", "install y"), "apt-get")
    assert known.unknown(changed) == tuple(changed)
    assert [(one.path, one.code, one.count) for one in known.stale(changed)] == [("Dockerfile", "GE001", 1)]


def test_the_last_of_several_equal_ones_is_new() -> None:
    known = baseline(results(TEXT, "make"))
    more = results(TEXT + "RUN make\n", "make")
    assert known.unknown(more) == (more[-1],)
    fewer = results(TEXT.replace("RUN make\nRUN make", "RUN make"), "make")
    assert known.unknown(fewer) == ()
    assert [one.count for one in known.stale(fewer)] == [1]


def test_another_file_and_another_rule_are_other_findings() -> None:
    found = results(TEXT, "make")
    known = baseline(found)
    assert len(known.unknown(results(TEXT, "make", path="other/Dockerfile"))) == 2
    other = rule("GE002")
    assert len(known.unknown([Result(other, one.finding, one.severity, one.source) for one in found])) == 2


def test_files_that_were_not_looked_at_are_not_stale() -> None:
    known = baseline([*results(TEXT, "make"), *results(TEXT, "make", path="b/Dockerfile")])
    assert [one.path for one in known.stale([], ["b/Dockerfile"])] == ["b/Dockerfile"]
    assert len(known.stale([])) == 2


def test_paths_are_told_from_the_folder_of_the_baseline() -> None:
    def below(path: str) -> str:
        return path.removeprefix("../")

    found = results(TEXT, "make", path="../a/Dockerfile")
    text = write_baseline(found, below)
    assert list(json.loads(text)["files"]) == ["a/Dockerfile"]
    known = read_baseline(Source("x", text), below)
    assert known.unknown(found) == ()
    assert known.stale([], ["../a/Dockerfile"])


def test_it_is_the_same_text_in_any_order_and_small() -> None:
    found = results(TEXT, "apt-get", "make") + results(TEXT, "make", path="a/Dockerfile")
    text = write_baseline(found)
    assert text == write_baseline(found[::-1])
    assert text.endswith("}\n")
    assert len(text.splitlines()) == 16
    assert write_baseline([]) == '{\n "version": 1,\n "files": {}\n}\n'


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 2, "files": {}}', '{"version": 1, "files": {"a": []}}',
     '{"version": 1, "files": {"a": {"b": {"c": "d"}}}}', '{"version": 1, "files": {"a": {"b": {"c": true}}}}'],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        read_baseline(Source(".bakegen-baseline.json", text))
    assert refused.value.diagnostics[0].code == "bad-baseline"


def test_the_text_of_all_marked_lines_counts() -> None:
    one, other = Source("a", "RUN a \\\n b\n"), Source("a", "RUN a \\\n c\n")
    assert fingerprint(one, Span(0, 10)) != fingerprint(other, Span(0, 10))
    assert fingerprint(one, Span(0, 3)) == fingerprint(other, Span(0, 3))
    # A span that ends behind a line end does not mark the next line.
    assert fingerprint(Source("a", "x\ny\n"), Span(0, 2)) == fingerprint(Source("a", "x\nz\n"), Span(0, 2))


@given(st.text(max_size=30), st.lists(st.text(max_size=20), max_size=6), st.data())
def test_moved_lines_are_the_same(line: str, around: list[str], data: st.DataObject) -> None:
    line = line.replace("\n", "")
    at = data.draw(st.integers(0, len(around)))
    text = "\n".join([*around[:at], line, *around[at:]])
    start = len("\n".join([*around[:at], ""]))
    there = Span(start, start + len(line))
    assert fingerprint(Source("a", text), there) == fingerprint(Source("a", line), Span(0, len(line)))
