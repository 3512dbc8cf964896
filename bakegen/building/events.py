"""Events as lines of JSON, for ``--events`` and for programs that watch a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.building.model import Event


def event_line(event: Event) -> str:
    """The event as one line of ASCII JSON with its line end: ``event``, ``at``, ``target``, ``facts``."""
    raise NotImplementedError
