"""Standard streams that may be closed, full or go away: what is said is lost then, what is done is not."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO


def hold_open() -> None:
    """Puts the null device where a standard stream is closed: the next file would get its number, and what is said."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115, until the process ends


def put(stream: TextIO, text: str) -> None:
    """Writes, with what the stream cannot encode escaped.

    Who reads standard output may have enough before all is said: then the rest is dropped, as if it were read.

    Raises:
        OSError: standard output cannot be written for another reason, such as a full disk.
    """
    encoding = stream.encoding or "utf-8"
    _guarded(stream, lambda: stream.write(text.encode(encoding, "backslashreplace").decode(encoding)))


def flush() -> None:
    """Writes what standard output still holds back. Raises as `put`."""
    _guarded(sys.stdout, lambda: sys.stdout.flush())


def _guarded(stream: TextIO, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as problem:
        _let_go(stream)
        if stream is sys.stdout and not isinstance(problem, BrokenPipeError):
            raise OSError(problem.errno, problem.strerror or str(problem), "standard output") from None


def _let_go(stream: TextIO) -> None:
    """From now on it goes nowhere: what is in its buffer, too, which Python would try to write at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
