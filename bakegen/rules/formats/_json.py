"""JSON that can stand in any log: ASCII, without control characters and without what CI services take for commands."""

from __future__ import annotations

import json
from typing import Any


def dump(value: Any) -> str:
    """A value as JSON with a line end; `value` may hold text of any characters."""
    text = json.dumps(value, indent=2)
    # Two number signs are only ever inside strings, as is DEL.
    return text.replace("##", "#\\u0023").replace("\x7f", "\\u007f") + "\n"
