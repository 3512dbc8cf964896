"""SARIF: the parts of its schema that we use, places that exist, fixes that can be applied, URIs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given

from bakegen.rules.formats.sarif import uri, write
from bakegen.rules.report import Report
from tests.unit.rules.formats.reports import awkward, reports

if TYPE_CHECKING:
    from bakegen.text import Source


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _list(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_BAG = {"type": "object"}
_MESSAGE = _object("text", text=_TEXT, markdown=_TEXT)
_FILE = _object("uri", uri={"type": "string", "pattern": r"^[A-Za-z0-9%/._~:-]*$"}, uriBaseId=_TEXT)
_REGION = _object("startLine startColumn", startLine=_COUNT, startColumn=_COUNT, endLine=_COUNT, endColumn=_COUNT)
_PLACE = _object("artifactLocation", artifactLocation=_FILE, region=_REGION)
_LOCATION = _object("physicalLocation", id={"type": "integer", "minimum": 0}, physicalLocation=_PLACE, message=_MESSAGE)
_REPLACEMENT = _object("deletedRegion", deletedRegion=_REGION, insertedContent=_object("text", text=_TEXT))
_CHANGE = _object("artifactLocation replacements", artifactLocation=_FILE, replacements=_list(_REPLACEMENT, minItems=1))
_RULE = _object(
    "id name shortDescription help",
    id=_TEXT,
    name={"type": "string", "pattern": "^([A-Z][a-z0-9]*)+$"},
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    helpUri={"type": "string", "pattern": "^https://"},
    defaultConfiguration=_object("", enabled={"type": "boolean"}, level=_LEVEL),
    properties=_BAG,
)
_RESULT = _object(
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION, minItems=1, maxItems=1),
    relatedLocations=_list(_LOCATION, uniqueItems=True),
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    fixes=_list(_object("artifactChanges", description=_MESSAGE, artifactChanges=_list(_CHANGE), properties=_BAG)),
)
_NOTIFICATION = _object("message", level=_LEVEL, message=_MESSAGE, locations=_list(_LOCATION))
_DRIVER = _object("name", name=_TEXT, version=_TEXT, semanticVersion=_TEXT, rules=_list(_RULE, uniqueItems=True))
_RUN = _object(
    "tool results",
    tool=_object("driver", driver=_DRIVER),
    columnKind={"const": "unicodeCodePoints"},
    artifacts=_list(_object("", location=_FILE), uniqueItems=True),
    results=_list(_RESULT),
    invocations=_list(
        _object(
            "executionSuccessful",
            executionSuccessful={"type": "boolean"},
            toolExecutionNotifications=_list(_NOTIFICATION),
        )
    ),
)
SCHEMA = _object("version runs", **{"$schema": _TEXT, "version": {"const": "2.1.0"}, "runs": _list(_RUN)})
"""The part of the official schema that our documents use, stricter where we promise more."""


def validated(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(write(report))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


@given(reports())
def test_any_report_is_valid(report: Report) -> None:
    run = validated(report)
    for result, found in zip(report.results, run["results"], strict=True):
        assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"] == result.rule.code
        region = found["locations"][0]["physicalLocation"]["region"]
        last = result.source.text.removesuffix("\n").count("\n") + 1
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert region["endLine"] <= last


def test_fixes_are_the_edits() -> None:
    report = awkward()
    run = validated(report)
    for result, found in zip(report.results, run["results"], strict=True):
        fix = result.finding.fix
        if fix is None or "\udcff" in fix.edits[0].text:
            assert "fixes" not in found
            continue
        (change,) = found["fixes"][0]["artifactChanges"]
        for edit, replacement in zip(fix.edits, change["replacements"], strict=True):
            region = replacement["deletedRegion"]
            assert _offset(result.source, region["startLine"], region["startColumn"]) == edit.span.start
            assert _offset(result.source, region["endLine"], region["endColumn"]) == edit.span.end
            assert replacement["insertedContent"]["text"] == edit.text


def _offset(source: Source, line: int, column: int) -> int:
    return source.offset(line) + column - 1


def test_files_that_could_not_be_read_make_the_run_unsuccessful() -> None:
    run = validated(awkward())
    assert run["invocations"][0]["executionSuccessful"] is False
    assert validated(Report((), ("Dockerfile",)))["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("a/Dockerfile", "a/Dockerfile"),
        ("./a b/100%", "a%20b/100%25"),
        (".//a", "a"),
        ("/srv/Dockerfile", "file:///srv/Dockerfile"),
        ("c:d", "c%3Ad"),
        ("ä\udcff", "%C3%A4%FF"),
        ("../Dockerfile", "../Dockerfile"),
    ],
)
def test_paths_are_uris(path: str, written: str) -> None:
    assert uri(path) == written
    if not written.startswith("file:"):
        assert unquote_to_bytes(written) == path.removeprefix("./").lstrip("/").encode("utf-8", "surrogateescape")
