"""JSON that can stand in any log: ASCII, without control characters and without what CI services take for commands."""

from __future__ import annotations

import json
import re
from typing import Any

_COMMAND = re.compile(r"(?<=#)#(?=\w*\[)")


_MANY = 500
"""From so many findings on nobody reads them as JSON, and Python indents slowly."""


def dump(value: Any, findings: int = 0) -> str:
    """A value as JSON with a line end, indented where there are few findings; `value` may hold any characters."""
    text = json.dumps(value, indent=2 if findings < _MANY else None)
    # Two number signs are only ever inside strings, as is DEL.
    return _COMMAND.sub(r"\\u0023", text).replace("\x7f", "\\u007f") + "\n"
