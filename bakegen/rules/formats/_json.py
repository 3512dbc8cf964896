"""JSON that can stand in any log: ASCII, without control characters and without what CI services take for commands."""

from __future__ import annotations

import json
import re
from typing import Any

_COMMAND = re.compile(r"(?<=#)#(?=\w*\[)")


def dump(value: Any) -> str:
    """A value as JSON with a line end; `value` may hold text of any characters."""
    text = json.dumps(value, indent=2)
    # Two number signs are only ever inside strings, as is DEL.
    return _COMMAND.sub(r"\\u0023", text).replace("\x7f", "\\u007f") + "\n"
