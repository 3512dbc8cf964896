"""Why targets of a bake failed, from its progress stream: by themselves or only with others, for good or for now."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.building.stream import read_line

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST = 400
_COMMAND = re.compile(r'process ".*" did not complete successfully: ', re.DOTALL)
_LAST = re.compile(r"ERROR: (?:failed to build: )?(?:target (\S+): )?(?:(failed to \w+(?: \w+)?): )?(.*)", re.DOTALL)
_CANCELLED = re.compile(r"context cancell?ed|code = Canceled")
_PASSING = re.compile(
    r"429 Too Many Requests|too ?many ?requests|unexpected status.*: (?:429|5\d\d)\b|status code:? (?:429|5\d\d)\b"
    r"|50[0234] (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)"
    r"|i/o timeout|TLS handshake timeout|Client\.Timeout|deadline exceeded|DeadlineExceeded"
    r"|connection reset by peer|broken pipe|unexpected EOF|error reading from server: EOF|code = Unavailable"
    r"|no such job|lease (?:\S+ )?(?:expired|not found|does not exist)|lease .*: not found"
    r"|Temporary failure in name resolution|http2: server sent GOAWAY"
    r"|failed to do request: .*: EOF|use of closed network connection",
    re.IGNORECASE,
)
_OF_REQUESTS = re.compile(r"answers with status (?:408|429|5\d\d)\b|no answer in time|breaks off|connection refused")


class Kind(StrEnum):
    """What an error of a step means for its target."""

    LASTING = "lasting"
    """It would fail again."""
    PASSING = "passing"
    """It may be gone by the next try: the registry, the network, the engine."""
    CANCELLED = "cancelled"
    """It was ended because something else failed."""


def kind(error: str) -> Kind:
    """What `error`, as BuildKit says it, means; what a command of a Dockerfile says or does never passes."""
    rest = _COMMAND.sub("", error)
    if _CANCELLED.search(rest):
        return Kind.CANCELLED
    if rest.startswith(("exit code", "process ")) or not _PASSING.search(rest):
        return Kind.LASTING
    return Kind.PASSING


def is_of_others(error: str) -> bool:
    """Whether a target failed because of the registry, the network or the engine, as `Outcome.error` tells."""
    rest = _COMMAND.sub("", error)
    if rest.startswith(("exit code", "process ")):
        return False  # whatever a command says
    return (
        rest.startswith("failed to push ") or _PASSING.search(rest) is not None or _OF_REQUESTS.search(rest) is not None
    )


def reason(error: str) -> str:
    """`error` in one line that is safe to print, its middle left out where it is long."""
    line = clean_line(" ".join(error.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 3]} … {line[-_LONGEST * 2 // 3 :]}"


def owner(name: str, targets: Collection[str]) -> str | None:
    """Which of `targets`, all that a bake builds, has a step of this name; one that is alone is not named there."""
    if len(targets) == 1:
        return next(iter(targets))
    target = name.removeprefix("[").partition("]")[0].partition(" ")[0]
    return target if target in targets else None


class Failures:
    """Collects the failures of one bake, line by line.

    Attributes:
        general: the last error that is about no target, "" without: buildx itself or the engine is at fault.
    """

    def __init__(self, targets: Collection[str]) -> None:
        """Begins with all targets that the bake builds, linked ones too."""
        self._targets = frozenset(targets)
        self._only = next(iter(targets)) if len(self._targets) == 1 else None
        self._errors: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self.general = ""

    def hear(self, line: str) -> None:
        """Takes a line of the stream, or of what bake says besides."""
        if line.startswith("{"):
            # Most lines tell of no error and need not be read.
            update = read_line(line) if '"error"' in line else None
            for step in update.steps if update is not None else ():
                self._step(step.name, step.error)
        elif line.startswith("ERROR: "):
            self._end(line)

    def _step(self, name: str, error: str) -> None:
        target = owner(name, self._targets)
        if not error or target is None or kind(error) is Kind.CANCELLED:
            return
        if "importing cache manifest from " in name:
            return  # a cache that is not there yet, or cannot be read, fails nothing
        # The first one is the cause; one that lasts says more than one that may pass.
        before = self._errors.setdefault(target, error)
        if kind(before) is Kind.PASSING and kind(error) is Kind.LASTING:
            self._errors[target] = error

    def _end(self, line: str) -> None:
        found = _LAST.match(line)
        assert found is not None
        named, stage, error = found[1] or (self._only if found[2] in _SOLVING else None), found[2], found[3]
        text = f"{stage}: {error}" if stage and stage != "failed to solve" else error
        if named in self._targets:
            if kind(error) is not Kind.CANCELLED:
                self._last[str(named)] = text
        else:
            self.general = text

    def errors(self) -> dict[str, str]:
        """Why targets failed by themselves, as BuildKit says it; empty where none is known to."""
        return {**self._last, **self._errors}


_SOLVING = ("failed to solve", "failed to receive status", "failed to read dockerfile")
