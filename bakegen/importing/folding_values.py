"""Single values on their way from targets to fields: what stands for nothing, how they are told apart and written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bakegen.importing.folding_templates import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.folding_templates import Variable

GONE = object()
"""Stands for the value of a field that a target does not have."""
_TAG = re.compile(r"((?:\{\{ repository \}\}|[^:{}]+(?::\d+/[^:{}]+)?):)([^/]*)")


def unfit(text: str) -> str:
    """`text` with a dash for every character that the name of a target cannot have."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "-" for char in text)


def shape(value: object) -> str:
    """What values have to have in common for one template to give them: their type, a list's length, a map's keys."""
    if isinstance(value, list):
        return f"list {len(value)}"
    if isinstance(value, dict):
        return f"map {sorted(value)}"
    return "gone" if value is GONE else type(value).__name__


def told(text: str, at: int, variables: Sequence[Variable]) -> str:
    """`text` of a variant's tag with the values of its axes as templates, where whole words are such values."""
    found = _TAG.fullmatch(text)
    if found is None or "{%" in text:
        return text
    words = [one for one in variables if "|" not in one.expression and " " not in one.expression]
    known = {one.values[at]: one.expression for one in reversed(words) if one.values[at]}
    pieces = re.split(r"(-|\{\{.*?\}\})", found[2])
    return found[1] + "".join(f"{{{{ {known[piece]} }}}}" if piece in known else piece for piece in pieces)


def key_of(value: object) -> str:
    """A text that is the same for the same values; "" for `GONE`."""
    return "" if value is GONE else json.dumps(value, sort_keys=True)


def literals(value: object) -> Json:
    """A value of a target as it stands in a definition: what looks like a template escaped."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return [literals(one) for one in value]
    if isinstance(value, dict):
        return {key: literals(one) for key, one in value.items()}
    return value  # type: ignore[return-value]
