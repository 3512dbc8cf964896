"""What the checks of `bakegen doctor` say, and what a check is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.workspace.doctor.model import Facts


class Result(StrEnum):
    """What a check comes to, the worst first."""

    FAILURE = "failure"
    """It stands in the way of what the project does."""
    WARNING = "warning"
    """It costs something, or stands in the way elsewhere: in CI, on another branch."""
    UNKNOWN = "could not tell"
    NOTE = "note"
    """Good to know; nothing has to be done."""
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one thing.

    Attributes:
        result: what it comes to.
        seen: the version or value that was seen, in words.
        fix: commands or lines of settings that mend it, ready to paste; "" where there is nothing to mend.
        about: which of several things it is about: a node, a repository; "" for the only one.
        why: why it matters for what this project uses; "" for the check's own words.
    """

    result: Result
    seen: str
    fix: str = ""
    about: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: its identifier, such as ``registry-write``; the words before the first dash are its group's.
        group: what it belongs to; `--only` chooses groups.
        looks: what is looked at, for the reference.
        why: why it matters.
        judge: gives findings for what was seen; nothing where the check has no meaning.
    """

    name: str
    group: str
    looks: str
    why: str
    judge: Callable[[Facts], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Unseen:
    """What stands in the place of facts that could not be had, with the reason."""

    reason: str
