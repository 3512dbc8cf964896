"""Heredoc markers of a logical line and the search for their ends; used by the parser."""

from __future__ import annotations

import re
from typing import NamedTuple

from bakegen.dockerfile.expand import ExpandError, heredoc_words, unquoted_words

_MARKER = re.compile(r"(\d*)<<(-?)[\t\n\f\r ]*([^<]*)", re.ASCII)
# An ASCII line whose heredoc words need no shell lexer: no quotes, escapes, variables.
_PLAIN = re.compile(r"[^'\"\\$]*")
_PLAIN_WORD = re.compile(r"(?:<<[\t\r ]*|[^\t\v\f\r ])+")
_PLAIN_NAME = re.compile(r"[!#%&(-;=-\[\]-~]+")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


class Marker(NamedTuple):
    """``<<NAME`` as BuildKit reads it: `expand` unless part of the name is quoted, `chomp` for ``<<-``."""

    name: str
    descriptor: int
    expand: bool
    chomp: bool


def read_marker(word: str) -> Marker | None:
    """The heredoc that `word` announces, or None where it is no heredoc marker.

    Raises `ExpandError` where BuildKit refuses the name.
    Source: ParseHeredoc in BuildKit's frontend/dockerfile/parser/parser.go.
    """
    if "<<" not in word:
        return None
    match = _MARKER.fullmatch(word)
    if match is None:
        return None
    digits, dash, rest = match.groups()
    if not rest:
        return None
    descriptor = min(int(digits[:20] or 0), 2**64 - 1)
    if _PLAIN_NAME.fullmatch(rest):
        return Marker(rest, descriptor, True, dash == "-")
    words = unquoted_words(rest)
    if len(words) != 1:
        return None
    raw = unquoted_words(rest, raw_quotes=True)
    if len(raw) != 1:
        raise ExpandError(f"the heredoc name {rest} cannot be read")
    return Marker(words[0], descriptor, _quotes(words[0]) == _quotes(raw[0]), dash == "-")


def read_markers(line: str) -> list[Marker]:
    """The heredocs that the logical line announces, in order. Raises `ExpandError` for an unreadable name."""
    words = _PLAIN_WORD.findall(line) if line.isascii() and _PLAIN.fullmatch(line) else heredoc_words(line)
    return [marker for word in words if (marker := read_marker(word)) is not None]


def chomped(body: str) -> str:
    """The body of a ``<<-`` heredoc as it is used: leading tabs of each line dropped."""
    return _LEADING_TABS.sub("", body)


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


class Terminators:
    """Finds the lines that end heredocs in one text, in linear time also where none of them ends."""

    __slots__ = ("_last", "_last_chomped", "_limit", "_text")

    def __init__(self, text: str, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._last: dict[str, int] | None = None
        self._last_chomped: dict[str, int] = {}

    def find(self, name: str, start: int, chomp: bool) -> int:
        """Where the first line from `start` on begins that is `name`, or -1."""
        text, limit = self._text, self._limit
        if self._last is not None:
            known = self._last_chomped if chomp else self._last
            if known.get(name, -1) < start:
                return -1
        find = text.find
        pos = start
        size = len(name)
        while pos < limit:
            end = find("\n", pos)
            if end < 0 or end > limit:
                end = limit
            # A line that is longer than its name, tabs and carriage returns is the common case.
            if text[end - 1] == "\r" or end - pos == size or chomp:
                line = text[pos:end].rstrip("\r")
                if chomp:
                    line = line.lstrip("\t")
                if line == name:
                    return pos
            pos = end + 1
        if self._last is None:
            self._index()
        return -1

    def _index(self) -> None:
        text = self._text[: self._limit]
        last: dict[str, int] = {}
        last_chomped: dict[str, int] = {}
        pos = 0
        for line in text.split("\n"):
            bare = line.rstrip("\r")
            last[bare] = pos
            last_chomped[bare.lstrip("\t")] = pos
            pos += len(line) + 1
        self._last = last
        self._last_chomped = last_chomped
