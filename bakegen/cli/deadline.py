"""`--timeout`: ends a command after its time, in the way that a signal would."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from bakegen.errors import BakegenError, ExitCode

if TYPE_CHECKING:
    from types import TracebackType


class TimedOut(BakegenError):
    """A command was ended because its time was over."""

    exit_code = ExitCode.TIMED_OUT


def duration(ctx: click.Context | None, param: click.Parameter | None, value: str | None) -> int | None:
    """The seconds of an option such as ``90s``, ``10m`` or ``1h30m``; ``0`` is none at all.

    Raises:
        click.BadParameter: it is no duration.
    """
    from bakegen.definition.readers import as_seconds

    if value is None:
        return None
    seconds = 0 if value in ("0", "0s") else as_seconds(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is no duration: write 90s, 10m or 1h30m", ctx, param)
    return seconds


class Deadline:
    """A time after which the main thread gets SIGTERM: what ends a build then ends it when its time is over, too.

    Attributes:
        passed: whether that has happened.
    """

    def __init__(self, seconds: int | None) -> None:
        """Begins with how long it may take; None for any time."""
        self._seconds = seconds
        self.passed = False
        self._over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end) if seconds else None
        if self._timer is not None:
            self._timer.daemon = True

    @property
    def text(self) -> str:
        """What is said of a build that took longer."""
        from bakegen.building.step_summary import time_text

        return f"not done within {time_text(self._seconds or 0)} (--timeout)"

    def __enter__(self) -> Deadline:
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()
        if self.passed and isinstance(error, SystemExit):
            raise TimedOut(f"{self.text}: the build was ended") from None

    def stop(self) -> None:
        """From here on the time does not matter: there is nothing left to end."""
        with self._lock:
            self._over = True
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        with self._lock:
            if self._over:
                return
            self.passed = True
            if hasattr(signal, "pthread_kill"):
                # To the thread itself: only so is it woken where it waits for the network.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            else:
                signal.raise_signal(signal.SIGTERM)
