"""Runs the command of ``--on-ready`` for each target that can be pulled, beside the build and without holding it up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from bakegen.building.model import Outcome
    from bakegen.diagnostics import Diagnostic

AT_ONCE = 4
TIME_LIMIT = 600.0


class OnReady:
    """The commands of one build; use it in a ``with``, which ends what still runs when the build is interrupted.

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
        time_limit: float = TIME_LIMIT,
        at_once: int = AT_ONCE,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Keeps what is run.

        Args:
            command: a line for the shell, as the user gave it.
            say: gets each line that commands print, the target's name in front, and each failure; from other threads.
            time_limit: seconds, for each command.
            at_once: how many run at the same time; the others wait.
            environ: the environment that the facts are added to.
        """
        raise NotImplementedError

    def start(self, outcome: Outcome) -> None:
        """Has the command run for a target that can be pulled; comes back at once.

        The environment holds BAKEGEN_TARGET, BAKEGEN_REFERENCE (the first), BAKEGEN_REFERENCES (a line each),
        BAKEGEN_DIGEST, BAKEGEN_KEY, BAKEGEN_PLATFORMS (with commas), BAKEGEN_STATUS, BAKEGEN_READY (seconds).
        """
        raise NotImplementedError

    def finish(self) -> tuple[Diagnostic, ...]:
        """Waits for all commands; returns a warning for each that failed or took too long."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends all commands with their process groups and begins no more. Calling it twice does no harm."""
        raise NotImplementedError

    def __enter__(self) -> OnReady:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
