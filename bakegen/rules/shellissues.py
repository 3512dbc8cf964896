"""What shellcheck is asked and what it answers, as values; `workspace.shellcheck` asks it, rule DF299 reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bakegen.values import dataclass


@dataclass(frozen=True, slots=True)
class ShellText:
    """A text for the shell.

    Attributes:
        text: the text.
        shell: who reads it: ``sh``, ``bash``, ``dash``, ``ash``.
        variables: names that have a value when it is read.
    """

    text: str
    shell: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShellIssue:
    """Something that is wrong in a text.

    Attributes:
        start: where it begins in the text.
        end: where it ends.
        code: its number: 2086.
        level: ``error``, ``warning``, ``info`` or ``style``.
        message: what is wrong, in shellcheck's words.
    """

    start: int
    end: int
    code: int
    level: str
    message: str


Shellcheck = Callable[[Sequence[ShellText]], Sequence[Sequence[ShellIssue]]]
"""What finds the issues of many texts at once: those of each, in the order of the texts."""
