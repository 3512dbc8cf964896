"""The one tree of exceptions and the one list of exit codes; caught once, in the command line."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from bakegen.diagnostics import render_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.diagnostics import Diagnostic


class ExitCode(IntEnum):
    """What a bakegen process ends with."""

    CLEAN = 0
    FINDINGS = 1
    BAD_INPUT = 2
    ENGINE = 3
    BUG = 70
    TIMED_OUT = 124
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class BakegenError(Exception):
    """Anything that ends a command with a message and no traceback."""

    exit_code = ExitCode.BAD_INPUT


class InputError(BakegenError):
    """Inputs that no output can be made from; carries every diagnostic that was collected."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(render_text(d) for d in self.diagnostics))


class EngineError(BakegenError):
    """The Docker engine, buildx or a registry failed or is not there."""

    exit_code = ExitCode.ENGINE
