"""Runs a command to its end with a time limit, and says what happened when it fails."""

from __future__ import annotations

import shlex
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


def run(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float = 300.0,
    stdin: str | None = None,
) -> Completed:
    """Runs `args` with no terminal; errors: `CommandFailed` with `check`, `HarnessError` after `timeout` seconds."""
    try:
        done = subprocess.run(
            list(args),
            cwd=cwd,
            env=None if env is None else dict(env),
            input=stdin.encode() if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HarnessError(f"`{shlex.join(args)}` took longer than {timeout:.0f} s") from None
    completed = Completed(
        tuple(args),
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )
    if check and completed.code != 0:
        raise CommandFailed(completed)
    return completed
