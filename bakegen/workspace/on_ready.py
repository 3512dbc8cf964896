"""Runs the commands of ``--on-ready`` and ``--on-cache-ready``, beside the build and without holding it up."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.outputs import cache_environment, ready_environment
from bakegen.diagnostics import warning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from typing import IO

    from bakegen.building.model import CacheWritten, Outcome
    from bakegen.diagnostics import Diagnostic

AT_ONCE = 4
TIME_LIMIT = 600.0

_LONGEST_LINE = 2000
_PATIENCE = 5.0  # seconds to end in after being asked
_LAST_WORDS = 1.0  # seconds to wait for output after the command's end: something that it left may hold the pipe


class OnReady:
    """The commands of one build; use it in a ``with``, which ends what still runs when the build is interrupted.

    ::

        with OnReady(command, say) as on_ready:
            …
            on_ready.start(outcome)     # as soon as a target can be pulled
            …
            problems = on_ready.finish()  # any makes the exit code 1
    """

    def __init__(
        self,
        command: str,
        say: Callable[[str], None],
        *,
        option: str = "--on-ready",
        time_limit: float = TIME_LIMIT,
        at_once: int = AT_ONCE,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Keeps what is run.

        Args:
            command: a line for the shell, as the user gave it.
            say: gets each line that commands print, the target's name in front, and each failure; from other threads.
            option: the option that the user gave it with.
            time_limit: seconds, for each command.
            at_once: how many run at the same time; the others wait.
            environ: the environment that the facts are added to.
        """
        self._command = command
        self._option = option
        self._say = say
        self._time_limit = time_limit
        self._environ = dict(environ)
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="on-ready")
        self._runs: list[Future[Diagnostic | None]] = []
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def start(self, outcome: Outcome, cache: CacheWritten | None = None) -> None:
        """Has the command run for a target that can be pulled, or for a cache of it; comes back at once.

        The environment holds what `READY_VARIABLES` and, for a cache, `CACHE_VARIABLES` of `bakegen.building.outputs`
        name.
        """
        environ = self._environ | ready_environment(outcome)
        if cache is not None:
            environ |= cache_environment(cache)
        with contextlib.suppress(RuntimeError):  # stopped already
            self._runs.append(self._pool.submit(self._run, clean_line(outcome.target), environ))

    def finish(self) -> tuple[Diagnostic, ...]:
        """Waits for all commands; returns a warning for each that failed or took too long, which was said already."""
        problems: list[Diagnostic] = []
        for run in self._runs:
            with contextlib.suppress(CancelledError):  # stopped before it began
                problem = run.result()
                problems += [problem] if problem is not None else []
        return tuple(problems)

    def stop(self) -> None:
        """Ends all commands with their process groups and begins no more. Calling it twice does no harm."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        _end(running)
        self._pool.shutdown(cancel_futures=True)

    def _run(self, name: str, environ: Mapping[str, str]) -> Diagnostic | None:
        failure = self._failure(name, environ)
        if failure is None:
            return None
        self._tell(f"{name} | {self._option}: {failure}")
        return warning("on-ready-failed", f"the command of {self._option} for {name}: {failure}")

    def _failure(self, name: str, environ: Mapping[str, str]) -> str | None:
        """Runs the command; what went wrong, None where it went well or the build was interrupted."""
        try:
            process = self._begin(environ)
        except (OSError, ValueError) as problem:
            return f"could not be run: {problem}"
        if process is None:
            return None
        assert process.stdout is not None
        reader = threading.Thread(target=self._hand_on, args=(name, process.stdout), daemon=True)
        reader.start()
        try:
            code = process.wait(self._time_limit)
        except subprocess.TimeoutExpired:
            _end([process])
            return f"ended after {self._time_limit:g} seconds"
        finally:
            reader.join(_LAST_WORDS)
            if reader.is_alive():
                _signal(process, _KILL)
                reader.join(_LAST_WORDS)
            with self._lock:
                self._running.discard(process)
                stopped = self._stopped
        if code == 0 or stopped:
            return None
        return f"exit code {code}" if code > 0 else f"ended by signal {-code}"

    def _begin(self, environ: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
        """Starts the command unless the build was stopped; whoever stops sees all that were started."""
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(
                self._command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
            )
            self._running.add(process)
            return process

    def _hand_on(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for raw in iter(lambda: stream.readline(_LONGEST_LINE), b""):
                self._tell(f"{name} | {clean_line(raw.decode('utf-8', 'replace').rstrip())}")

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # nobody may be listening any more; the command goes on all the same
            self._say(line)

    def __enter__(self) -> OnReady:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ends process groups: asked first, all at once, then by force, even where somebody loses patience with us."""
    try:
        for process in processes:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
    finally:
        for process in processes:
            _signal(process, _KILL)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.terminate()
