"""Runs a command to its end with a time limit, and says what happened when it fails."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.harness.errors import TAIL_LINES, HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended: its exit code and what it wrote."""

    args: tuple[str, ...]
    code: int
    stdout: str
    stderr: str


class CommandFailed(HarnessError):
    """A command ended with an exit code other than 0, which `check` forbids."""

    def __init__(self, completed: Completed) -> None:
        self.completed = completed
        tail = "\n".join((completed.stdout + completed.stderr).splitlines()[-TAIL_LINES:])
        super().__init__(f"`{shlex.join(completed.args)}` ended with {completed.code}\n{tail}")


class TookTooLong(HarnessError):
    """A command did not end in time, and was ended."""


def run(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float = 300.0,
    stdin: str | None = None,
) -> Completed:
    """Runs `args` with no terminal; errors: `CommandFailed` with `check`, `TookTooLong` after `timeout` seconds."""
    # A group of its own: docker starts its plugins as children, and those hold the pipes when docker alone is killed.
    with subprocess.Popen(
        list(args),
        cwd=cwd,
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(stdin.encode() if stdin is not None else None, timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise TookTooLong(f"`{shlex.join(args)}` took longer than {timeout:.0f} s") from None
        except BaseException:
            _end(process)
            raise
    completed = Completed(
        tuple(args), process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
    )
    if check and completed.code != 0:
        raise CommandFailed(completed)
    return completed


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command and its children: asked first, so that a build is cancelled, then forced."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=10)
            return
