"""Which flags each instruction takes, and their values; used by `typed.py`.

Source: BuildKit's frontend/dockerfile/instructions/bflag.go and parse.go.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from bakegen.diagnostics import did_you_mean
from bakegen.dockerfile.instructions import Text
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.dockerfile.problems import Problems
    from bakegen.dockerfile.syntax import Instruction


class FlagKind(Enum):
    """What a flag holds: yes or no, one value, or a value each time it is given."""

    BOOL = "bool"
    VALUE = "value"
    VALUES = "values"


_BOOL, _VALUE, _VALUES = FlagKind.BOOL, FlagKind.VALUE, FlagKind.VALUES

FLAGS: Mapping[str, Mapping[str, FlagKind]] = {
    "FROM": {"platform": _VALUE},
    "COPY": {
        "from": _VALUE,
        "chown": _VALUE,
        "chmod": _VALUE,
        "link": _BOOL,
        "exclude": _VALUES,
        "parents": _BOOL,
    },
    "ADD": {
        "chown": _VALUE,
        "chmod": _VALUE,
        "link": _BOOL,
        "exclude": _VALUES,
        "keep-git-dir": _BOOL,
        "checksum": _VALUE,
        "unpack": _BOOL,
    },
    "RUN": {"mount": _VALUES, "network": _VALUE, "security": _VALUE, "device": _VALUES},
    "HEALTHCHECK": {
        "interval": _VALUE,
        "timeout": _VALUE,
        "start-period": _VALUE,
        "start-interval": _VALUE,
        "retries": _VALUE,
    },
}
# BuildKit never looks at the flags of these.
_UNCHECKED = frozenset(("ARG", "STOPSIGNAL"))
_NONE: Mapping[str, FlagKind] = {}


class FlagValues:
    """The flags of one instruction that were given, checked."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, list[Text]] = {}

    def add(self, name: str, value: Text) -> None:
        """Notes one use of a flag."""
        self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def one(self, name: str) -> Text | None:
        """The value of a flag, or None where it is absent or empty."""
        values = self._values.get(name)
        return values[0] if values and values[0].text else None

    def every(self, name: str) -> tuple[Text, ...]:
        """All values of a flag."""
        return tuple(self._values.get(name, ()))

    def yes(self, name: str) -> bool:
        """Whether a flag that is yes or no is yes."""
        values = self._values.get(name)
        return bool(values) and values is not None and values[0].text == "true"

    def maybe(self, name: str) -> bool | None:
        """Like `yes`, and None where the flag is absent."""
        return self.yes(name) if name in self._values else None

    def items(self) -> tuple[tuple[str, Text], ...]:
        """Each flag given, with its first value."""
        return tuple((name, values[0]) for name, values in self._values.items())


def read_flags(node: Instruction, problems: Problems) -> FlagValues:
    """The flags of `node`; the first one that BuildKit refuses is reported, and the rest is left out."""
    values = FlagValues()
    if not node.flags or node.name in _UNCHECKED:
        return values
    known = FLAGS.get(node.name, _NONE)
    for flag in node.flags:
        span = node.place(flag.start, flag.end)
        given, equals, value = flag.text.partition("=")
        name = given[2:]
        kind = known.get(name)
        if kind is None:
            takes = "takes no flags" if not known else f"takes --{', --'.join(known)}"
            hint = did_you_mean(name, known) or f"{node.name} {takes}"
            problems.error("unknown-flag", f"unknown flag for {node.name}: {given}", span, hint)
            return values
        if name in values and kind is not FlagKind.VALUES:
            problems.error("duplicate-flag", f"the flag {given} is given twice", span)
            return values
        at = node.place(min(flag.start + len(given) + 1, flag.end), flag.end)
        if kind is FlagKind.BOOL:
            lowered = value.lower() or ("" if equals else "true")
            if not lowered:
                problems.error("missing-flag-value", f"a value is missing: {given}=", span)
                return values
            if lowered not in ("true", "false"):
                problems.error("bad-flag-value", f"{given} is true or false, not {value}", at)
                return values
            values.add(name, Text(lowered, at))
        elif not equals:
            problems.error("missing-flag-value", f"a value is missing: {given}=…", span)
            return values
        else:
            values.add(name, Text(value, at if at.start < at.end else Span(span.start, span.end)))
    return values
