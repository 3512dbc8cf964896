"""What people see of a running build: a table in place on a terminal, plain lines or JSON lines elsewhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from bakegen.building.model import Event, Outcome


class ProgressKind(StrEnum):
    """How progress is shown (`--progress`)."""

    AUTO = "auto"
    TTY = "tty"
    PLAIN = "plain"
    JSON = "json"


class Display(Protocol):
    """Shows a build while it runs."""

    def event(self, event: Event) -> None:
        """Takes in what happened."""

    def tick(self) -> None:
        """Shows that time went by; call it some five times a second, it decides itself whether to write."""

    def close(self) -> None:
        """Ends: shows the last state, gives the cursor back. Calling it twice does no harm."""


def open_display(kind: ProgressKind, stream: TextIO) -> Display:
    """The display of a kind on a stream; `AUTO` is a table on a terminal and plain lines elsewhere."""
    raise NotImplementedError


def summary(outcomes: Iterable[Outcome], seconds: float) -> str:
    """What became of the targets, as a table, and totals with the share of cached steps."""
    raise NotImplementedError
