"""Runs one ``docker buildx`` command, tells its steps as they begin, and keeps the end of what it says.

It has a process group of its own, which ends with the command that it serves: on errors, interrupts, time-outs.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections import deque
from typing import TYPE_CHECKING

from bakegen.errors import EngineError
from bakegen.workspace.engine import buildx_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

_TAIL = 30
_LONGEST_LINE = 2000
_PATIENCE = 10.0
_STEP = re.compile(r"#(\d+) (\[(?!internal\]).*)")


class BuildFailed(EngineError):
    """A build failed; the message holds the end of what it said."""


def solve(
    arguments: Sequence[str],
    *,
    what: str,
    cwd: Path | None = None,
    timeout: float,
    step: Callable[[str], None],
) -> None:
    """Runs ``docker buildx ARGUMENTS``.

    Args:
        arguments: of buildx, with ``--progress=plain``.
        what: what is built, for messages: ``original``.
        cwd: where it runs.
        timeout: seconds, for all of it.
        step: told each step of the build as it begins (``[2/5] RUN make``).

    Raises:
        BuildFailed: the build failed.
        EngineError: there is no docker, or it took too long.
    """
    # Bake would ask, where there is a terminal, about files outside of the working directory.
    environ = {**os.environ, "BUILDX_BAKE_ENTITLEMENTS_FS": "0"}
    process: subprocess.Popen[bytes] | None = None
    listener: threading.Thread | None = None
    said: deque[str] = deque(maxlen=_TAIL)
    try:
        with _signals_wait():
            process = subprocess.Popen(
                [*buildx_command(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=environ,
                start_new_session=True,
            )
            assert process.stderr is not None
            listener = threading.Thread(target=_listen, args=(process.stderr, said, step), daemon=True)
            listener.start()
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise EngineError(f"{what}: not built within {timeout:g} seconds:\n" + "\n".join(said)) from None
    except OSError as problem:
        raise EngineError(f"docker could not be run: {problem}") from None
    finally:
        if process is not None:
            _end(process)
        if listener is not None:
            listener.join(_PATIENCE)
    if code != 0:
        raise BuildFailed(f"{what}: the build failed:\n" + "\n".join(said))


def _listen(stream: IO[bytes], said: deque[str], step: Callable[[str], None]) -> None:
    """Reads the build's progress: its end is kept, the beginning of each step told."""
    seen: set[str] = set()
    with stream, contextlib.suppress(OSError):  # nobody may be listening to `step` any more
        for raw in iter(lambda: stream.readline(_LONGEST_LINE), b""):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if line:
                said.append(line)
            found = _STEP.fullmatch(line)
            if found is not None and found[1] not in seen:
                seen.add(found[1])
                step(found[2])


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Holds signals back until a process that is being started has a name, so that none is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: caught.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in caught:
            signal.raise_signal(late)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the build: asked first, so that the engine stops too, then by force."""
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, number)
            else:
                process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
