"""Records of steps, and why steps ran that a report tells of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bakegen.cli.main import run
from bakegen.explaining.compare import compare
from bakegen.explaining.misses import BEHIND, NOT_IN_CACHE, OTHER_FILES, Reported, misses, reported
from bakegen.explaining.record import read_record, record_text
from tests.unit.explaining.sides import project, side

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = """\
FROM debian:12 AS build
ARG TOKEN
COPY main.c ./
RUN make
FROM debian:12
COPY --link --from=build /out /app
RUN check
"""
OLD = project(DOCKERFILE, "args: {TOKEN: first-secret}\n", main__c="1")
NEW = project(DOCKERFILE, "args: {TOKEN: second-secret}\n", main__c="1")


def told(*cached: bool) -> list[Reported]:
    names = ("COPY main.c ./", "RUN make", "COPY --link --from=build /out /app", "RUN check")
    stages = ("build", "build", "stage-1", "stage-1")
    return [Reported(stage, name, one, 1.5) for stage, name, one in zip(stages, names, cached, strict=True)]


def test_a_record_tells_what_was_recorded() -> None:
    before, after = side(OLD), side(NEW)
    text = record_text(after)
    assert "secret" not in text
    again = read_record(text)
    assert again.strict == after.strict and again.loose == after.loose and again.states == after.states
    expected = compare(before, after, ["app"])[0]
    found = compare(read_record(record_text(before)), again, ["app"])[0]
    assert [(one.verdict, one.causes) for one in found.steps] == [(one.verdict, one.causes) for one in expected.steps]
    places = [one.step.location for one in found.steps]
    assert [place.source.position(place.span.start)[0] for place in places] == [3, 4, 6, 7]
    assert record_text(again) == text


def test_why_steps_ran() -> None:
    found = list(misses(side(OLD), side(NEW), "app", told(True, False, False, False)))
    assert [(one.place, one.why, one.first) for one in found] == [
        ("images/app/Dockerfile:4", "argument TOKEN changed", True),
        ("images/app/Dockerfile:6", f"stage build runs again: {OTHER_FILES}", True),
        ("images/app/Dockerfile:7", BEHIND, False),
    ]
    assert [one.why for one in misses(side(OLD), side(OLD), "app", told(True, True, True, False))] == [NOT_IN_CACHE]
    assert list(misses(side(OLD), side(NEW), "app", told(True, True, True, True))) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"schema_version": 99}',
        '{"schema_version": 1, "targets": [{"name": "app"}], "files": {}}',
    ],
)
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"it is (a|no) record"):
        read_record(text)


def test_of_a_report_one_target_is_read() -> None:
    text = json.dumps({"targets": [{"name": "app", "steps": [{"name": "RUN x", "cached": True, "seconds": 0}]}]})
    assert reported(text, "app") == (Reported("", "RUN x", True, 0),)
    assert reported(text, "other") is None
    with pytest.raises(ValueError, match="no report"):
        reported("[]", "app")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = {"name": "RUN make", "stage": "build", "cached": False, "seconds": 12}
    report = {"targets": [{"name": "app", "steps": [step]}]}
    for name, text in (("a", record_text(side(OLD))), ("b", record_text(side(NEW))), ("r", json.dumps(report))):
        (tmp_path / name).write_text(text)
    files = [f"--before={tmp_path}/a", f"--after={tmp_path}/b", f"--report={tmp_path}/r"]
    assert run(["why", "app", *files]) == 0
    out, err = capsys.readouterr()
    assert "images/app/Dockerfile:4 RUN make  argument TOKEN changed  12.0 s" in out
    assert err == "app: 1 of 1 steps ran; the first at images/app/Dockerfile:4: argument TOKEN changed\n"
    assert "secret" not in out
    for arguments, said in (
        (["other", *files], "there is no target 'other' in"),
        (["app", *files[:2], "--report=nowhere"], "nowhere: No such file or directory"),
        (["app", f"--before={tmp_path}/r", *files[1:]], "it is no record of the steps of a build"),
    ):
        assert run(["why", *arguments]) == 2
        assert said in capsys.readouterr().err
