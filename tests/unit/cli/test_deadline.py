"""`--timeout`: what ends a command when its time is over."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import click
import pytest

from bakegen.cli.deadline import Deadline, TimedOut, duration
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@pytest.fixture(autouse=True)
def terminated() -> Iterator[None]:
    """SIGTERM raises SystemExit, as in every command."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(ExitCode.TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    yield
    signal.signal(signal.SIGTERM, before)


def test_what_takes_too_long_is_ended() -> None:
    started = time.monotonic()
    deadline = Deadline(1)
    with pytest.raises(TimedOut, match=r"not done within 1\.0 s \(--timeout\): the build was ended") as ended, deadline:
        threading.Event().wait(30)
    assert ended.value.exit_code == 124
    assert deadline.passed
    assert time.monotonic() - started < 20


def test_what_is_over_is_not_ended() -> None:
    with Deadline(1) as deadline:
        deadline.stop()
        time.sleep(1.3)
    with Deadline(None):
        pass
    assert not deadline.passed


def test_a_signal_is_no_time_out() -> None:
    with pytest.raises(SystemExit) as ended, Deadline(60):
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 143


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("0", 0), ("0s", 0)])
def test_durations(text: str, seconds: int) -> None:
    assert duration(None, None, text) == seconds


@pytest.mark.parametrize("text", ["", "10", "-1s", "1d", "s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no duration: write 90s, 10m or 1h30m"):
        duration(None, None, text)
