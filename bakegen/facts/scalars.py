"""Any text as one YAML scalar, plain where that is safe everywhere; what the lock file is written with.

Text that was made of bytes which are no UTF-8 holds lone surrogates, which no YAML file can hold: such bytes are
written as characters of a private range (U+10FE80 … U+10FEFF), and so are the bytes of those characters themselves.
"""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z/_.][A-Za-z0-9_./+@=-]*")
_PLAIN_BLOCK = re.compile(r"[A-Za-z/_.][A-Za-z0-9_./+@=-]*(?::[A-Za-z0-9_./+@=-]+)*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", ".nan", ".inf", "_"})
_NUMBER = re.compile(r"\.[0-9]")
_BYTES = re.compile("[\udc80-\udcff\U0010fe80-\U0010feff]")
_PRIVATE = re.compile("[\U0010fe80-\U0010feff]+")
# JSON writes these as they are; YAML has no place for them, or takes them for line ends.
_ESCAPED = re.compile(
    "[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udbff\ufeff\ufffe\uffff]|[\U0010fe80-\U0010feff]"
)
_SHIFT = 0x10FE80 - 0xDC80


def scalar(text: str, *, flow: bool = False) -> str:
    """`text` as a YAML scalar on one line; with `flow` as it may stand in ``[…]`` and ``{…}``."""
    if (_PLAIN if flow else _PLAIN_BLOCK).fullmatch(text) and text.lower() not in _WORDS and not _NUMBER.match(text):
        return text
    return _ESCAPED.sub(_escape, json.dumps(_BYTES.sub(_hide, text), ensure_ascii=False))


def unhidden(text: str) -> str:
    """The text that `scalar` was given, out of the one that YAML reads."""
    if _PRIVATE.search(text) is None:
        return text
    data = _PRIVATE.sub(lambda run: "".join(chr(ord(c) - _SHIFT) for c in run[0]), text)
    return data.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _hide(found: re.Match[str]) -> str:
    data = found[0].encode("utf-8", "surrogateescape")
    return "".join(chr(0x10FE00 + byte) for byte in data)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
