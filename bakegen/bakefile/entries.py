"""Entries of cache-from, cache-to, output, secret, ssh and attest, as text or as objects, in one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.values import Value


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        value: where it was written.
        fields: the fields that are known, as text.
        sure: whether these are all of them.
        as_text: whether it was written as one text.
    """

    value: Value
    fields: Mapping[str, str]
    sure: bool
    as_text: bool

    def get(self, name: str) -> str:
        """A field; "" where it is not there or not known."""
        return self.fields.get(name, "")

    def lacks(self, name: str) -> bool:
        """Whether a field is surely not there."""
        return self.sure and name not in self.fields


def entries(value: Value | None, attribute: str = "") -> Iterator[Entry]:
    """The entries of a value that is a list of texts and objects; none where it is not known.

    Args:
        value: the value.
        attribute: what it is the value of: in a cache, a lone word is a reference.
    """
    for item in value.items if value is not None else ():
        content = item.content
        if isinstance(content, Mapping):
            known = {name: one.text for name, one in content.items()}
            fields = {name: text for name, text in known.items() if text is not None}
            nulls = [name for name, one in content.items() if one.content is None]
            yield Entry(item, fields, len(fields) + len(nulls) == len(content), False)
        elif isinstance(content, str) and content:
            yield from _from_text(item, content, attribute)


def _from_text(item: Value, text: str, attribute: str) -> Iterator[Entry]:
    parts = _split(text)
    if parts is None:
        return
    if len(parts) == 1 and "=" not in parts[0]:
        if attribute in ("cache-from", "cache-to"):
            yield Entry(item, {"type": "registry", "ref": parts[0]}, True, True)
        return
    fields = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            return
        fields[key.strip().lower()] = value
    yield Entry(item, fields, True, True)


def _split(text: str) -> list[str] | None:
    """The fields of one line of CSV; None where it cannot be one."""
    if '"' not in text:
        return text.split(",") if "\n" not in text else None
    import csv

    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
