"""The report of a build: what people and programs read, its schema, its page; no text breaks it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
from hypothesis import given

from bakegen.building.events import event_line
from bakegen.building.model import Happening
from bakegen.building.outputs import github_output, gitlab_dotenv
from bakegen.building.report import FIELDS, Report, report_text
from bakegen.building.report_reference import EVENTS, reference_text, schema_text
from bakegen.building.step_summary import github_summary
from tests.unit.building.reports import events, example, reports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.report import ReportField
    from tests.golden_files import Golden

PACKAGE = Path(__file__).parents[3] / "bakegen"
SCHEMA = json.loads(schema_text())
VALIDATOR: Any = jsonschema.Draft202012Validator(SCHEMA)


def test_what_a_build_hands_on(golden: Golden) -> None:
    made = {
        "report.json": report_text(example()),
        "events.jsonl": "".join(map(event_line, events())),
        "github-output.txt": github_output(example()),
        "step-summary.md": github_summary(example()),
        "gitlab.env": gitlab_dotenv(example()),
    }
    golden.check("build-report", made)
    for name, text in made.items():
        assert ("secret" in text) is False, name


def test_the_committed_schema_is_current() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert (PACKAGE / "schema/report.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_committed_reference_is_current() -> None:
    page = (PACKAGE / "docs/reference/build-report.md").read_text(encoding="utf-8")
    assert page == reference_text()
    assert set(EVENTS) == set(Happening)


@given(reports())
def test_no_text_breaks_the_report(report: Report) -> None:
    text = report_text(report)
    assert text.isascii() and text.endswith("}\n")
    found = json.loads(text)
    assert [error.message for error in VALIDATOR.iter_errors(found)] == []
    assert list(found) == list(names(FIELDS))
    no_odd_text(found)
    assert len(found["targets"]) == found["totals"]["targets"] == len(report.outcomes)
    shuffled = replace(report, outcomes=report.outcomes[::-1])
    assert report_text(shuffled) == text


def names(fields: Iterable[ReportField]) -> Iterable[str]:
    return (field.name for field in fields)


def no_odd_text(value: object) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            no_odd_text(key)
            no_odd_text(one)
    elif isinstance(value, list):
        for one in value:
            no_odd_text(one)
    elif isinstance(value, str):
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", value)
        value.encode()


def test_each_field_has_words() -> None:
    def check(fields: Iterable[ReportField]) -> None:
        for field in fields:
            assert field.description and not field.description.endswith(".")
            check(field.fields)

    check(FIELDS)


def test_unknown_is_null() -> None:
    empty = json.loads(report_text(replace(example(), outcomes=example().outcomes[-1:])))["targets"][0]
    assert (empty["digest"], empty["key"], empty["ready"], empty["references"]) == (None, None, None, [])
