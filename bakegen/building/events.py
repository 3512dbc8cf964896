"""Events as lines of JSON, for ``--events`` and for programs that watch a build."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bakegen.building.masking import clean

if TYPE_CHECKING:
    from bakegen.building.model import Event


def event_line(event: Event) -> str:
    """The event as one line of ASCII JSON with its line end: ``event``, ``at``, ``target``, ``facts``.

    ``target`` is null where the event is about the whole build.
    """
    line = {
        "event": str(event.what),
        "at": _plain(event.at),
        "target": _plain(event.target) if event.target else None,
        "facts": _plain(event.facts),
    }
    return json.dumps(line, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    """What JSON can hold of a value: numbers to a thousandth, texts masked, no NaN."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_plain(one) for one in value]
    return clean(str(value))
