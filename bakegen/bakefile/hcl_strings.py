"""Strings of HCL without their escapes, and characters of bytes; used by `hcl_reader`."""

from __future__ import annotations

import re
import unicodedata

_DOUBLED = re.compile(r"\$\$\{|%%\{")
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)', re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def offsets_of(text: str, size: int) -> list[int]:
    """The character that each byte belongs to."""
    found = [0] * (size + 1)
    at = 0
    for index, char in enumerate(text):
        code = ord(char)
        width = 1 if code < 0x80 or 0xDC80 <= code <= 0xDCFF else 2 if code < 0x800 else 3 if code < 0x10000 else 4
        for place in range(at, at + width):
            found[place] = index
        at += width
    found[size] = len(text)
    return found


def undoubled(text: str) -> str | None:
    """Raw text of a template, ``$${`` being ``${``, in the form that bake gives every text; None where it has none."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        return None
    text = _DOUBLED.sub(lambda match: match[0][1:], text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def unquoted(text: str) -> str | None:
    """What stands between quotes; None where an escape means nothing."""
    if "\\" not in text:
        return undoubled(text)
    found: list[str] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        if match[1]:
            char = _SIMPLE[match[1]]
        elif match[2] or match[3]:
            code = int(match[2] or match[3], 16)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                return None
            char = chr(code)
        else:
            return None
        plain = undoubled(text[at : match.start()])
        if plain is None:
            return None
        found += (plain, char)
        at = match.end()
    plain = undoubled(text[at:])
    return None if plain is None else unicodedata.normalize("NFC", "".join((*found, plain)))
