"""The jq that templates of docker-library use, as a tree; what stands outside of that part is refused.

Precedence as in jq's manual: https://jqlang.org/manual/ (``|``, ``,``, ``//``, or, and, comparisons, ``+``, ``*``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.importing.apply_templates_tokens import Token

_KEYWORDS = frozenset({"if", "then", "elif", "else", "end", "as", "def", "and", "or", "reduce", "foreach", "try",
                       "catch", "label", "import", "include"})  # fmt: skip
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Node:
    """One expression.

    Attributes:
        name: of its kind: ``dot``, ``field`` (of, key), ``each`` (of), ``text`` and ``string`` (parts), ``literal``,
            ``variable``, ``call`` (arguments), ``format``, ``list``, ``object`` (key, value, key …), ``if`` (condition,
            branch, condition …, else), ``as`` (of, body), ``|``, ``,``, ``//`` and the other signs.
        at: its offset.
        parts: the expressions in it.
        value: a literal's value, a name, or a text.
    """

    name: str
    at: int
    parts: tuple[Node, ...] = ()
    value: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A ``def``: the names of its parameters, and its body."""

    parameters: tuple[str, ...]
    body: Node


def program(tokens: Sequence[Token], end: int) -> Node:
    """The tree of an expression that has all of `tokens`; `end` is the offset to tell where more is wanted."""
    parser = _Parser(tokens, end)
    found = parser.pipe()
    parser.done()
    return found


def definitions(tokens: Sequence[Token], end: int) -> tuple[Mapping[str, Definition], tuple[str, ...]]:
    """The definitions by name, and the names of the files that are included."""
    parser = _Parser(tokens, end)
    found: dict[str, Definition] = {}
    included: list[str] = []
    while not parser.is_done:
        if parser.take("include"):
            token = parser.next()
            included += [part for part in token.parts if isinstance(part, str)]
            parser.want(";")
            continue
        parser.want("def")
        name = parser.next().text
        found[name] = parser.definition()
        parser.want(";")
        while parser.take(";"):  # a definition that ends with its own
            pass
    return found, tuple(included)


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: Sequence[Token], end: int) -> None:
        self.tokens = tokens
        self.at = 0
        self.end = end

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.tokens)

    def done(self) -> None:
        if not self.is_done:
            raise RefusedError(self.offset, "jq that is not known here")

    @property
    def offset(self) -> int:
        return self.end if self.is_done else self.tokens[self.at].at

    def peek(self) -> str:
        """The text of the next token, where that is no string."""
        return "" if self.is_done or self.tokens[self.at].kind in ("text", "string") else self.tokens[self.at].text

    def next(self) -> Token:
        if self.is_done:
            raise RefusedError(self.end, "an expression without its end")
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, text: str) -> bool:
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def want(self, text: str) -> None:
        if not self.take(text):
            raise RefusedError(self.offset, f"`{text}` is expected here")

    def definition(self) -> Definition:
        parameters = []
        if self.take("("):
            while True:
                parameters.append(self.next().text)
                if not self.take(";"):
                    break
            self.want(")")
        self.want(":")
        return Definition(tuple(parameters), self.pipe())

    def pipe(self) -> Node:
        start = self.offset
        left = self.comma()
        if self.take("as"):
            name = self.next()
            if name.kind != "variable":
                raise RefusedError(name.at, "a pattern after `as`")
            self.want("|")
            return Node("as", start, (left, self.pipe()), name.text)
        return Node("|", start, (left, self.pipe())) if self.take("|") else left

    def comma(self) -> Node:
        start = self.offset
        parts = [self.alternative()]
        while self.take(","):
            parts.append(self.alternative())
        return parts[0] if len(parts) == 1 else Node(",", start, tuple(parts))

    def alternative(self) -> Node:
        start = self.offset
        left = self.either()
        return Node("//", start, (left, self.alternative())) if self.take("//") else left

    def either(self) -> Node:
        left = self.both()
        while self.take("or"):
            left = Node("or", left.at, (left, self.both()))
        return left

    def both(self) -> Node:
        left = self.compared()
        while self.take("and"):
            left = Node("and", left.at, (left, self.compared()))
        return left

    def compared(self) -> Node:
        left = self.sum()
        sign = self.peek()
        if sign in _COMPARISONS:
            self.next()
            return Node(sign, left.at, (left, self.sum()))
        return left

    def sum(self) -> Node:
        left = self.term()
        while self.take("+"):
            left = Node("+", left.at, (left, self.term()))
        return left

    def term(self) -> Node:
        found = self.first()
        while True:
            start = self.offset
            if not self.is_done and self.tokens[self.at].kind == "field":
                key = Node("literal", start, (), self.next().text[1:])
                found = Node("field", found.at, (found, key))
            elif self.peek() == "[" or (self.peek() == "." and self.follows("[")):
                self.take(".")
                self.want("[")
                found = self.subscript(found)
            else:
                return found

    def follows(self, text: str) -> bool:
        after = self.at + 1
        return after < len(self.tokens) and self.tokens[after].text == text

    def subscript(self, of: Node) -> Node:
        if self.take("]"):
            return Node("each", of.at, (of,))
        key = self.pipe()
        self.want("]")
        return Node("field", of.at, (of, key))

    def first(self) -> Node:
        token = self.next()
        at = token.at
        if token.kind == "text":
            return Node("text", at, (), token.text)
        if token.kind == "string":
            return self.string(token)
        if token.kind == "number":
            return Node("literal", at, (), float(token.text) if "." in token.text else int(token.text))
        if token.kind == "variable":
            return Node("variable", at, (), token.text)
        if token.kind == "format":
            return Node("format", at, (), token.text)
        if token.kind == "field":
            return Node("field", at, (Node("dot", at), Node("literal", at, (), token.text[1:])))
        if token.kind == "word":
            return self.word(token)
        if token.text == ".":
            if not self.is_done and self.tokens[self.at].kind == "string":
                return Node("field", at, (Node("dot", at), self.string(self.next())))
            return Node("dot", at)
        return self.bracket(token)

    def bracket(self, token: Token) -> Node:
        if token.text == "(":
            found = self.pipe()
            self.want(")")
            return found
        if token.text == "[":
            if self.take("]"):
                return Node("list", token.at)
            found = Node("list", token.at, (self.pipe(),))
            self.want("]")
            return found
        if token.text == "{":
            return self.object(token.at)
        raise RefusedError(token.at, "jq that is not known here")

    def string(self, token: Token) -> Node:
        if len(token.parts) == 1 and isinstance(token.parts[0], str):
            return Node("literal", token.at, (), token.parts[0])
        parts = [
            Node("literal", token.at, (), part) if isinstance(part, str) else program(part, token.at)
            for part in token.parts
            if part
        ]
        return Node("string", token.at, tuple(parts))

    def word(self, token: Token) -> Node:
        if token.text == "if":
            return self.condition(token.at)
        if token.text in ("true", "false", "null"):
            return Node("literal", token.at, (), {"true": True, "false": False, "null": None}[token.text])
        if token.text in _KEYWORDS:
            raise RefusedError(token.at, f"`{token.text}` is not known here")
        parts: list[Node] = []
        if self.take("("):
            parts.append(self.pipe())
            while self.take(";"):
                parts.append(self.pipe())
            self.want(")")
        return Node("call", token.at, tuple(parts), token.text)

    def condition(self, at: int) -> Node:
        parts = []
        while True:
            parts.append(self.pipe())
            self.want("then")
            parts.append(self.pipe())
            if not self.take("elif"):
                break
        parts.append(self.pipe() if self.take("else") else Node("dot", at))
        self.want("end")
        return Node("if", at, tuple(parts))

    def object(self, at: int) -> Node:
        parts: list[Node] = []
        while not self.take("}"):
            token = self.next()
            if token.kind == "string":
                parts.append(self.string(token))
            elif token.kind in ("word", "number"):
                parts.append(Node("literal", token.at, (), token.text))
            else:
                raise RefusedError(token.at, "a computed key")
            self.want(":")
            value = self.term()
            while self.take("|"):
                value = Node("|", value.at, (value, self.term()))
            parts.append(value)
            if not self.take(","):
                self.want("}")
                break
        return Node("object", at, tuple(parts))
