"""Entries of cache, output, secret, ssh, attest and policy in the form that the oldest supported buildx takes.

From 0.20 on they are objects. Before that they are CSV text, where a comma or a quote inside a value would
start another field (``ref=`` smuggled in by a branch name): every field is quoted as buildx reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.definition.attributes import OBJECT_ENTRIES_SINCE, parse_version
from bakegen.definition.csvfields import join_fields

if TYPE_CHECKING:
    from bakegen.bake.model import Value

_OBJECTS_SINCE = parse_version(OBJECT_ENTRIES_SINCE)
# Policy is younger than the object syntax: it never needs text.
CSV_ATTRIBUTES = frozenset(("cache-from", "cache-to", "output", "secret", "ssh", "attest"))


def takes_objects(min_buildx: str) -> bool:
    """Whether every buildx from `min_buildx` on takes objects as entries."""
    return parse_version(min_buildx) >= _OBJECTS_SINCE


def csv_problem(attribute: str, entry: Mapping[str, Value]) -> str | None:
    """Why `entry` has no text form that means the same, or None."""
    for name, value in entry.items():
        texts = value if isinstance(value, tuple) else (value,)
        for text in texts:
            if isinstance(text, Mapping | tuple):
                return f"{name!r} is not plain text"
            if any(c in str(text) for c in "\r\n"):
                return f"{name!r} holds a line break"
            if attribute == "ssh" and "," in str(text):
                return f"{name!r} holds a comma"
            if attribute == "ssh" and name == "id" and "=" in str(text):
                return f"{name!r} holds an equals sign"
        if attribute != "ssh" and (name != name.lower() or any(c in name for c in '=," \r\n')):
            return f"{name!r} cannot be the name of a field"
    return None


def entry_text(attribute: str, entry: Mapping[str, Value]) -> str:
    """`entry` in its CSV text form; `csv_problem` must have found nothing."""
    if attribute == "ssh":
        paths = entry.get("paths", ())
        many = paths if isinstance(paths, tuple) else (paths,)
        return f"{entry['id']}={','.join(map(str, many))}" if many else str(entry["id"])
    return join_fields(f"{name}={plain(value)}" for name, value in entry.items())


def plain(value: Value) -> str:
    """A scalar as bake reads it in an entry."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_written(attribute: str, value: Value, objects: bool) -> Value:
    """The value of `attribute` with its entries as text where `objects` are not understood."""
    if objects or attribute not in CSV_ATTRIBUTES or not isinstance(value, tuple):
        return value
    return tuple(entry_text(attribute, entry) if isinstance(entry, Mapping) else entry for entry in value)
