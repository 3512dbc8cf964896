"""Words of a shell text: quotes, expansions, and where a word ends; used by `grammar`.

Source: sections 2.2 (quoting) and 2.6 (word expansions) of POSIX.1-2024's Shell Command Language.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from bakegen.shell.syntax import Arithmetic, Literal, Parameter, ShellError, Substitution, Tilde, Word

if TYPE_CHECKING:
    from bakegen.shell.syntax import Piece, Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = re.compile(r"[@*#?$!0-9-]")
_PLAIN = re.compile(r"[^\s'\"\\$`;&|<>()~\x00]+", re.ASCII)
_PLAIN_IN_QUOTES = re.compile(r"[^\"\\$`]+")
_PLAIN_IN_BODY = re.compile(r"[^\\$`]+")
_TILDE = re.compile(r"~([A-Za-z_][A-Za-z0-9_.-]*)?(?=[/\s;&|<>()]|\Z)")
_TILDE_IN_VALUE = re.compile(r"~([A-Za-z_][A-Za-z0-9_.-]*)?(?=[:/\s;&|<>()]|\Z)")
_OPERATOR = re.compile(r":?[-+=?]|%%?|##?|[/^,:@]")
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"', "r": "\r", "a": "\a", "b": "\b", "e": "\x1b"}
META = " \t\n;&|<>()"


class WordReader(ABC):
    """A place in a shell text that reads words from there on."""

    def __init__(self, text: str, bash: bool) -> None:
        self.text = text
        self.bash = bash
        self.pos = 0
        self.depth = 0

    @abstractmethod
    def substitution(self, close: str) -> Sequence:
        """The commands from here up to `close`, which is passed; up to the end of the text where it is empty."""

    def word(self, *, value: bool = False) -> Word:
        """The word that begins here; `value`: that of an assignment, where ``~`` also counts behind ``:``."""
        start = self.pos
        pieces: list[Piece] = []
        text, end = self.text, len(self.text)
        while self.pos < end:
            char = text[self.pos]
            if char in META:
                break
            plain = _PLAIN.match(text, self.pos)
            if plain is not None:
                pieces.append(Literal(plain.group(), False))
                self.pos = plain.end()
            elif char == "~":
                self._tilde(pieces, start, value)
            elif char.isspace() or char == "\0":
                raise ShellError(f"the character {char!r} is not understood", self.pos)
            else:
                self._special(char, pieces)
        return Word(tuple(pieces), start, self.pos)

    def body(self, start: int, end: int) -> Word:
        """The body of a heredoc, where quotes are ordinary characters."""
        saved, self.pos = self.pos, start
        text, self.text = self.text, self.text[:end]
        pieces: list[Piece] = []
        while self.pos < end:
            plain = _PLAIN_IN_BODY.match(self.text, self.pos)
            if plain is not None:
                pieces.append(Literal(plain.group(), True))
                self.pos = plain.end()
            else:
                self._in_quotes(pieces, "\\$`")
        self.pos, self.text = saved, text
        return Word(tuple(pieces), start, end)

    def _tilde(self, pieces: list[Piece], start: int, value: bool) -> None:
        behind = value and pieces and isinstance(pieces[-1], Literal) and not pieces[-1].quoted
        colon = behind and self.text[self.pos - 1] == ":"
        found = (_TILDE_IN_VALUE if value else _TILDE).match(self.text, self.pos)
        if self.pos == start or colon:
            if found is None:
                raise ShellError("a tilde that is not followed by a plain name", self.pos)
            pieces.append(Tilde(found.group(1) or ""))
            self.pos = found.end()
        elif not value and behind is False and self.text[self.pos - 1] in "=:" and self.bash:
            raise ShellError("a tilde in the middle of a word", self.pos)
        else:
            pieces.append(Literal("~", False))
            self.pos += 1

    def _special(self, char: str, pieces: list[Piece]) -> None:
        text = self.text
        if char == "\\":
            if self.pos + 1 >= len(text):
                raise ShellError("a backslash at the very end", self.pos)
            if text[self.pos + 1] != "\n":
                pieces.append(Literal(text[self.pos + 1], True))
            self.pos += 2
        elif char == "'":
            close = text.find("'", self.pos + 1)
            if close < 0:
                raise ShellError("a quote that is not closed", self.pos)
            pieces.append(Literal(text[self.pos + 1 : close], True))
            self.pos = close + 1
        elif char == '"':
            self._double_quotes(pieces)
        elif char == "$" and text.startswith(("$'", '$"'), self.pos):
            if not self.bash or text[self.pos + 1] == '"':
                raise ShellError(f"{text[self.pos : self.pos + 2]} means something else in another shell", self.pos)
            pieces.append(self._ansi())
        else:
            pieces.append(self._expansion(quoted=False))

    def _double_quotes(self, pieces: list[Piece]) -> None:
        start = self.pos
        self.pos += 1
        pieces.append(Literal("", True))
        while True:
            if self.pos >= len(self.text):
                raise ShellError("a quote that is not closed", start)
            if self.text[self.pos] == '"':
                self.pos += 1
                return
            plain = _PLAIN_IN_QUOTES.match(self.text, self.pos)
            if plain is not None:
                pieces.append(Literal(plain.group(), True))
                self.pos = plain.end()
            else:
                self._in_quotes(pieces, '\\$`"')

    def _in_quotes(self, pieces: list[Piece], escapable: str) -> None:
        """A backslash, a dollar sign or a backquote where quotes (or a heredoc) surround it."""
        if self.text[self.pos] != "\\":
            pieces.append(self._expansion(quoted=True))
            return
        following = self.text[self.pos + 1 : self.pos + 2]
        if following == "\n":
            self.pos += 2
        elif following and following in escapable:
            pieces.append(Literal(following, True))
            self.pos += 2
        else:
            pieces.append(Literal("\\", True))
            self.pos += 1

    def _ansi(self) -> Piece:
        start = self.pos
        self.pos += 2
        found: list[str] = []
        while self.pos < len(self.text):
            char = self.text[self.pos]
            self.pos += 1
            if char == "'":
                return Literal("".join(found), True)
            if char == "\\":
                escape = _ANSI_ESCAPES.get(self.text[self.pos : self.pos + 1])
                if escape is None:
                    raise ShellError("an escape in $'…' that is not looked into", self.pos)
                char = escape
                self.pos += 1
            found.append(char)
        raise ShellError("a quote that is not closed", start)

    def _expansion(self, *, quoted: bool) -> Piece:
        text, start = self.text, self.pos
        if text[start] == "`":
            return self._backquotes(quoted)
        if text.startswith("$((", start):
            return self._arithmetic(quoted)
        if text.startswith("$(", start):
            self.pos = start + 2
            return Substitution(self._nested(")"), quoted)
        if text.startswith("${", start):
            return self._braces(quoted)
        if text.startswith("$[", start):
            raise ShellError("$[…] is not looked into", start)
        found = _NAME.match(text, start + 1) or _SPECIAL.match(text, start + 1)
        if found is None:
            self.pos = start + 1
            return Literal("$", quoted)
        self.pos = found.end()
        return Parameter(found.group(), "", None, quoted)

    def _nested(self, close: str) -> Sequence:
        self.depth += 1
        if self.depth > 40:
            raise ShellError("it is nested too deep", self.pos)
        body = self.substitution(close)
        self.depth -= 1
        return body

    def _backquotes(self, quoted: bool) -> Piece:
        start = self.pos
        close = self.text.find("`", start + 1)
        if close < 0:
            raise ShellError("a backquote that is not closed", start)
        inside = self.text[start + 1 : close]
        if "\\" in inside or (quoted and '"' in inside):
            raise ShellError("escapes or quotes within backquotes", start)
        whole, self.text = self.text, self.text[:close]
        self.pos = start + 1
        body = self._nested("")
        self.text = whole
        self.pos = close + 1
        return Substitution(body, quoted)

    def _arithmetic(self, quoted: bool) -> Piece:
        start = self.pos
        close = self.text.find("))", start)
        if close < 0:
            raise ShellError("$(( is not closed", start)
        inside = self.text[start + 3 : close]
        if not re.fullmatch(r"[A-Za-z0-9_ \t+*/%<>()!=&|$-]*", inside) or "$(" in inside:
            raise ShellError("an arithmetic expansion that is not looked into", start)
        if re.search(r"(?<![=!<>])=(?!=)|\+\+|--", inside) or inside.count("(") != inside.count(")"):
            raise ShellError("an arithmetic expansion that is not looked into", start)
        self.pos = close + 2
        return Arithmetic(frozenset(_NAME.findall(inside)), quoted)

    def _braces(self, quoted: bool) -> Piece:
        text, start = self.text, self.pos
        self.pos += 2
        length = text.startswith("#", self.pos) and not text.startswith(("#}", "#:", "#-", "#+", "##", "#%"), self.pos)
        self.pos += length
        found = _NAME.match(text, self.pos) or re.compile(r"[0-9]+|[@*#?$!-]").match(text, self.pos)
        if found is None:
            raise ShellError("${…} is not understood", start)
        self.pos = found.end()
        name = found.group()
        if text.startswith("}", self.pos):
            self.pos += 1
            return Parameter(name, "#" if length else "", None, quoted)
        operator = _OPERATOR.match(text, self.pos)
        if length or operator is None:
            raise ShellError("${…} is not understood", start)
        self.pos = operator.end()
        return Parameter(name, operator.group(), self._brace_word(start, quoted), quoted)

    def _brace_word(self, start: int, quoted: bool) -> Word:
        """What follows the operator, up to the brace that closes it."""
        pieces: list[Piece] = []
        at = self.pos
        while True:
            if self.pos >= len(self.text):
                raise ShellError("${ is not closed", start)
            char = self.text[self.pos]
            if char == "}":
                self.pos += 1
                return Word(tuple(pieces), at, self.pos - 1)
            if char in "'\"" and quoted:
                # Shells differ in what quotes mean in here.
                raise ShellError("quotes inside of ${…} inside of quotes", self.pos)
            if char in "'\"\\`$":
                self._special(char, pieces) if not quoted or char not in "\\" else self._in_quotes(pieces, '\\$`"}')
            elif char == "~" or char == "{":
                raise ShellError(f"{char} inside of ${{…}}", self.pos)
            else:
                pieces.append(Literal(char, quoted))
                self.pos += 1
