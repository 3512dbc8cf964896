"""HCL text to a `Document`, with tree-sitter's grammar; it is loaded when the first HCL file is read."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from bakegen.bakefile.hcl_strings import offsets_of, undoubled, unquoted
from bakegen.bakefile.model import (
    Attribute,
    Block,
    Call,
    Document,
    Expression,
    Field,
    Items,
    Literal,
    Name,
    Opaque,
    Operation,
    Part,
    Problem,
    Table,
    Template,
)
from bakegen.text import Source, Span

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 64

_EXPONENT = re.compile(r"[eE][+-]?\d+")


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


class Reader:
    """One text on its way to a document."""

    def __init__(self, text: str, fixed: Span | None = None) -> None:
        self.text = text
        self.fixed = fixed
        data = text.encode("utf-8", "surrogateescape")
        self.offsets = None if len(data) == len(text) else offsets_of(text, len(data))
        self.root = _parser().parse(data).root_node
        self.names: dict[str, list[Span]] = {}
        self.problems: list[Problem] = []

    def place(self, node: Node) -> Span:
        """Where a node is, in characters."""
        return self.fixed or Span(*self.range(node))

    def range(self, node: Node) -> tuple[int, int]:
        start, end = node.start_byte, node.end_byte
        return (start, end) if self.offsets is None else (self.offsets[start], self.offsets[end])

    def of(self, node: Node) -> str:
        """The text of a node."""
        start, end = self.range(node)
        return self.text[start:end]

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
                # The grammar lacks exponents, which HCL has.
                if not self.problems and _EXPONENT.fullmatch(self.of(node)) is None:
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

    def expression(self, node: Node, depth: int) -> Expression:
        """The expression of a node; what is not understood is `Opaque`."""
        where = self.place(node)
        if depth > MAX_DEPTH or node.has_error:
            return Opaque(where)
        children = [child for child in node.children if child.type != "comment"]
        if node.type == "expression":
            return self.chain(children, depth, where)
        if len(children) == 1 and node.type in ("literal_value", "collection_value", "template_expr", "operation"):
            return self.expression(children[0], depth)
        method = getattr(self, f"_{node.type}", None)
        if method is None:
            return Opaque(where)
        found: Expression = method(node, children, depth + 1)
        return found

    def chain(self, children: list[Node], depth: int, where: Span) -> Expression:
        if not children:
            return Opaque(where)
        if children[0].type == "(":
            if len(children) < 3 or children[2].type != ")":
                return Opaque(where)
            found, rest = self.expression(children[1], depth + 1), children[3:]
        else:
            found, rest = self.expression(children[0], depth + 1), children[1:]
        for node in rest:
            key = self.key(node, depth)
            if key is None:
                return Opaque(where)
            found = Part(where, found, key)
        return found

    def key(self, node: Node, depth: int) -> Expression | None:
        if node.type == "get_attr":
            return Literal(self.place(node), self.of(node.children[-1]))
        if node.type == "index" and node.children[0].type == "new_index":
            inner = node.children[0].children
            return self.expression(inner[1], depth + 1) if len(inner) == 3 else None
        return None

    def _string_lit(self, node: Node, children: list[Node], depth: int) -> Expression:
        value = unquoted(self.of(node)[1:-1])
        return Opaque(self.place(node)) if value is None else Literal(self.place(node), value)

    def _numeric_lit(self, node: Node, children: list[Node], depth: int) -> Expression:
        text = self.of(node)
        whole = text.isascii() and text.isdigit() and len(text) < 40
        return Literal(self.place(node), int(text)) if whole else Opaque(self.place(node))

    def _bool_lit(self, node: Node, children: list[Node], depth: int) -> Expression:
        return Literal(self.place(node), self.of(node) == "true")

    def _null_lit(self, node: Node, children: list[Node], depth: int) -> Expression:
        return Literal(self.place(node), None)

    def _variable_expr(self, node: Node, children: list[Node], depth: int) -> Expression:
        return Name(self.place(node), self.of(node))

    def _tuple(self, node: Node, children: list[Node], depth: int) -> Expression:
        items = tuple(self.expression(one, depth) for one in children if one.type == "expression")
        return Items(self.place(node), items)

    def _object(self, node: Node, children: list[Node], depth: int) -> Expression:
        fields = []
        for one in children:
            if one.type == "object_elem":
                inner = [child for child in one.children if child.type == "expression"]
                if len(inner) != 2:
                    return Opaque(self.place(node))
                fields.append(Field(self.field_key(inner[0], depth), self.expression(inner[1], depth)))
        return Table(self.place(node), tuple(fields))

    def field_key(self, node: Node, depth: int) -> Expression:
        key = self.expression(node, depth)
        # A bare word is a key, unless it stands in parentheses.
        return Literal(key.span, key.name) if isinstance(key, Name) and node.children[0].type != "(" else key

    def _function_call(self, node: Node, children: list[Node], depth: int) -> Expression:
        arguments: list[Expression] = []
        for one in children[1:]:
            if one.type == "function_arguments":
                for argument in one.children:
                    if argument.type == "ellipsis":
                        return Opaque(self.place(node))
                    if argument.type == "expression":
                        arguments.append(self.expression(argument, depth))
        return Call(self.place(node), self.of(children[0]), tuple(arguments))

    def _conditional(self, node: Node, children: list[Node], depth: int) -> Expression:
        operands = tuple(self.expression(one, depth) for one in children if one.type == "expression")
        return Operation(self.place(node), "?", operands) if len(operands) == 3 else Opaque(self.place(node))

    def _binary_operation(self, node: Node, children: list[Node], depth: int) -> Expression:
        if len(children) != 3:
            return Opaque(self.place(node))
        operands = (self.expression(children[0], depth), self.expression(children[2], depth))
        return Operation(self.place(node), self.of(children[1]), operands)

    def _unary_operation(self, node: Node, children: list[Node], depth: int) -> Expression:
        if len(children) != 2:
            return Opaque(self.place(node))
        return Operation(self.place(node), self.of(children[0]), (self.expression(children[1], depth),))

    def _quoted_template(self, node: Node, children: list[Node], depth: int) -> Expression:
        start, end = self.range(node)
        return self.template(node, start + 1, end - 1, depth, quoted=True)

    def _heredoc_template(self, node: Node, children: list[Node], depth: int) -> Expression:
        start, end = self.range(node)
        words = [one for one in children if one.type == "heredoc_identifier"]
        if len(words) != 2 or self.of(children[0]) != "<<":
            return Opaque(self.place(node))
        begin = self.text.find("\n", start, end) + 1
        close = self.text.rfind("\n", begin - 1, end) + 1
        return self.template(node, begin, close, depth, quoted=False)

    def template(self, node: Node, start: int, end: int, depth: int, *, quoted: bool) -> Expression:
        """What stands between `start` and `end`: raw text between the interpolations."""
        parts: list[Expression] = []
        at = start

        def raw(until: int) -> bool:
            if at < until:
                text = self.text[at:until]
                value = unquoted(text) if quoted else undoubled(text)
                if value is None:
                    return False
                parts.append(Literal(self.fixed or Span(at, until), value))
            return True

        for one in node.children:
            if one.type == "template_directive":
                return Opaque(self.place(node))
            if one.type != "template_interpolation":
                continue
            inner = [child for child in one.children if child.type == "expression"]
            trimmed = any(child.type == "strip_marker" for child in one.children)
            begin, after = self.range(one)
            if len(inner) != 1 or trimmed or not raw(begin):
                return Opaque(self.place(node))
            parts.append(self.expression(inner[0], depth))
            at = after
        if not raw(end):
            return Opaque(self.place(node))
        if not parts:
            return Literal(self.place(node), "")
        if len(parts) == 1 and isinstance(parts[0], Literal):
            return Literal(self.place(node), parts[0].value)
        return Template(self.place(node), tuple(parts))
