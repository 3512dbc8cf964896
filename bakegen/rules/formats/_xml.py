"""XML by hand: what is allowed in it, and how attributes are written."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from bakegen.diagnostics import printable

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_NEVER = {ord(char): f"\\u{ord(char):04x}" for char in "\ufffe\uffff"}


def text(value: str) -> str:
    """Text between tags: what XML cannot hold as visible escapes."""
    return escape(printable(value).translate(_NEVER))


def attributes(**values: object) -> str:
    """Attributes with a blank in front of each."""
    return "".join(f" {name}={quoteattr(printable(str(value)).translate(_NEVER))}" for name, value in values.items())
