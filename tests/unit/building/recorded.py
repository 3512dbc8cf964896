"""Progress streams of real bakes: `streams/` was recorded with docker 28.5 and buildx 0.29, its hosts are replaced.

Of the parts of steps only those are kept that tell what is pushed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.building.progress import Progress

if TYPE_CHECKING:
    from bakegen.building.model import Event

STREAMS = Path(__file__).parent / "streams"


def read(name: str, *targets: str) -> tuple[Progress, list[Event]]:
    """The progress after a recorded stream, and its events: the lines come a tenth of a second after each other."""
    progress = Progress(targets)
    lines = (STREAMS / f"{name}.jsonl").read_text().splitlines()
    return progress, [event for at, line in enumerate(lines) for event in progress.feed(line, at / 10)]
