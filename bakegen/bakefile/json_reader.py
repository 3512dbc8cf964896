"""JSON text to a `Document`, as HCL's JSON form wants it: every string is a template, a name may come twice."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bakegen.bakefile.model import (
    Attribute,
    Block,
    Document,
    Expression,
    Field,
    Items,
    Literal,
    Opaque,
    Problem,
    Table,
)
from bakegen.text import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 64

_BLOCKS = ("target", "group", "variable", "function")
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_ESCAPE = re.compile(r'(?:\\u[0-9a-fA-F]{4})+|\\["\\/bfnrt]')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}


class _Broken(Exception):
    def __init__(self, span: Span, message: str) -> None:
        self.problem = Problem(span, message)


def read_json(source: Source) -> Document:
    """The document of a JSON text, whatever it is."""
    if len(source.text) > MAX_CHARACTERS:
        why = f"the file has {len(source.text):,} characters; at most {MAX_CHARACTERS:,} are read"
        return Document(source, problems=(Problem(Span(0, 0), why),))
    reader = _Reader(source.text)
    try:
        root = reader.whole()
    except _Broken as broken:
        return Document(source, problems=(broken.problem,))
    blocks: list[Block] = []
    attributes: list[Attribute] = []
    problems: list[Problem] = []
    for table in _tables(root, problems):
        for field in table.fields:
            key = _key(field)
            if key in _BLOCKS:
                blocks.extend(_blocks(key, field.value, problems, reader))
            elif key != "//":
                attributes.append(_attribute(field, key, reader))
    return Document(source, tuple(blocks), tuple(attributes), tuple(problems), (), reader.names)


def _key(field: Field) -> str:
    return field.key.value if isinstance(field.key, Literal) and isinstance(field.key.value, str) else ""


def _attribute(field: Field, name: str, reader: _Reader) -> Attribute:
    span = Span(field.key.span.start, field.value.span.end)
    return Attribute(name, field.key.span, span, _with_keys(field.value, reader))


def _with_keys(value: Expression, reader: _Reader) -> Expression:
    """`value` with the keys of its objects as templates, which names of blocks and attributes are not."""
    if isinstance(value, Items):
        return Items(value.span, tuple(_with_keys(item, reader) for item in value.items))
    if isinstance(value, Table):
        fields = [
            Field(reader.templated(one.key) if isinstance(one.key, Literal) else one.key, _with_keys(one.value, reader))
            for one in value.fields
        ]
        return Table(value.span, tuple(fields))
    return value


def _tables(value: Expression, problems: list[Problem]) -> Iterator[Table]:
    """The objects of one object, of a list of them, or of null."""
    if isinstance(value, Table):
        yield value
    elif isinstance(value, Items):
        for item in value.items:
            yield from _tables(item, problems) if isinstance(item, Table) else ()
            if not isinstance(item, Table):
                problems.append(Problem(item.span, "an object must stand here"))
    elif not (isinstance(value, Literal) and value.value is None):
        problems.append(Problem(value.span, "an object must stand here"))


def _blocks(kind: str, value: Expression, problems: list[Problem], reader: _Reader) -> Iterator[Block]:
    for table in _tables(value, problems):
        for field in table.fields:
            if _key(field) == "//":
                continue
            for body in _tables(field.value, problems):
                yield _block(kind, field, body, problems, reader)


def _block(kind: str, field: Field, body: Table, problems: list[Problem], reader: _Reader) -> Block:
    attributes = []
    seen: set[str] = set()
    for inner in body.fields:
        name = _key(inner)
        if name == "//" or (kind == "variable" and name == "validation"):
            continue
        if name in seen:
            problems.append(Problem(inner.key.span, f"{name!r} is set twice in one block"))
        seen.add(name)
        attributes.append(_attribute(inner, name, reader))
    span = Span(field.key.span.start, body.span.end)
    return Block(kind, (_key(field),), field.key.span, span, tuple(attributes))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.names: dict[str, list[Span]] = {}

    def whole(self) -> Expression:
        if self.text.startswith("\ufeff"):
            self.at = 1
        value = self.value(0)
        self.skip()
        if self.at < len(self.text):
            raise _Broken(Span(self.at, self.at + 1), "the JSON value ends before this")
        return value

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def refuse(self, message: str) -> _Broken:
        match = _WORD.match(self.text, self.at)
        end = min(match.end(), self.at + 80) if match else min(len(self.text), self.at + 1)
        return _Broken(Span(self.at, end), message)

    def take(self, mark: str) -> bool:
        self.skip()
        if self.text.startswith(mark, self.at):
            self.at += 1
            return True
        return False

    def value(self, depth: int) -> Expression:
        self.skip()
        start = self.at
        if depth > MAX_DEPTH:
            raise self.refuse(f"nested more than {MAX_DEPTH} levels deep")
        if self.take("{"):
            return self.table(start, depth)
        if self.take("["):
            return self.items(start, depth)
        if self.text.startswith('"', start):
            return self.templated(self.string())
        number = _NUMBER.match(self.text, start)
        if number is not None:
            self.at = number.end()
            span = Span(start, self.at)
            text = number[0]
            whole = text.removeprefix("-").isdigit() and len(text) < 40
            return Literal(span, int(text)) if whole else Opaque(span)
        word = _WORD.match(self.text, start)
        if word is not None and word[0] in _WORDS:
            self.at = word.end()
            return Literal(Span(start, self.at), _WORDS[word[0]])
        raise self.refuse("a JSON value must stand here")

    def table(self, start: int, depth: int) -> Table:
        fields: list[Field] = []
        if self.take("}"):
            return Table(Span(start, self.at), ())
        while True:
            self.skip()
            key = self.string()
            if not self.take(":"):
                raise self.refuse("a colon must stand here")
            fields.append(Field(key, self.value(depth + 1)))
            if self.take("}"):
                return Table(Span(start, self.at), tuple(fields))
            if not self.take(","):
                raise self.refuse("a comma or a closing brace must stand here")

    def items(self, start: int, depth: int) -> Items:
        items: list[Expression] = []
        if self.take("]"):
            return Items(Span(start, self.at), ())
        while True:
            items.append(self.value(depth + 1))
            if self.take("]"):
                return Items(Span(start, self.at), tuple(items))
            if not self.take(","):
                raise self.refuse("a comma or a closing bracket must stand here")

    def string(self) -> Literal:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self.refuse("a string in double quotes must stand here, with the escapes of JSON")
        self.at = match.end()
        return Literal(Span(match.start(), match.end()), _ESCAPE.sub(_unescaped, match[1]))

    def templated(self, literal: Literal) -> Expression:
        text = literal.value
        assert isinstance(text, str)
        if any("\ud800" <= char <= "\udfff" for char in text):
            return Opaque(literal.span)
        if "${" in text or "%{" in text:
            from bakegen.bakefile.hcl_reader import read_template

            return read_template(text, literal.span, self.names)
        return literal if text.isascii() else Literal(literal.span, unicodedata.normalize("NFC", text))


def _unescaped(match: re.Match[str]) -> str:
    text = match[0]
    if text[1] != "u":
        return _SHORT.get(text[1], text[1])
    # Pairs of surrogates are one character; what is left of them is Unicode's replacement character, as in Go.
    units = b"".join(int(text[at + 2 : at + 6], 16).to_bytes(2, "big") for at in range(0, len(text), 6))
    return units.decode("utf-16-be", "replace")
