"""Variable expansion and shell words as BuildKit's own lexer does them; used for heredocs, scopes and stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bakegen.dockerfile.chars import BYTE_ORDER_MARK, SPACES, decoded
from bakegen.dockerfile.glob import PatternError, replace, trim_prefix, trim_suffix

if TYPE_CHECKING:
    from collections.abc import Callable

_SPECIAL_PARAMETERS = frozenset("@*#?-$!0")
_END = ""
# Deeper nesting than anyone writes, and far from what the interpreter's own stack can take.
_DEPTH = 80


class ExpandError(ValueError):
    """A word that BuildKit refuses to expand; the message says why."""


class Variables(Protocol):
    """What names mean: a mapping from names to values will do."""

    def get(self, name: str, /) -> str | None:
        """The value of `name`, or None where it is unset."""


class Expansion(NamedTuple):
    """The outcome of expanding a word: its text, the names that were set, the names that were not."""

    text: str
    matched: frozenset[str]
    unmatched: frozenset[str]


class _Nothing:
    def get(self, name: str, /) -> str | None:
        return None


_NOTHING = _Nothing()
_PLAIN = re.compile(r"[\w.,:;=+@%?!&|*()~-]+", re.ASCII)
"""Characters that are never special, never end a word, and end no substitution."""
_PLAIN_PATH = re.compile(r"[\w.,:;=+@%?!&|*()~/-]+", re.ASCII)
"""The same where no substitution ends with a slash."""
_NO_NAMES: frozenset[str] = frozenset()


def expand(word: str, variables: Variables, escape: str = "\\") -> str:
    """`word` with its variables replaced, quotes removed and escapes resolved.

    Raises `ExpandError` where BuildKit refuses the word. Source: ProcessWord in BuildKit's
    frontend/dockerfile/shell/lex.go.
    """
    return expansion(word, variables, escape).text


def expansion(word: str, variables: Variables, escape: str = "\\", *, quotes: bool = True) -> Expansion:
    """Like `expand`, and which variables were looked up. `quotes=False` keeps quotes: COPY heredoc bodies."""
    if not ("$" in word or "'" in word or '"' in word or escape in word):
        word = decoded(word)
        return Expansion(word.removeprefix(BYTE_ORDER_MARK), _NO_NAMES, _NO_NAMES)
    shell = _Shell(word, variables, escape, quotes=quotes)
    text = shell.run()
    return Expansion(text, frozenset(shell.matched), frozenset(shell.unmatched))


def expand_words(word: str, variables: Variables, escape: str = "\\") -> list[str]:
    """The shell words that `word` becomes, split after expansion as EXPOSE does. Raises `ExpandError`."""
    shell = _Shell(word, variables, escape)
    shell.run()
    return shell.words


def variables_of(word: str, escape: str = "\\") -> frozenset[str]:
    """Every variable name that expanding `word` can look up, whatever their values; none where it is refused."""
    if "$" not in word:
        return _NO_NAMES
    shell = _Shell(word, _NOTHING, escape, demand=False)
    try:
        shell.run()
    except ExpandError:
        return _NO_NAMES
    return frozenset(shell.unmatched)


def heredoc_words(line: str) -> list[str]:
    """The raw words among which BuildKit looks for heredocs; none where the line does not lex as shell."""
    shell = _Shell(line, _NOTHING, "\\", raw_quotes=True, raw_escapes=True, keep_unset=True)
    try:
        shell.run()
    except ExpandError:
        return []
    return shell.words


def unquoted_words(word: str, *, raw_quotes: bool = False) -> list[str]:
    """The words of a heredoc's name, with or without its quotes. Raises `ExpandError`."""
    shell = _Shell(word, _NOTHING, "\\", raw_quotes=raw_quotes, keep_unset=True)
    shell.run()
    return shell.words


class _Shell:
    """One run over one word. The word buffer is shared with nested ``${x:-…}`` words, as it is in BuildKit."""

    def __init__(
        self,
        text: str,
        variables: Variables,
        escape: str,
        *,
        quotes: bool = True,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
        keep_unset: bool = False,
        demand: bool = True,
    ) -> None:
        self.text = decoded(text)
        self.pos = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        self.variables = variables
        self.escape = escape
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.keep_unset = keep_unset
        self.demand = demand
        self.matched: set[str] = set()
        self.unmatched: set[str] = set()
        self.words: list[str] = []
        self.buffer: list[str] = []
        self.depth = 0
        self.special: dict[str, Callable[[], str]] = {"$": self._dollar, "<": self._angle}
        if quotes:
            self.special["'"] = self._single
            self.special['"'] = self._double

    def run(self) -> str:
        text, self.words = self._until(_END, self.raw_escapes)
        return text

    def _peek(self) -> str:
        return self.text[self.pos : self.pos + 1]

    def _next(self) -> str:
        ch = self.text[self.pos : self.pos + 1]
        self.pos += 1
        return ch

    def _until(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        # Expands up to `stop`, or to the end where that is empty; gives the text and its words.
        self.depth += 1
        if self.depth > _DEPTH:
            raise ExpandError("substitutions are nested too deeply")
        self.buffer.clear()
        buffer = self.buffer
        text = self.text
        special = self.special
        escape = self.escape
        result: list[str] = []
        words: list[str] = []
        in_word = False
        plainly = (_PLAIN if stop == "/" else _PLAIN_PATH).match
        outer_raw, self.raw_escapes = self.raw_escapes, raw_escapes
        try:
            while self.pos < len(text):
                plain = plainly(text, self.pos)
                if plain is not None:
                    piece = plain[0]
                    self.pos = plain.end()
                    result.append(piece)
                    buffer.append(piece)
                    in_word = True
                    continue
                ch = text[self.pos]
                if ch == stop:
                    self.pos += 1
                    return "".join(result), _flush(buffer, words)
                handler = special.get(ch)
                if handler is not None:
                    piece = handler()
                    result.append(piece)
                    if ch == "$" and _PLAIN_PATH.fullmatch(piece) is None:
                        for letter in piece:
                            in_word = _add(letter, buffer, words, in_word)
                    else:
                        buffer.append(piece)
                        in_word = True
                    continue
                self.pos += 1
                if ch == escape:
                    if self.raw_escapes:
                        buffer.append(ch)
                        in_word = True
                        result.append(ch)
                    ch = self._next()
                    if not ch:
                        break
                    buffer.append(ch)
                    in_word = True
                else:
                    in_word = _add(ch, buffer, words, in_word)
                result.append(ch)
        finally:
            self.raw_escapes = outer_raw
            self.depth -= 1
        if stop:
            raise ExpandError(f"unexpected end of statement while looking for matching {stop}")
        return "".join(result), _flush(buffer, words)

    def _single(self) -> str:
        close = self.text.find("'", self.pos + 1)
        if close < 0:
            self.pos = len(self.text)
            raise ExpandError("unexpected end of statement while looking for matching single-quote")
        start, self.pos = self.pos, close + 1
        return self.text[start : close + 1] if self.raw_quotes else self.text[start + 1 : close]

    def _double(self) -> str:
        self.pos += 1
        result = ['"'] if self.raw_quotes else []
        while True:
            ch = self._peek()
            if not ch:
                raise ExpandError("unexpected end of statement while looking for matching double-quote")
            if ch == "$":
                result.append(self._dollar())
                continue
            self.pos += 1
            if ch == '"':
                if self.raw_quotes:
                    result.append(ch)
                return "".join(result)
            if ch == self.escape:
                if self.raw_escapes:
                    result.append(ch)
                following = self._peek()
                if not following:
                    continue
                if following in ('"', "$", self.escape):
                    ch = self._next()
            result.append(ch)

    def _angle(self) -> str:
        start = self.pos
        self.pos += 1
        if self._peek() == "<":
            self.pos += 1
            while self._peek() and self._peek() in "\t\r ":
                self.pos += 1
        return self.text[start : self.pos]

    def _name(self) -> str:
        start = self.pos
        ch = self._peek()
        if ch.isdecimal():
            while self._peek().isdecimal():
                self.pos += 1
        elif ch and ch in _SPECIAL_PARAMETERS:
            self.pos += 1
        else:
            while ch and (ch == "_" or ch.isalpha() or ch.isdecimal()):
                self.pos += 1
                ch = self._peek()
        return self.text[start : self.pos]

    def _look_up(self, name: str) -> str | None:
        value = self.variables.get(name)
        (self.unmatched if value is None else self.matched).add(name)
        return value

    def _dollar(self) -> str:
        self.pos += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._look_up(name)
            if value is None:
                return f"${name}" if self.keep_unset else ""
            return value
        self.pos += 1
        ch = self._peek()
        if not ch:
            raise ExpandError("missing '}' in a substitution")
        if ch in "{}:":
            raise ExpandError("bad substitution")
        name = self._name()
        operator = self._next()
        if operator == "}":
            value = self._look_up(name)
            if value is None:
                return f"${{{name}}}" if self.keep_unset else ""
            return value
        if operator == "/":
            return self._replacement(name)
        colon = operator == ":"
        if colon:
            operator = self._next()
        elif not operator:
            raise ExpandError("missing '}' in a substitution")
        elif operator not in "+-?#%":
            raise ExpandError(f"unsupported modifier ({operator}) in a substitution")
        return self._modified(name, operator, colon)

    def _closed(self, stop: str, raw_escapes: bool) -> str:
        # A part of a substitution up to `stop`; running out of text is said in terms of the substitution.
        try:
            return self._until(stop, raw_escapes)[0]
        except ExpandError:
            if self.pos >= len(self.text):
                raise ExpandError(f"missing '{stop}' in a substitution") from None
            raise

    def _modified(self, name: str, operator: str, colon: bool) -> str:
        trims = operator in ("#", "%")
        sign = ":" + operator if colon else operator
        if colon and trims:
            raise ExpandError(f"unsupported modifier ({sign}) in a substitution")
        word = self._closed("}", trims)
        value = self._look_up(name)
        if value is None and self.keep_unset:
            return f"${{{name}{sign}{word}}}"
        empty = value is None or (colon and value == "")
        if operator == "-":
            return word if value is None or empty else value
        if operator == "+":
            return "" if empty else word
        if operator == "?":
            if empty and self.demand:
                state = "unset" if value is None else "empty"
                raise ExpandError(f"{name}: {word or f'is not allowed to be {state}'}")
            return value or ""
        if not trims:
            raise ExpandError(f"unsupported modifier ({sign}) in a substitution")
        greedy = word.startswith(operator)
        trim = trim_suffix if operator == "%" else trim_prefix
        try:
            return trim(value or "", word[1:] if greedy else word, greedy=greedy)
        except PatternError as error:
            raise ExpandError(f"invalid pattern ({word}) in a substitution: {error}") from None

    def _replacement(self, name: str) -> str:
        every = self._peek() == "/"
        if every:
            self.pos += 1
        pattern = self._closed("/", True)
        substitute = self._closed("}", True)
        value = self._look_up(name)
        if value is None and self.keep_unset:
            return f"${{{name}/{pattern}/{substitute}}}"
        try:
            return replace(value or "", pattern, substitute, every=every)
        except PatternError as error:
            raise ExpandError(f"invalid pattern ({pattern}) in a substitution: {error}") from None


def _add(ch: str, buffer: list[str], words: list[str], in_word: bool) -> bool:
    if ch not in SPACES:
        buffer.append(ch)
        return True
    if in_word and any(buffer):
        words.append("".join(buffer))
        buffer.clear()
        return False
    return in_word


def _flush(buffer: list[str], words: list[str]) -> list[str]:
    if any(buffer):
        words.append("".join(buffer))
    buffer.clear()
    return words
