"""HEALTHCHECK, whose first word says what follows; used by `typed.py`.

Source: parseHealthcheck in BuildKit's frontend/dockerfile/instructions/parse.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.chars import SPACE, WORD
from bakegen.dockerfile.goparse import parse_duration, parse_int
from bakegen.dockerfile.instructions import Healthcheck

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.dockerfile.flags import FlagValues
    from bakegen.dockerfile.instructions import CommandLine, Text
    from bakegen.dockerfile.problems import Problems
    from bakegen.dockerfile.syntax import Instruction

_SHORTEST = 1_000_000  # nanoseconds; 0 stands for the default


def read_healthcheck(
    node: Instruction,
    read_line: Callable[[Instruction, int], CommandLine],
    read_flags: Callable[[Instruction], FlagValues],
    problems: Problems,
) -> Healthcheck | None:
    """The instruction, or None where it says nothing; what BuildKit refuses goes to `problems`."""
    match = WORD.match(node.logical, node.arguments_start, node.arguments_end)
    if match is None:
        problems.error("missing-argument", "HEALTHCHECK needs CMD and a command, or NONE", node.line_span)
        return None
    start = match.end()
    while start < node.arguments_end and node.logical[start] in SPACE:
        start += 1
    line = read_line(node, start)
    kind = match[0].upper()
    span = node.place(match.start(), match.end())
    if kind == "NONE":
        # BuildKit does not look at the flags then.
        if line.words:
            problems.error("bad-healthcheck", "HEALTHCHECK NONE takes no arguments", span)
        return Healthcheck(node, None, ())
    flags = read_flags(node)
    if kind != "CMD":
        problems.error("bad-healthcheck", f"HEALTHCHECK cannot be {match[0]!r}", span, "write CMD before the command")
    elif not line.words:
        problems.error("bad-healthcheck", "a command is missing after HEALTHCHECK CMD", span)
    for name, value in flags.items():
        _check_flag(name, value, problems)
    return Healthcheck(node, line, flags.items())


def _check_flag(name: str, value: Text, problems: Problems) -> None:
    if not value.text:
        return
    if name == "retries":
        number = parse_int(value.text, 32)
        if number is None or number < 0:
            problems.error("bad-flag-value", f"--retries cannot be {value.text!r}", value.span)
        return
    duration = parse_duration(value.text)
    if duration is None or (duration != 0 and duration < _SHORTEST):
        problems.error(
            "bad-flag-value",
            f"--{name} cannot be {value.text!r}",
            value.span,
            "write a duration of 1ms or more, such as 30s or 1m30s",
        )
