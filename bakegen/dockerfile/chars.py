"""What counts as white space, and other character facts that BuildKit's parser gets from Go; the lowest layer here."""

from __future__ import annotations

import re

# Go's unicode.IsSpace. Python's own str.strip() also strips \x1c..\x1f, which Go does not.
SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
SPACES = frozenset(SPACE)

# What separates a keyword from its arguments, and words of instructions without quotes.
# Source: reWhitespace in BuildKit's frontend/dockerfile/parser/parser.go.
BLANK = re.compile(r"[\t\v\f\r ]+")
WORD = re.compile(r"[^\t\v\f\r ]+")

BYTE_ORDER_MARK = "\ufeff"

_UNDECODED = re.compile(r"[\ud800-\udfff]")


def decoded(text: str) -> str:
    """`text` as Go sees it rune by rune: each byte that is not UTF-8 becomes one U+FFFD."""
    return text if text.isascii() else _UNDECODED.sub("\ufffd", text)
