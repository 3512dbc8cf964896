"""Flags and quoted words of one logical line, split as BuildKit splits them; used by the parser and the model."""

from __future__ import annotations

import re
from typing import NamedTuple

from bakegen.dockerfile.chars import SPACES, decoded

# A flag without quotes, escapes or characters outside ASCII: every flag people write, and it can be taken as it is.
_PLAIN_FLAG = re.compile(r"(--[!#-&(-\[\]-_a-~]*+)(?:[\t\v\f\r ]++|\Z)")
# A word of nothing but plain ASCII, escapes and closed quotes; all else takes the slow way. Groups are atomic and not
# possessive: Python before 3.11.5 goes on behind what a possessive group has read in vain.
_GOOD = r"[^\ud800-\udfff]"
_WORD_FORM = (
    r"""[\t\v\f\r ]*+((?>(?:[PLAIN]++|ESC_GOOD|"(?>(?:[^"ESC\ud800-\udfff]++|ESC_GOOD)*)"|'[^'\ud800-\udfff]*+')+))"""
    r"(?=[\t\v\f\r ]|\Z)"
)


def _word_pattern(plain: str, escape: str) -> re.Pattern[str]:
    form = _WORD_FORM.replace("PLAIN", plain).replace("_GOOD", _GOOD).replace("ESC", escape)
    return re.compile(form, re.DOTALL)


_WORD = {"\\": _word_pattern(r"!#-&(-\[\]-~", r"\\"), "`": _word_pattern(r"!#-&(-_a-~", "`")}


class Word(NamedTuple):
    """A word and where it stands, as offsets in the text that was split."""

    text: str
    start: int
    end: int


def split_flags(line: str, start: int, end: int, escape: str) -> tuple[tuple[Word, ...], int]:
    """The leading ``--x`` words of ``line[start:end]`` and the offset after them.

    Quotes and escape characters are removed from a flag; a bare ``--`` ends the flags and is none.
    Source: extractBuilderFlags in BuildKit's frontend/dockerfile/parser/split_command.go.
    """
    flags: list[Word] = []
    pos = start
    while line.startswith("--", pos):
        match = _PLAIN_FLAG.match(line, pos, end)
        if match is None:
            return _split_flags_slowly(line, pos, end, escape, flags)
        word = match[1]
        if word == "--":
            return tuple(flags), match.end()
        flags.append(Word(word, pos, pos + len(word)))
        pos = match.end()
    if pos < end and line[pos] > "~":
        return _split_flags_slowly(line, pos, end, escape, flags)
    return tuple(flags), pos


def _split_flags_slowly(
    line: str, start: int, end: int, escape: str, flags: list[Word]
) -> tuple[tuple[Word, ...], int]:
    # BuildKit goes byte by byte here and takes each byte for a character, so that text outside ASCII comes out
    # of a flag as if it had been read as Latin-1, and the bytes 0x85 and 0xA0 separate words.
    text = line[start:end]
    narrow = text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")

    def place(offset: int) -> int:
        if narrow is text:
            return start + offset
        return start + len(narrow[:offset].encode("latin-1").decode("utf-8", "surrogateescape"))

    size = len(narrow)
    pos = 0
    while True:
        while pos < size and narrow[pos] in SPACES:
            pos += 1
        if not narrow.startswith("--", pos):
            return tuple(flags), place(pos)
        word_start = pos
        letters: list[str] = []
        quote = ""
        quoted = False
        while pos < size:
            ch = narrow[pos]
            if quote:
                if ch == quote:
                    quote = ""
                    pos += 1
                    continue
            elif ch in SPACES:
                break
            elif ch in "'\"":
                quote = ch
                quoted = True
                pos += 1
                continue
            if ch == escape:
                pos += 1
                if pos == size:
                    break
                ch = narrow[pos]
            letters.append(ch)
            pos += 1
        word = "".join(letters)
        if word == "--":
            return tuple(flags), place(pos)
        if word or quoted:
            flags.append(Word(word, place(word_start), place(pos)))
        if pos >= size:
            return tuple(flags), end


def split_words(line: str, start: int, end: int, escape: str) -> list[Word]:
    """The words of ``line[start:end]``: separated by white space, quotes group and stay, as do escapes.

    Source: parseWords in BuildKit's frontend/dockerfile/parser/line_parsers.go.
    """
    pattern = _WORD[escape]
    words: list[Word] = []
    pos = start
    while True:
        match = pattern.match(line, pos, end)
        if match is None:
            break
        words.append(Word(match[1], match.start(1), match.end(1)))
        pos = match.end()
    if pos < end:
        _split_words_slowly(line, pos, end, escape, words)
    return words


def _split_words_slowly(line: str, pos: int, end: int, escape: str, words: list[Word]) -> None:
    while True:
        while pos < end and line[pos] in SPACES:
            pos += 1
        if pos >= end:
            return
        start = pos
        letters: list[str] = []
        quote = ""
        quoted = False
        while pos < end:
            ch = line[pos]
            if quote:
                if ch == quote:
                    quote = ""
                escapes = ch == escape and quote != "'"
            elif ch in SPACES:
                break
            else:
                if ch in "'\"":
                    quote = ch
                    quoted = True
                escapes = ch == escape
            if escapes:
                pos += 1
                if pos == end:
                    break
                letters.append(ch)
                ch = line[pos]
            letters.append(ch)
            pos += 1
        if letters or quoted:
            words.append(Word(decoded("".join(letters)), start, pos))
