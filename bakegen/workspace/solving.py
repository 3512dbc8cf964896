"""Runs one ``docker buildx build`` or ``bake``, tells its steps as they begin, and keeps the end of what it says."""

from __future__ import annotations

import os
import re
from collections import deque
from typing import TYPE_CHECKING

from bakegen.errors import EngineError
from bakegen.workspace.engine import buildx_command
from bakegen.workspace.running import TookTooLong, run_group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TAIL = 30
_LONGEST_LINE = 2000
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
    said: deque[str] = deque(maxlen=_TAIL)
    seen: set[str] = set()

    def listen(line: str) -> None:
        line = line[:_LONGEST_LINE]
        if line:
            said.append(line)
        found = _STEP.fullmatch(line)
        if found is not None and found[1] not in seen:
            seen.add(found[1])
            step(found[2])

    try:
        code = run_group([*buildx_command(), *arguments], listen, cwd=cwd, environ=environ, timeout=timeout)
    except TookTooLong:
        raise EngineError(f"{what}: not built within {timeout:g} seconds:\n" + "\n".join(said)) from None
    if code != 0:
        raise BuildFailed(f"{what}: the build failed:\n" + "\n".join(said))
