"""Adding a field to an entry, in the form in which it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from bakegen.bakefile.entries import Entry


def add_field(entry: Entry, name: str, value: str, *, json: bool) -> Edit | None:
    """The edit that adds ``name=value`` behind the fields of `entry`; None where there is no simple place for it."""
    span = entry.value.span
    text = entry.value.source.slice(span)
    if entry.as_text:
        content = entry.value.content
        if (
            not (text.startswith('"') and text.endswith('"') and isinstance(content, str))
            or '"' in content
            or "=" not in content
        ):
            return None
        return Edit(Span(span.end - 1, span.end - 1), f",{name}={value}")
    if not (text.startswith("{") and text.endswith("}")) or not entry.fields or "#" in text:
        return None
    inner = text[:-1].rstrip()
    at = span.start + len(inner)
    written = f'"{name}": "{value}"' if json else f'{name} = "{value}"'
    if "\n" not in text:
        return Edit(Span(at, at), f"{' ' if inner.endswith(',') else ', '}{written}")
    line = inner.rfind("\n") + 1
    if line == 0 or "//" in inner[line:] or "*/" in inner[line:]:
        return None
    last = inner[line:]
    indent = last[: len(last) - len(last.lstrip())]
    end = "\r\n" if "\r\n" in text else "\n"
    comma = "," if json or (inner.count(",\n") and not inner.endswith(",")) else ""
    return Edit(Span(at, at), f"{comma}{end}{indent}{written}")
