"""JSON and TOML of manifests, read without ever raising: None stands for a text that is not understood."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Value: TypeAlias = object
"""What JSON or TOML may hold; the functions below ask what it is."""


def read_json(text: str) -> Mapping[str, Value] | None:
    """The object that a JSON text is."""
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, Value]", found) if isinstance(found, dict) else None


def read_toml(text: str) -> Mapping[str, Value] | None:
    """The table that a TOML text is."""
    try:
        return cast("Mapping[str, Value]", tomllib.loads(text.removeprefix("\ufeff")))
    except (ValueError, RecursionError):
        return None


def table(value: Value, *keys: str) -> Mapping[str, Value]:
    """The table at `keys` below `value`; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return cast("Mapping[str, Value]", value) if isinstance(value, dict) else {}


def items(value: Value) -> list[Value]:
    """The elements of a list; none where it is no list."""
    return cast("list[Value]", value) if isinstance(value, list) else []


def texts(value: Value) -> tuple[str, ...]:
    """The texts in a list; a single text counts as a list of it."""
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in items(value) if isinstance(one, str))


def tables(value: Value) -> Iterator[Mapping[str, Value]]:
    """The tables in a list."""
    for one in items(value):
        if isinstance(one, dict):
            yield cast("Mapping[str, Value]", one)
