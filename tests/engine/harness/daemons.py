"""Starts a daemon in a session of its own, waits for it with a bound, and ends it by its pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.harness.commands import run
from tests.engine.harness.errors import HarnessError, log_tail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

START_SECONDS = 60.0
STOP_SECONDS = 30.0
REMOVE_SECONDS = 300.0


@dataclass(slots=True)
class Daemon:
    """A background process with its log; `stop` is safe to call twice."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls,
        args: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        ready: Callable[[], bool],
        outlive: bool = False,
    ) -> Daemon:
        """Starts `args` and returns when `ready()` says yes.

        Unless `outlive`, the kernel ends it when this process dies, however that happens (parent-death signal).
        Errors: `HarnessError` with the log's tail where it ends early or is not ready in time.
        """
        setpriv = shutil.which("setpriv")
        bound = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv and not outlive else []
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*bound, *args],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        daemon = cls(process, log)
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None:
                raise HarnessError(f"{args[0]} ended with {process.returncode}\n{log_tail(log)}")
            if time.monotonic() > deadline:
                daemon.stop()
                raise HarnessError(f"{args[0]} was not ready after {START_SECONDS:.0f} s\n{log_tail(log)}")
            time.sleep(0.05)
        return daemon

    @property
    def pid(self) -> int:
        """The daemon's own process id (setpriv replaces itself with the program)."""
        return self.process.pid

    def stop(self) -> None:
        """Asks it to end, waits, and kills it only when it does not."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)


def stop_pid(pid: int, belongs_to: Path) -> None:
    """Ends a daemon of an earlier run, after a look at its command line: pids are used again."""
    if not _mentions(pid, belongs_to):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _mentions(pid, belongs_to):
                return
            time.sleep(0.05)


def _mentions(pid: int, folder: Path) -> bool:
    try:
        return os.fsencode(str(folder)) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def free_port() -> int:
    """A loopback port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def remove_tree(folder: Path) -> None:
    """Removes a daemon's folder after unmounting what it left mounted below it."""
    if not folder.exists():
        return
    table = Path("/proc/self/mountinfo")
    mounts = table.read_text().splitlines() if table.exists() else []
    inside = [point for line in mounts if (point := line.split()[4]).startswith(f"{folder}/")]
    for point in sorted(inside, key=len, reverse=True):
        run(["umount", "-l", point], check=False)
    with contextlib.suppress(HarnessError):  # what a slow disk leaves after that time, the next run removes
        run(["rm", "-rf", "--one-file-system", "--", str(folder)], check=False, timeout=REMOVE_SECONDS)
