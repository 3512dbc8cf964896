"""One line of CSV fields, as the text form of cache, output, secret and attest entries has it.

The reader follows ``tonistiigi/go-csvvalue``, the writer quotes wherever that reader would otherwise see
another field. Used by the table of backends and by the bake file writer for old buildx versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def split_fields(line: str) -> tuple[str, ...]:
    """The fields of `line`; ValueError where a quote is out of place or never ends."""
    line = line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line
    fields: list[str] = []
    at = 0
    while True:
        if not line.startswith('"', at):
            end = line.find(",", at)
            field = line[at:] if end < 0 else line[at:end]
            if '"' in field:
                raise ValueError(f"a quote inside an unquoted field: {field}")
            fields.append(field)
            if end < 0:
                return tuple(fields)
            at = end + 1
            continue
        parts: list[str] = []
        at += 1
        while True:
            end = line.find('"', at)
            if end < 0:
                raise ValueError("a quoted field without its closing quote")
            parts.append(line[at:end])
            at = end + 1
            if not line.startswith('"', at):
                break
            parts.append('"')
            at += 1
        fields.append("".join(parts))
        if at == len(line):
            return tuple(fields)
        if line[at] != ",":
            raise ValueError("text after a closing quote")
        at += 1


def join_fields(fields: Iterable[str]) -> str:
    """A line that `split_fields` and buildx read back as exactly `fields`."""
    return ",".join(_quoted(field) for field in fields)


def _quoted(field: str) -> str:
    if field and not any(c in field for c in ',"\r\n'):
        return field
    return '"' + field.replace('"', '""') + '"'
