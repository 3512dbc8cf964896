"""HCL text to a `Document`, with tree-sitter's grammar; it is loaded when the first HCL file is read."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from bakegen.bakefile.hcl_expressions import MAX_DEPTH, Expressions
from bakegen.bakefile.hcl_strings import offsets_of, unquoted
from bakegen.bakefile.model import (
    Attribute,
    Block,
    Document,
    Expression,
    Literal,
    Opaque,
    Problem,
    Template,
)
from bakegen.text import Source, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_CHARACTERS = 1_000_000

_EXPONENT = re.compile(rb"(?<![\w.-])\d+(?:\.\d+)?[eE][+-]?\d+")


def read_hcl(source: Source) -> Document:
    """The document of an HCL text, whatever it is."""
    if len(source.text) > MAX_CHARACTERS:
        return Document(source, problems=(_too_large(source),))
    reader = Reader(source.text)
    return reader.document(source)


def read_template(text: str, span: Span, names: dict[str, list[Span]]) -> Expression:
    """The expression of a string in a JSON bake file, everything in it at the one place `span`."""
    word = "EOT"
    while word in text:
        word += "_"
    reader = Reader(f"x = <<{word}\n{text}\n{word}\n", span)
    expression = reader.only_expression()
    for name in reader.names:
        names.setdefault(name, []).append(span)
    return expression if expression is not None else Opaque(span)


def _too_large(source: Source) -> Problem:
    return Problem(Span(0, 0), f"the file has {len(source.text):,} characters; at most {MAX_CHARACTERS:,} are read")


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


class Reader(Expressions):
    """One text on its way to a document."""

    def __init__(self, text: str, fixed: Span | None = None) -> None:
        data = text.encode("utf-8", "surrogateescape")
        super().__init__(text, None if len(data) == len(text) else offsets_of(text, len(data)), fixed)
        self.root = _parser().parse(data).root_node
        if self.root.has_error and _EXPONENT.search(data) is not None:
            # The grammar lacks exponents. What the literals say is read from the text, not from these bytes.
            self.root = _parser().parse(_EXPONENT.sub(lambda match: b"9" * len(match[0]), data)).root_node
        self.names: dict[str, list[Span]] = {}
        self.problems: list[Problem] = []

    def document(self, source: Source) -> Document:
        """All of the text."""
        comments = self.look_around()
        blocks: list[Block] = []
        attributes: list[Attribute] = []
        for body in self.root.children:
            if body.type == "body":
                self.body(body, blocks, attributes, 0)
        return Document(source, tuple(blocks), tuple(attributes), tuple(self.problems), tuple(comments), self.names)

    def only_expression(self) -> Expression | None:
        """The value of the one attribute that the text is."""
        self.look_around()
        if self.problems or self.root.child_count != 1:
            return None
        blocks: list[Block] = []
        attributes: list[Attribute] = []
        self.body(self.root.children[0], blocks, attributes, 0)
        if blocks or len(attributes) != 1:
            return None
        value = attributes[0].value
        if isinstance(value, Literal) and isinstance(value.value, str):
            return Literal(value.span, value.value.removesuffix("\n"))
        if not isinstance(value, Template):
            return None
        *parts, last = value.parts
        if not isinstance(last, Literal) or not isinstance(last.value, str):
            return None
        rest = last.value.removesuffix("\n")
        return Template(value.span, (*parts, Literal(last.span, rest)) if rest else tuple(parts))

    def look_around(self) -> list[Span]:
        """Comments, names and syntax errors, found without recursion however deep the text is."""
        comments = []
        todo = [self.root]
        while todo:
            node = todo.pop()
            kind = node.type
            if kind == "comment":
                comments.append(self.place(node))
            elif node.is_missing:
                if not self.problems:
                    start, end = self.range(node)
                    self.problems.append(Problem(self.fixed or Span(start, end), f"here is no {node.type}"))
            elif kind == "ERROR":
                if not self.problems:
                    self.problems.append(self.broken(node))
            elif kind in ("variable_expr", "function_call") and node.children:
                first = node.children[0]
                self.names.setdefault(self.of(first), []).append(self.place(first))
            todo.extend(reversed(node.children))
        return comments

    def broken(self, node: Node) -> Problem:
        start, end = self.range(node)
        line_end = self.text.find("\n", start, end)
        end = line_end if line_end > start else min(end, start + 200)
        return Problem(
            self.fixed or Span(start, max(start, end)), "this is no HCL: what begins here cannot be read to its end"
        )

    def body(self, body: Node, blocks: list[Block], attributes: list[Attribute], depth: int) -> None:
        seen: set[str] = set()
        for node in body.children:
            if node.type == "attribute" and len(node.children) >= 3:
                name, value = node.children[0], node.children[-1]
                word = self.of(name)
                if word in seen:
                    self.problems.append(Problem(self.place(name), f"{word!r} is set twice in one block"))
                seen.add(word)
                attributes.append(
                    Attribute(word, self.place(name), self.place(node), self.expression(value, depth + 1))
                )
            elif node.type == "block" and depth < MAX_DEPTH:
                blocks.append(self.block(node, depth + 1))

    def block(self, node: Node, depth: int) -> Block:
        labels: list[str] = []
        where = self.place(node.children[0])
        blocks: list[Block] = []
        attributes: list[Attribute] = []
        for child in node.children[1:]:
            if child.type in ("string_lit", "identifier"):
                text = self.of(child)
                value = unquoted(text[1:-1]) if child.type == "string_lit" else text
                if not labels:
                    where = self.place(child)
                labels.append(text if value is None else value)
            elif child.type == "body":
                self.body(child, blocks, attributes, depth)
        return Block(
            self.of(node.children[0]), tuple(labels), where, self.place(node), tuple(attributes), tuple(blocks)
        )
