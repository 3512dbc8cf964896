"""Go's regular expressions, as far as ignore patterns can produce them, read into a tree.

Docker turns an ignore pattern into text for Go's `regexp` without escaping everything, so a pattern may carry
alternations, repeats, ``\\d`` or ``[[:alpha:]]`` into it. `patterns` builds that text, `regex_match` matches it;
here it is read by the rules of https://github.com/google/re2/wiki/Syntax as Go's `regexp/syntax` applies them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOP = 0x10FFFF
BAD_RUNE = 0xFFFD

Ranges = tuple[tuple[int, int], ...]


class RegexError(ValueError):
    """The text is no regular expression to Go."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of sorted, disjoint ranges of code points."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place rather than a character: ``^ $ b B`` for start, end, at and off a word boundary."""

    kind: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """`body` at least `low` and at most `high` times; no upper bound when `high` is None."""

    body: Node
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the branches, each a sequence."""

    branches: tuple[tuple[Node, ...], ...]


Node = Chars | Assertion | Repeat | Choice


def merged(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """The same code points as sorted, disjoint ranges."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return tuple(out)


def negated(ranges: Ranges) -> Ranges:
    """All other code points."""
    gaps: list[tuple[int, int]] = []
    at = 0
    for low, high in ranges:
        if low > at:
            gaps.append((at, low - 1))
        at = high + 1
    if at <= TOP:
        gaps.append((at, TOP))
    return tuple(gaps)


def _of(text: str) -> Ranges:
    return merged((ord(c), ord(c)) for c in text)


_DIGIT = ((0x30, 0x39),)
_UPPER = ((0x41, 0x5A),)
_LOWER = ((0x61, 0x7A),)
_ALPHA = _UPPER + _LOWER
WORD = merged(_DIGIT + _ALPHA + _of("_"))
_PERL = {"d": _DIGIT, "s": _of("\t\n\f\r "), "w": WORD}
_POSIX = {
    "alnum": _DIGIT + _ALPHA,
    "alpha": _ALPHA,
    "ascii": ((0, 0x7F),),
    "blank": _of("\t "),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": _DIGIT,
    "graph": ((0x21, 0x7E),),
    "lower": _LOWER,
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": _of("\t\n\v\f\r "),
    "upper": _UPPER,
    "word": WORD,
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NOT_NEWLINE = negated(_of("\n"))


class _Reader:
    """Reads one expression; `at` is the next character's index."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def choice(self, nested: bool) -> Choice:
        branches: list[tuple[Node, ...]] = []
        sequence: list[Node] = []
        repeated = False
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == ")" and nested:
                break
            if char == "|":
                self.at += 1
                branches.append(tuple(sequence))
                sequence, repeated = [], False
                continue
            bounds = self.repeat()
            if bounds is not None:
                if not sequence:
                    raise RegexError("missing argument to repetition operator")
                if repeated:
                    raise RegexError("invalid nested repetition operator")
                sequence[-1] = Repeat(sequence[-1], *bounds)
                repeated = True
                continue
            repeated = False
            if self.text.startswith("\\Q", self.at):
                self.quoted(sequence)
            else:
                sequence.append(self.atom())
        branches.append(tuple(sequence))
        return Choice(tuple(branches))

    def repeat(self) -> tuple[int, int | None] | None:
        char = self.text[self.at]
        if char == "*":
            self.at += 1
            return 0, None
        if char == "?":
            self.at += 1
            return 0, 1
        if char != "{":
            return None
        found = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}").match(self.text, self.at)
        if found is None:
            return None
        low = int(found[1])
        high = low if found[2] is None else None if found[3] is None else int(found[3])
        if low > 1000 or (high is not None and (high > 1000 or high < low)):
            raise RegexError("invalid repeat count")
        self.at = found.end()
        return low, high

    def quoted(self, sequence: list[Node]) -> None:
        end = self.text.find("\\E", self.at + 2)
        stop = len(self.text) if end < 0 else end
        sequence += [Chars(_of(c)) for c in self.text[self.at + 2 : stop]]
        self.at = stop if end < 0 else stop + 2

    def atom(self) -> Node:
        char = self.text[self.at]
        if char == "[":
            return Chars(self.char_class())
        if char == "\\":
            following = self.text[self.at + 1 : self.at + 2]
            if following in ("b", "B", "A", "z"):
                self.at += 2
                return Assertion({"A": "^", "z": "$"}.get(following, following))
            shorthand = self.shorthand()
            if shorthand is not None:
                return Chars(shorthand)
            code = self.escape()
            return Chars(((code, code),))
        self.at += 1
        if char == "(":
            inner = self.choice(nested=True)
            if self.at >= len(self.text):
                raise RegexError("missing closing )")
            self.at += 1
            return inner
        if char == ".":
            return Chars(_NOT_NEWLINE)
        if char in "^$":
            return Assertion(char)
        return Chars(_of(char))

    def shorthand(self) -> Ranges | None:
        """``\\d \\s \\w`` and their negations; None when none stands here."""
        letter = self.text[self.at + 1 : self.at + 2]
        if letter in ("p", "P"):
            raise RegexError("Unicode classes are not supported in an ignore pattern")
        if self.text[self.at] != "\\" or letter.lower() not in _PERL or letter == "":
            return None
        self.at += 2
        ranges = _PERL[letter.lower()]
        return negated(ranges) if letter.isupper() else ranges

    def escape(self) -> int:
        self.at += 1
        if self.at >= len(self.text):
            raise RegexError("trailing backslash at end of expression")
        char = self.text[self.at]
        self.at += 1
        if char in "01234567":
            digits = re.compile("[0-7]{0,2}").match(self.text, self.at)
            more = digits[0] if digits else ""
            if char != "0" and not more:
                raise RegexError("invalid escape sequence")
            self.at += len(more)
            return int(char + more, 8)
        if char == "x":
            found = re.compile(r"\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2})").match(self.text, self.at)
            if found is None or int(found[1] or found[2], 16) > TOP:
                raise RegexError("invalid escape sequence")
            self.at = found.end()
            return int(found[1] or found[2], 16)
        if char in _CONTROLS:
            return ord(_CONTROLS[char])
        if ord(char) < 0x80 and not char.isalnum():
            return ord(char)
        raise RegexError("invalid escape sequence")

    def class_char(self) -> int:
        if self.at >= len(self.text):
            raise RegexError("missing closing ]")
        if self.text[self.at] == "\\":
            return self.escape()
        self.at += 1
        return ord(self.text[self.at - 1])

    def char_class(self) -> Ranges:
        self.at += 1
        negate = self.text.startswith("^", self.at)
        self.at += negate
        pairs: list[tuple[int, int]] = []
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            named = self.named_class()
            if named is not None:
                pairs += named
                continue
            if self.text.startswith("\\", self.at):
                shorthand = self.shorthand()
                if shorthand is not None:
                    pairs += shorthand
                    continue
            low = high = self.class_char()
            if self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                high = self.class_char()
                if high < low:
                    raise RegexError("invalid character class range")
            pairs.append((low, high))
        self.at += 1
        ranges = merged(pairs)
        return negated(ranges) if negate else ranges

    def named_class(self) -> Ranges | None:
        end = self.text.find(":]", self.at)
        if end < 0 or not self.text.startswith("[:", self.at):
            return None
        name = self.text[self.at + 2 : end]
        bare = name.removeprefix("^")
        if end < self.at + 2 or bare not in _POSIX:
            raise RegexError("invalid character class range")
        self.at = end + 2
        return negated(_POSIX[bare]) if name != bare else _POSIX[bare]


def read(text: str) -> Choice:
    """The tree of a regular expression.

    Raises:
        RegexError: Go would refuse it.
    """
    reader = _Reader(text)
    tree = reader.choice(nested=False)
    if reader.at < len(text):
        raise RegexError("unexpected )")
    return tree


def holds_code(ranges: Ranges, code: int) -> bool:
    """Whether a code point is in the ranges."""
    at = bisect_right(ranges, (code, TOP + 1)) - 1
    return at >= 0 and ranges[at][0] <= code <= ranges[at][1]


@dataclass(frozen=True, slots=True)
class Shape:
    """What every match of an expression has in common: how it starts and ends, and how many slashes it can hold."""

    prefix: str = ""
    tail: str = ""
    slashes: int | None = None
    """The most slashes; None for any number."""


def shape(tree: Choice) -> Shape:
    """The shape of an expression that is anchored at both ends; of others nothing is said."""
    if len(tree.branches) != 1:
        return Shape()
    nodes = tree.branches[0]
    if nodes[:1] != (Assertion("^"),) or nodes[-1:] != (Assertion("$"),):
        return Shape()
    return Shape(_literal(nodes[1:]), _literal(nodes[-2::-1])[::-1], _slashes(Choice((nodes,))))


def _literal(nodes: Sequence[Node]) -> str:
    """The plain characters that the nodes begin with."""
    text: list[str] = []
    for node in nodes:
        if not isinstance(node, Chars) or len(node.ranges) != 1 or node.ranges[0][0] != node.ranges[0][1]:
            break
        if node.ranges[0][0] == BAD_RUNE:
            break
        text.append(chr(node.ranges[0][0]))
    return "".join(text)


def _slashes(node: Node) -> int | None:
    if isinstance(node, Chars):
        return int(holds_code(node.ranges, 0x2F))
    if isinstance(node, Assertion):
        return 0
    if isinstance(node, Repeat):
        each = _slashes(node.body)
        if each == 0:
            return 0
        return None if each is None or node.high is None else each * node.high
    most = 0
    for branch in node.branches:
        total = 0
        for child in branch:
            count = _slashes(child)
            if count is None:
                return None
            total += count
        most = max(most, total)
    return most
