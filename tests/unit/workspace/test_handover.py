"""Files that a build hands on: whole, appended to, and none keeps another from being written."""

from __future__ import annotations

import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bakegen.building.events import event_line
from bakegen.building.model import Event, Happening, Outcome, Status
from bakegen.building.outputs import github_output, gitlab_dotenv
from bakegen.building.report import report_text
from bakegen.building.step_summary import SUMMARY_LIMIT, github_summary
from bakegen.diagnostics import Severity
from bakegen.errors import InputError
from bakegen.workspace.handover import EventLog, Places, hand_over, places, write_report
from tests.unit.building.reports import digest, events, example


def test_the_places_of_a_job(tmp_path: Path) -> None:
    environ = {"GITHUB_OUTPUT": "/run/output", "GITHUB_STEP_SUMMARY": ""}
    found = places(environ, tmp_path / "r.json", None)
    assert (found.report, found.dotenv) == (tmp_path / "r.json", None)
    assert (found.github_output, found.github_summary) == (Path("/run/output"), None)
    mask = os.umask(0o77)
    try:
        assert places({}, None, None).umask == 0o77
    finally:
        os.umask(mask)


def test_everything_is_handed_on(tmp_path: Path) -> None:
    where = Places(tmp_path / "new/r.json", tmp_path / "new/d.env", tmp_path / "out", tmp_path / "sum")
    assert hand_over(example(), where) == ()
    assert (tmp_path / "new/r.json").read_text("utf-8") == report_text(example())
    assert (tmp_path / "new/d.env").read_text("utf-8") == gitlab_dotenv(example())
    assert (tmp_path / "out").read_text("utf-8") == github_output(example())
    assert (tmp_path / "sum").read_text("utf-8") == github_summary(example())


def test_nothing_is_written_that_was_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert hand_over(example(), Places()) == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("there", "begin"), [("a=1\n", "a=1\n"), ("a=1", "a=1\n"), ("", "")])
def test_outputs_of_others_stay(tmp_path: Path, there: str, begin: str) -> None:
    out = tmp_path / "out"
    out.write_text(there, "utf-8")
    assert hand_over(example(), Places(github_output=out)) == ()
    assert out.read_text("utf-8") == begin + github_output(example())


def test_the_summary_leaves_room_for_what_is_there(tmp_path: Path) -> None:
    page = tmp_path / "summary"
    page.write_text("x" * (SUMMARY_LIMIT - 700) + "\n", "utf-8")
    assert hand_over(example(), Places(github_summary=page)) == ()
    assert SUMMARY_LIMIT - 699 < page.stat().st_size <= SUMMARY_LIMIT
    assert "more targets" in page.read_text("utf-8")


def test_a_place_that_cannot_be_written_keeps_no_other_from_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    found = hand_over(example(), Places(file / "r", tmp_path, file / "o", tmp_path / "summary"))
    assert [one.severity for one in found] == [Severity.ERROR] * 3
    assert all("cannot write" in one.message and str(tmp_path) in one.message for one in found)
    assert (tmp_path / "summary").read_text("utf-8") == github_summary(example())


def test_a_name_that_is_no_path(tmp_path: Path) -> None:
    (found,) = hand_over(example(), Places(github_output=tmp_path / "a\0b"))
    assert found.severity is Severity.ERROR


def test_gitlab_takes_only_so_much(tmp_path: Path) -> None:
    many = tuple(Outcome(f"target-{n}", Status.BUILT, digest=digest("a")) for n in range(60))
    (found,) = hand_over(replace(example(), outcomes=many), Places(dotenv=tmp_path / "d.env"))
    assert (found.severity, found.code) == (Severity.WARNING, "dotenv-too-large")
    assert len((tmp_path / "d.env").read_text("utf-8").splitlines()) == 60


def test_the_report_is_whole_while_the_build_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_report(replace(example(), outcomes=(), finished=False), path, 0o27)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    over = threading.Event()

    def read() -> set[bool]:
        seen = set()
        while not over.is_set():
            seen.add(json.loads(path.read_text("utf-8"))["finished"])
        return seen

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        for count in range(40):
            write_report(replace(example(), seconds=float(count), finished=count % 2 == 0), path, 0o27)
        over.set()
        assert reader.result() <= {True, False}
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]


def test_each_event_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_text("cut off", "utf-8")
    expected = "cut off\n"
    with EventLog(path) as log:
        for event in events():
            log.write(event)
            expected += event_line(event)
            assert path.read_text("utf-8") == expected
    log.write(events()[0])
    assert log.close() == ()
    assert path.read_text("utf-8") == expected


def test_threads_share_a_log(tmp_path: Path) -> None:
    def write(thread: int) -> None:
        for number in range(50):
            log.write(Event(Happening.STEP, 0.0, f"t{thread}", {"n": number, "log": "x" * 5000}))

    with EventLog(tmp_path / "events") as log, ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    found = [json.loads(line) for line in (tmp_path / "events").read_text("utf-8").splitlines()]
    assert len(found) == 200
    for thread in range(4):
        mine = [one["facts"]["n"] for one in found if one["target"] == f"t{thread}"]
        assert mine == list(range(50))


def test_a_named_pipe_is_a_log_and_a_reader_may_go(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(lambda: pipe.open("rb"))
        log = EventLog(pipe)
        stream = reader.result()
    with stream:
        log.write(events()[0])
        assert stream.readline().decode() == event_line(events()[0])
    log.write(events()[1])
    log.write(events()[2])
    (problem,) = log.close()
    assert (problem.severity, "broken pipe" in problem.message) == (Severity.ERROR, True)
    assert log.close() == (problem,)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_told_once(tmp_path: Path) -> None:
    log = EventLog(Path("/dev/full"))
    for event in events():
        log.write(event)
    (problem,) = log.close()
    assert "no space" in problem.message
    (problem,) = hand_over(example(), Places(github_output=Path("/dev/full")))
    assert "no space" in problem.message


def test_a_log_that_cannot_be_opened_is_told_before_the_build(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        EventLog(tmp_path)
    with pytest.raises(InputError, match="cannot write"):
        EventLog(tmp_path / "missing" / "events")
