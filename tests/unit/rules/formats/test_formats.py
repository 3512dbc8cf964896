"""Every format: what it makes of an awkward report, and that no text breaks it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given

from bakegen.diagnostics import Severity
from bakegen.rules import formats
from bakegen.rules.model import Finding, Fix, Result
from bakegen.rules.report import Report, statistics
from bakegen.text import Edit, Source, Span
from tests.unit.rules.formats.reports import EMPTY, LINK, WORDS, awkward, reports

if TYPE_CHECKING:
    from tests.golden_files import Golden

_SUFFIXES = {"checkstyle": "xml", "junit": "xml", "json": "json", "sarif": "json", "gitlab": "json"}
JSON = ("json", "sarif", "gitlab")
XML = ("checkstyle", "junit")
LINES = ("text", "concise", "github")
_COMMAND = re.compile(r"::(?:error|warning|notice) file=[^:,]*(?:,[a-zA-Z]+=[^:,]+)*::.*")


def test_every_format_is_tested() -> None:
    assert set(formats.names()) == {*JSON, *XML, *LINES}
    assert formats.names()[:2] == ("text", "concise")


def test_what_formats_make_of_an_awkward_report(golden: Golden) -> None:
    made = {f"{name}.{_SUFFIXES.get(name, 'txt')}": formats.write(name, awkward()) for name in formats.names()}
    made["text-styled.txt"] = formats.write("text", awkward(), lambda text, look: f"<{look}>{text}</>")
    golden.check("lint-formats", made)


@given(reports())
def test_no_text_breaks_a_format(report: Report) -> None:
    for name in formats.names():
        text = formats.write(name, report)
        text.encode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
        assert "##[" not in text and "##vso[" not in text
        assert text == "" or text.endswith("\n")
        read_back(name, text, report)


def read_back(name: str, text: str, report: Report) -> None:
    lines = text.split("\n")[:-1]
    commands = [one for one in lines if one.lstrip().startswith("::")]
    if name in JSON:
        assert json.loads(text) is not None and text.isascii()
    elif name in XML:
        assert ElementTree.fromstring(text.encode()) is not None
    elif name == "github":
        assert len(lines) == len(commands) == len(report.results) + len(report.unread)
        assert all(_COMMAND.fullmatch(one) for one in commands)
    else:
        assert not commands
    if name == "concise":
        assert len(lines) == len(report.results) + len(report.unread)


@given(reports())
def test_json_gives_texts_back_as_they_are(report: Report) -> None:
    read = json.loads(formats.write("json", report))
    for given_, found in zip(report.results, read["findings"], strict=True):
        if given_.finding.message.isprintable():
            assert found["message"] == given_.finding.message
        assert Span(found["start"], found["end"]) == given_.finding.span
        assert given_.source.offset(found["line"]) + found["column"] - 1 == found["start"]


def many(counts: dict[Severity, int]) -> Report:
    source = Source("Dockerfile", "FROM a\n" * 40)
    results = [
        Result(LINK, Finding(Span(7 * at, 7 * at + 4), f"number {at}"), severity, source)
        for severity, count in counts.items()
        for at in range(count)
    ]
    return Report(tuple(results), ("Dockerfile",))


def test_github_gets_ten_of_each_and_errors_first() -> None:
    text = formats.write("github", many({Severity.NOTE: 12, Severity.WARNING: 3, Severity.ERROR: 11}))
    lines = text.splitlines()
    kinds = [line.split(" ")[0] for line in lines if line.startswith("::")]
    assert kinds == ["::error"] * 10 + ["::warning"] * 3 + ["::notice"] * 10
    assert lines[23].startswith("Dockerfile:11:1: error: ZZ101 copy-with-link: number 10")
    assert lines[-1] == (
        "3 more findings are not shown as annotations: GitHub takes 10 errors, 10 warnings and 10 notices a step"
    )
    assert len(lines) == 23 + 3 + 1


def test_github_properties_are_escaped() -> None:
    source = Source("a,b:c%\n.Dockerfile", "FROM a\n")
    text = formats.write(
        "github", Report((Result(LINK, Finding(Span(0, 4), "50%\r\n::x"), Severity.NOTE, source),), ())
    )
    assert text == (
        "::notice file=a%2Cb%3Ac%25%0A.Dockerfile,line=1,endLine=1,col=1,endColumn=5,title=ZZ101 copy-with-link"
        "::50%25%0D%0A::x\n"
    )


def test_columns_of_several_lines_are_left_out_for_github() -> None:
    result = Result(LINK, Finding(Span(0, 13), "x"), Severity.ERROR, Source("d", "FROM a\nFROM b\n"))
    assert formats.write("github", Report((result,), ())).startswith("::error file=d,line=1,endLine=2,title=ZZ101")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "no findings in 1 file"),
        ({Severity.NOTE: 1}, "1 finding (1 note) in 1 of 1 file"),
        ({Severity.ERROR: 2, Severity.WARNING: 1}, "3 findings (2 errors, 1 warning) in 1 of 1 file"),
    ],
)
def test_the_summary(counts: dict[Severity, int], said: str) -> None:
    assert formats.write("text", many(counts)).splitlines()[-1] == said


def test_long_words_are_cut_for_people_only() -> None:
    source = Source("d", "x" * 9000)
    finding = Finding(Span(0, 9000), "x" * 9000, "y" * 9000, fix=Fix((Edit(Span(0, 1), ""),), "z", True, "w" * 9000))
    report = Report((Result(LINK, finding, Severity.NOTE, source),), ("d",))
    assert max(map(len, formats.write("text", report).splitlines())) < 600
    assert json.loads(formats.write("json", report))["findings"][0]["message"] == finding.message


def test_nothing_found_is_well_formed_everywhere() -> None:
    empty = Report((), ())
    assert json.loads(formats.write("gitlab", empty)) == []
    assert json.loads(formats.write("json", empty))["findings"] == []
    assert json.loads(formats.write("sarif", empty))["runs"][0]["results"] == []
    for name in XML:
        ElementTree.fromstring(formats.write(name, empty))
    assert formats.write("github", empty) == formats.write("concise", empty) == ""
    assert formats.write("text", empty) == "no findings in 0 files\n"


def test_statistics_count_by_rule() -> None:
    rows = [(row.rule.code, row.findings, row.safe, row.unsafe) for row in statistics(awkward())]
    assert rows == [("ZZ101", 2, 1, 0), ("ZZ202", 2, 0, 1), ("ZZ303", 2, 0, 1)]
    assert statistics(Report((), ())) == ()


def test_fails_from_the_severity_that_was_asked_for() -> None:
    source = Source("d", "x")
    warned = Result(EMPTY, Finding(Span(0, 1), "x"), Severity.WARNING, source)
    noted = Result(WORDS, Finding(Span(0, 1), "x"), Severity.NOTE, source)
    assert Report((), ()).fails(warned) and not Report((), ()).fails(noted)
    assert not Report((), (), fail_on=Severity.ERROR).fails(warned)
    assert not Report((), (), fail_on=None).fails(warned)
    junit = ElementTree.fromstring(formats.write("junit", Report((warned, noted), ("d",))))
    assert (junit.get("tests"), junit.get("failures")) == ("2", "1")


def test_the_reference_names_every_format_and_field() -> None:
    text = (Path(__file__).parents[4] / "bakegen/docs/reference/lint-formats.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| (?!list|text|number|object)", text, re.MULTILINE)) == set(formats.names())
    fields = set(re.findall(r"[`.](\w+)`", text))

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for one in value.values() for key in keys(one)}
        return {key for one in value for key in keys(one)} if isinstance(value, list) else set()

    assert keys(json.loads(formats.write("json", awkward()))) <= fields
