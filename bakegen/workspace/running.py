"""Runs one command to its end in a process group of its own, heard line by line: nothing of it outlives us.

The one place that starts builds: `solving` (verify, locks) and `baking` are thin over it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

from bakegen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import IO

_PATIENCE = 10.0
_BEAT = 0.05
_LONGEST_LINE = 1 << 24
_ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


class TookTooLong(EngineError):
    """A command did not end in its time, and was ended."""


def run_group(
    command: Sequence[str],
    listen: Callable[[str], None],
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float | None = None,
    patience: float = _PATIENCE,
) -> int:
    """Runs `command`, without standard input or output, and tells what it writes to standard error.

    It never waits for us: what `listen` has not taken yet is kept. On any exception, of signals or of `listen`, the
    process group gets SIGINT, so that the engine stops too, then SIGTERM, then SIGKILL; another signal that arrives
    meanwhile takes the next step at once.

    Args:
        command: program and arguments.
        listen: told each line, without its end, in this thread.
        cwd: where it runs.
        environ: its environment; ours without.
        timeout: seconds for all of it.
        patience: seconds between the steps by which it is ended.

    Returns:
        Its exit code.

    Raises:
        TookTooLong: it did not end in time.
        EngineError: it could not be started.
    """
    process: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = None
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        with _signals_wait():
            process = _started(command, cwd, environ)
            assert process.stderr is not None
            reader = threading.Thread(target=_read, args=(process.stderr, lines), daemon=True)
            reader.start()
        for line in _told(process, lines, deadline, patience):
            listen(line.decode("utf-8", "replace").rstrip("\r\n"))
        return process.wait()
    finally:
        if process is not None and process.poll() is None:
            _end(process, patience)
        if reader is not None:
            reader.join(_BEAT * 20)


def _started(command: Sequence[str], cwd: Path | None, environ: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environ,
            start_new_session=True,
        )
    except OSError as problem:
        raise EngineError(f"docker could not be run: {problem}") from None


def _read(stream: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    """Hands on what is written as fast as it comes, None at its end: a full pipe would hold up the build."""
    with stream:
        for line in iter(lambda: stream.readline(_LONGEST_LINE), b""):
            lines.put(line)
    lines.put(None)


def _told(
    process: subprocess.Popen[bytes],
    lines: queue.SimpleQueue[bytes | None],
    deadline: float | None,
    patience: float,
) -> Iterator[bytes]:
    """The lines until the command has ended: something that it left behind may hold the pipe open for ever."""
    ended: float | None = None
    while True:
        try:
            line = lines.get(timeout=_BEAT * 4)
        except queue.Empty:
            now = time.monotonic()
            if ended is None and process.poll() is not None:
                ended = now
            if ended is not None and now > ended + patience:
                return
        else:
            if line is None:
                return _wait_until(process, deadline)
            yield line
        if deadline is not None and ended is None and time.monotonic() > deadline:
            raise TookTooLong("it took too long")


def _wait_until(process: subprocess.Popen[bytes], deadline: float | None) -> None:
    while process.poll() is None:
        if deadline is not None and time.monotonic() > deadline:
            raise TookTooLong("it took too long")
        time.sleep(_BEAT)


@contextlib.contextmanager
def _signals_wait() -> Iterator[list[int]]:
    """Holds signals back and lists them: while a process is started, so that it has a name, and while it is ended."""
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = {
        number: signal.signal(number, lambda number, frame: caught.append(number))
        for number in _ENDING
        if signal.getsignal(number) not in (signal.SIG_IGN, None)
    }
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in caught:
            signal.raise_signal(late)


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ends the whole group: asked first, so that the engine stops too, then by force."""
    with _signals_wait() as caught:
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            _send(process, number)
            heard, until = len(caught), time.monotonic() + patience
            while process.poll() is None and len(caught) == heard and time.monotonic() < until:
                time.sleep(_BEAT)
            if process.poll() is not None:
                break
        # What docker itself has left behind; mostly there is no such group any more.
        _send(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _send(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()
