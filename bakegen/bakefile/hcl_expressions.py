"""Nodes of tree-sitter's HCL grammar to expressions; what is not understood is `Opaque`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.hcl_strings import undoubled, unquoted
from bakegen.bakefile.model import (
    Call,
    Expression,
    Field,
    Items,
    Literal,
    Name,
    Opaque,
    Operation,
    Part,
    Table,
    Template,
)
from bakegen.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 64


class Expressions:
    """Reads the expressions of one text."""

    def __init__(self, text: str, offsets: list[int] | None, fixed: Span | None) -> None:
        """What to read.

        Args:
            text: the text.
            offsets: the character of each byte; None where they are the same.
            fixed: the one place that everything is at, for a text that stands in another.
        """
        self.text = text
        self.offsets = offsets
        self.fixed = fixed

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
