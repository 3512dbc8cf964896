"""The JSON ("exec") form of an instruction's arguments, told apart from text that only looks like it."""

from __future__ import annotations

import re

from bakegen.dockerfile.chars import SPACE, decoded
from bakegen.dockerfile.lexer import Word

# Groups are atomic and not possessive: Python before 3.11.5 goes on behind what a possessive group has read in vain.
_STRING = r'"(?>(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
_STRINGS = re.compile(rf"\[[ \t\r\n]*+(?:{_STRING}[ \t\r\n]*+(?>(?:,[ \t\r\n]*+{_STRING}[ \t\r\n]*+)*))?\][ \t\r\n]*+")
_EACH = re.compile(_STRING)
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DEEP = 10_000


class NotStringsError(ValueError):
    """Valid JSON, an array, but with an element that is not a string: BuildKit refuses the instruction."""


def read_json(line: str, start: int, end: int) -> tuple[Word, ...] | None:
    """The strings of the JSON array in ``line[start:end]``, or None when it is not a JSON array.

    Malformed JSON is None too: BuildKit silently takes such text for the shell or word form.
    Raises `NotStringsError` for an array with anything but strings in it.
    Source: parseJSON in BuildKit's frontend/dockerfile/parser/line_parsers.go and Go's encoding/json.
    """
    while start < end and line[start] in SPACE:
        start += 1
    if not line.startswith("[", start) or start >= end:
        return None
    if _STRINGS.fullmatch(line, start, end):
        return tuple(
            Word(_unescape(match[0][1:-1]), match.start(), match.end()) for match in _EACH.finditer(line, start, end)
        )
    if _is_json(line[start:end]):
        raise NotStringsError
    return None


def _unescape(body: str) -> str:
    if "\\" in body:
        body = _ESCAPE.sub(_escaped, body)
    return decoded(body)


def _escaped(match: re.Match[str]) -> str:
    high, low, single, simple = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if single:
        code = int(single, 16)
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    return _SIMPLE[simple]


def _is_json(text: str) -> bool:
    import json  # only for arrays that are not plain lists of strings: rare

    def refuse(_: str) -> None:
        raise ValueError

    def number(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            raise ValueError
        return value

    if text.count("[") + text.count("{") >= 900:
        return _is_deep_json(text)
    try:
        json.loads(text, parse_constant=refuse, parse_float=number, parse_int=number)
    except (ValueError, OverflowError):
        return False
    return True


_TOKEN = re.compile(
    rf"[ \t\r\n]*+(?:({_STRING}|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?|true|false|null)"
    r"|([\[\]{},:]))"
)


def _is_deep_json(text: str) -> bool:
    # The json module recurses once a level, Go's decoder gives up at 10,000 levels: a loop with a stack instead.
    stack: list[str] = []
    expect = "value"
    pos = 0
    text = text.rstrip(" \t\r\n")
    while pos < len(text):
        match = _TOKEN.match(text, pos)
        if match is None:
            return False
        pos = match.end()
        scalar, sign = match.groups()
        key = expect in ("key", "key-or-end")
        if scalar is not None:
            if key and scalar[0] == '"':
                expect = "colon"
            elif expect in ("value", "value-or-end"):
                expect = "next"
            else:
                return False
        elif sign in "[{":
            if expect not in ("value", "value-or-end"):
                return False
            stack.append(sign)
            if len(stack) > _DEEP:
                return False
            expect = "value-or-end" if sign == "[" else "key-or-end"
        elif sign in "]}":
            if not stack or stack.pop() != ("[" if sign == "]" else "{"):
                return False
            if expect not in ("next", "value-or-end" if sign == "]" else "key-or-end"):
                return False
            expect = "next"
        elif sign == "," and expect == "next" and stack:
            expect = "value" if stack[-1] == "[" else "key"
        elif sign == ":" and expect == "colon":
            expect = "value"
        else:
            return False
        if expect == "next" and not stack and pos < len(text):
            return False
    return expect == "next" and not stack
