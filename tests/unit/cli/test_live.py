"""What a running build looks like: on a terminal, as lines, as JSON; and the summary of one that is over."""

from __future__ import annotations

import io
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bakegen.building.events import event_line
from bakegen.building.model import Action, CacheWritten, Event, Happening, Outcome, Status, StepTime
from bakegen.cli import live_lines, live_table
from bakegen.cli.live import Display, ProgressKind, open_display, summary
from bakegen.diagnostics import columns
from tests.unit.building.recorded import read
from tests.unit.cli.screen import screen

if TYPE_CHECKING:
    from collections.abc import Iterable


class Stream(io.StringIO):
    """A stream that may be a terminal."""

    encoding = "utf-8"

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    for module in (live_lines, live_table):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return clock


def play(display: Display, events: Iterable[Event], clock: Time) -> None:
    """Tells a display the events at their times."""
    began = clock.now
    for event in events:
        clock.now = began + event.at
        display.event(event)
    clock.now += 0.2
    display.tick()


def decided(*targets: str, action: Action = Action.BUILD) -> list[Event]:
    return [Event(Happening.DECIDED, 0, target, {"decision": str(action)}) for target in targets]


def plain(clock: Time, *events: Event) -> list[str]:
    stream = Stream()
    play(open_display(ProgressKind.AUTO, stream), events, clock)
    return stream.getvalue().splitlines()


def test_plain_lines_of_a_bake(clock: Time) -> None:
    _, events = read("cold", "app", "tool", "child")
    done = Event(Happening.DONE, 20, "tool", {"status": "built"})
    lines = plain(clock, *events, done)
    image = "sha256:[0-9a-f]{64}"
    assert next(line for line in lines if " tool: " in line) == "[   0.3s] tool: started"
    assert re.fullmatch(rf"\[   7\.0s\] tool: ready as registry\.example\.com/tool:main@{image}", lines[3])
    assert lines[-1] == "[  20.0s] tool: done in 6.8s, 2 steps, 0 cached"
    assert len([line for line in lines if " app: ready" in line]) == 1
    assert not any("\x1b" in line for line in lines)


def test_plain_lines_of_a_failure(clock: Time) -> None:
    _, events = read("failing", "slow", "bad")
    ends = [Event(Happening.DONE, 9, "bad", {"status": "failed"}), Event(Happening.DONE, 9, "slow")]
    lines = plain(clock, *events, *ends)
    place = next(i for i, line in enumerate(lines) if " bad: failed at RUN for i in" in line)
    assert lines[place].endswith(": exit code: 7")
    assert lines[place + 1 : place + 21] == [f"          | line {number}" for number in range(11, 31)]
    assert lines[place + 21 :] == ["[   9.0s] slow: done in 3.5s, 1 step, 0 cached"]


def test_a_line_now_and_then_tells_that_it_lives(clock: Time) -> None:
    stream = Stream()
    display = open_display(ProgressKind.PLAIN, stream)
    play(display, [*decided("a", "b"), Event(Happening.STARTED, 1, "a")], clock)
    for _ in range(700):
        clock.now += 0.1
        display.tick()
    assert stream.getvalue().splitlines()[1:] == [
        "[  30.1s] 1 building, 1 waiting; a 0/0",
        "[ 1m 00s] 1 building, 1 waiting; a 0/0",
    ]


def test_what_comes_from_outside_moves_no_cursor_and_speaks_to_no_ci(clock: Time) -> None:
    name = "a\x1b[2J\n::error::x"
    facts = {"step": "RUN \x1b[1m", "error": "https://me:secret@example.com\n::x", "log": "::add-mask::x\n\x1b[3J##[x]"}
    for kind in (ProgressKind.PLAIN, ProgressKind.TTY, ProgressKind.JSON):
        stream = Stream()
        display = open_display(kind, stream)
        play(display, [Event(Happening.STARTED, 0, name), Event(Happening.FAILED, 1, name, facts)], clock)
        display.close()
        written = stream.getvalue()
        assert "secret" not in written
        assert not re.search(r"^\s*::|\x1b\[[23]J|\x1b\[1m|##\[", written, re.MULTILINE)
    outcome = Outcome(name, Status.FAILED, error="https://me:secret@example.com\n::x", digest="\x1b[2J")
    assert not re.search(r"\x1b|secret|^::", summary([outcome], 1), re.MULTILINE)


def test_json_lines_are_the_events(clock: Time) -> None:
    _, events = read("failing", "slow", "bad")
    stream = Stream(terminal=True)
    play(open_display(ProgressKind.JSON, stream), events, clock)
    assert stream.getvalue() == "".join(map(event_line, events))
    assert all(json.loads(line) for line in stream.getvalue().splitlines())


def test_a_table_is_drawn_over_itself(clock: Time) -> None:
    _, events = read("cold", "app", "tool", "child")
    stream = Stream(terminal=True)
    display = open_display(ProgressKind.AUTO, stream)
    stream.write("before\n")
    play(display, [*decided("app", "tool", "child", "last"), *decided("old", action=Action.SKIP), *events], clock)
    lines, cursor = screen(stream.getvalue())
    assert not cursor
    assert lines[:2] == ["before", "TARGET  STATE       STEP  CACHED     TIME"]
    assert lines[2:] == [
        "child   ready        4/4       0     7.3s  registry.example.com/child:main",
        "app     ready        3/3       0     8.8s  registry.example.com/app:main",
        "tool    ready        2/2       0     6.8s  registry.example.com/tool:main",
        "last    waiting",
        "old     skipped",
        "9s  3 ready, 1 waiting, 1 skipped",
        "",
    ]
    display.close()
    display.close()
    assert screen(stream.getvalue()) == (["before", ""], True)
    display.event(events[0])
    assert screen(stream.getvalue()) == (["before", ""], True)


def test_a_failure_stays_above_the_table(clock: Time) -> None:
    _, events = read("failing", "slow", "bad")
    stream = Stream(terminal=True)
    display = open_display(ProgressKind.AUTO, stream)
    play(display, [*decided("slow", "bad"), *events], clock)
    lines = screen(stream.getvalue())[0]
    assert lines[0].startswith("bad: failed at RUN for i in")
    assert lines[20] == "          | line 30"
    assert [line.split()[:2] for line in lines[21:]] == [
        ["TARGET", "STATE"],
        ["bad", "failed"],
        ["slow", "waiting"],
        ["4s", "1"],
        [],
    ]
    display.close()
    assert len(screen(stream.getvalue())[0]) == 22


@pytest.mark.parametrize("kind", list(ProgressKind))
def test_what_others_say_tears_no_table(kind: ProgressKind, clock: Time) -> None:
    stream = Stream(terminal=True)
    display = open_display(kind, stream)
    play(display, decided("a"), clock)
    display.say("told\x1b[2J https://me:secret@example.com")
    display.close()
    display.say("late")
    lines = screen(stream.getvalue())[0]
    assert lines[-3:] == ["told\\x1b[2J https://***@example.com", "late", ""]
    assert not any("waiting" in line for line in lines)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (60, 12), (200, 60)])
def test_a_table_fits_its_terminal(size: tuple[int, int], clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_table, "_size", lambda stream: size)
    stream = Stream(terminal=True)
    names = [f"target-日本-{'x' * 30}-{number}" for number in range(50)]
    display = open_display(ProgressKind.AUTO, stream)
    play(display, [*decided(*names), *(Event(Happening.STARTED, 1, name) for name in names[40:])], clock)
    lines = screen(stream.getvalue())[0][:-1]
    assert len(lines) <= max(3, size[1] - 1)
    assert all(columns(line) < max(size[0], 1) for line in lines)
    if size[0] >= 60:
        assert lines[1].startswith("target-日")
        assert "…" not in lines[1].split()[0] if size[0] == 200 else "…" in lines[1].split()[0]
        assert "building" in lines[1]


def test_what_did_not_change_is_not_written_again(clock: Time) -> None:
    stream = Stream(terminal=True)
    display = open_display(ProgressKind.AUTO, stream)
    play(display, [*decided("other", "waits"), Event(Happening.STARTED, 0, "other")], clock)
    before = len(stream.getvalue())
    clock.now += 0.3
    display.tick()
    assert len(stream.getvalue()) == before
    clock.now += 1
    display.tick()
    assert "waits" not in stream.getvalue()[before:]
    assert "other" in stream.getvalue()[before:]


def test_colours_only_where_they_are_wanted(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> str:
        stream = Stream(terminal=True)
        play(open_display(ProgressKind.AUTO, stream), [Event(Happening.STARTED, 0, "a")], clock)
        return stream.getvalue()

    assert "\x1b[36mbuilding\x1b[0m" in written()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "m" not in re.findall(r"\x1b\[\d*(\w)", written())
    monkeypatch.setenv("TERM", "dumb")
    assert written() == "[   0.0s] a: started\n"


def test_a_target_that_is_tried_again_begins_anew(clock: Time) -> None:
    stream = Stream(terminal=True)
    display = open_display(ProgressKind.AUTO, stream)
    failed = Event(Happening.FAILED, 2, "a", {"step": "RUN x", "error": "429"})
    again = Event(Happening.RETRY, 3, "a", {"why": "too many requests"})
    play(display, [Event(Happening.STARTED, 1, "a"), failed, again], clock)
    assert screen(stream.getvalue())[0][-3].split() == ["a", "retrying", "2s"]
    play(display, [Event(Happening.STARTED, 4, "a")], clock)
    assert screen(stream.getvalue())[0][-3].split()[:2] == ["a", "building"]


def test_a_reader_that_went_away_stops_no_build(clock: Time) -> None:
    class Gone(Stream):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for kind in ProgressKind:
        display = open_display(kind, Gone(terminal=True))
        play(display, [Event(Happening.STARTED, 0, "a"), Event(Happening.FAILED, 1, "a")], clock)
        display.close()


def test_a_terminal_without_unicode(clock: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_table, "_size", lambda stream: (30, 10))
    stream = Stream(terminal=True)
    monkeypatch.setattr(Stream, "encoding", "ascii")
    play(open_display(ProgressKind.AUTO, stream), [Event(Happening.STARTED, 0, "x" * 40)], clock)
    assert re.search(r"^\S*xxxxx~xxxxxx  ", screen(stream.getvalue())[0][1])


def test_summary() -> None:
    steps = (StepTime("RUN a", True, 0), StepTime("RUN b", False, 70), StepTime("COPY c d", True, 0))
    digest = f"sha256:{'0123456789abcdef' * 4}"
    outcomes = [
        Outcome("bad", Status.FAILED, steps=steps[:1], seconds=3, error="RUN false: exit code: 1"),
        Outcome("app", Status.BUILT, digest=digest, steps=steps, seconds=71.4),
        Outcome("late", Status.NOT_BUILT, error="its parent bad failed"),
        Outcome("old", Status.SKIPPED, digest=digest),
    ]
    assert summary(outcomes, 75).splitlines() == [
        "TARGET  STATUS     RUN  CACHED  TIME    DIGEST",
        "app     built      1    2       1m 11s  sha256:0123456789ab",
        "old     skipped                         sha256:0123456789ab",
        "bad     failed     0    1       3.0s",
        "late    not built",
        "",
        "bad: failed: RUN false: exit code: 1",
        "late: not built: its parent bad failed",
        "",
        "1 built, 1 skipped, 1 failed, 1 not built in 1m 15s; 3 of 4 steps cached (75%)",
    ]


def test_a_summary_of_many_skipped_targets_is_short() -> None:
    outcomes = [Outcome(f"t{number}", Status.SKIPPED) for number in range(300)]
    assert summary(outcomes, 2).splitlines() == [
        "300 skipped in 2.0s",
        "skipped: t0, t1, t2, t3, t4, t5, t6, t7 and 292 more",
    ]
    merged = Outcome("app", Status.SKIPPED, caches=(CacheWritten("r/app:cache-app.main", "", 1.0, 2.0),))
    assert summary([merged, outcomes[0]], 2).endswith("2 skipped in 2.0s; caches of 1 skipped written\n")
    assert summary([], 0.04) == "nothing to build in 0.0s\n"
