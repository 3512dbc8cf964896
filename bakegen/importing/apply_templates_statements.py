"""A program of ``jq-template.awk`` as a Dockerfile.j2: texts, conditions and loops in the order in which they print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.importing import apply_templates_shapes as shapes
from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.importing.apply_templates_syntax import Node
from bakegen.importing.apply_templates_values import OR, WHOLE, Value, entries_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.importing.apply_templates_expressions import Expressions
    from bakegen.importing.apply_templates_scope import Condition, Scope
    from bakegen.importing.apply_templates_writer import Writer

    Then = Callable[[Node, Scope], None]


class Statements:
    """Writes what a program prints.

    Args:
        expressions: translate its expressions.
        writer: takes the text.
    """

    def __init__(self, expressions: Expressions, writer: Writer) -> None:
        self.expressions = expressions
        self.writer = writer
        self._depth = 0

    def show(self, node: Node, scope: Scope) -> None:
        """Writes what prints the text that an expression gives.

        Raises:
            RefusedError: it is not carried over.
        """
        if node.name == "text" or (node.name == "literal" and isinstance(node.value, str)):
            self._text(node)
        elif node.name == "string":
            for part in node.parts:
                self._part(part, scope)
        elif node.name == "+":
            for part in node.parts:
                self.show(part, scope)
        elif node.name == "if":
            self._branches(node, scope, self.show)
        elif node.name == "as":
            self._bound(node, scope, lambda inner: self.show(node.parts[1], inner), looping=False)
        elif node.name == "|":
            self._piped(node, scope)
        elif node.name == "call" and node.value in self.expressions.functions and self._has_text(node):
            self.show(self.expressions.body(node), scope)
        elif (ending := shapes.ending_of(node)) is not None:
            self._listed(Node("dot", node.at), scope, ending, node)
        else:
            self._value(node, scope)

    def _text(self, node: Node) -> None:
        text = str(node.value)
        if "\r" in text:
            raise RefusedError(node.at, "a line that ends with a carriage return")
        self.writer.text(text)

    def _part(self, node: Node, scope: Scope) -> None:
        """What is put into a string: numbers are texts there."""
        if node.name == "literal" and isinstance(node.value, str):
            self._text(node)
            return
        value = self.expressions.value(Node("string", node.at, (Node("literal", node.at, (), ""), node)), scope)
        self.writer.value(value.text.removeprefix("'' ~ "))

    def _value(self, node: Node, scope: Scope) -> None:
        value = self.expressions.use(self.expressions.value(node, scope))
        if value.kinds == {"null"}:
            return
        if not value.kinds or not value.kinds <= {"text", "null"}:
            raise RefusedError(node.at, "what is printed here is no text")
        text = f"{value.within(OR)} or ''" if value.may_be_null else value.text.removesuffix(" | string")
        self.writer.value(text.removesuffix(".name") if text == "version.name" else text)

    def _has_text(self, node: Node) -> bool:
        name = str(node.value)
        return name not in self.expressions.named and shapes.any_text(self.expressions.functions[name].body)

    def _branches(self, node: Node, scope: Scope, then: Then) -> None:
        """Conditions with what is written in each branch; those whose outcome is known leave one branch."""
        keyword = "if"
        parts = node.parts
        while len(parts) > 1:
            condition = self.expressions.condition(parts[0], scope)
            if condition.always is True:
                parts = (parts[1],)
                break
            if condition.always is None and self._branch(
                f"{keyword} {condition.text}", parts[1], condition, scope, then
            ):
                keyword = "elif"
            scope = scope.without(condition)
            parts = parts[2:]
        if keyword == "if":
            then(parts[0], scope)
            return
        if not shapes.is_nothing(parts[0]):
            self.writer.tag("else")
            then(parts[0], scope)
        self.writer.tag("endif")

    def _branch(self, tag: str, node: Node, condition: Condition, scope: Scope, then: Then) -> bool:
        """One branch; not written where it is for no version that is there, and cannot be carried over."""
        before = self.writer.state()
        self.writer.tag(tag)
        try:
            then(node, scope.where(condition))
        except RefusedError:
            if not condition.never:
                raise
            self.writer.back(before)
            return False
        return True

    def _bound(self, node: Node, scope: Scope, then: Callable[[Scope], None], *, looping: bool) -> None:
        """A variable, and what is written then."""

        def bind(one: Node, inner: Scope) -> None:
            value, name = self.expressions.value(one, inner), str(node.value)
            if value.entry is None and value.entries is None and not shapes.is_short(value):
                self.expressions.use(value)
                variable = self.expressions.fresh(name)
                self.writer.tag(f"set {variable} = {value.text}")
                value = replace(value, text=variable, level=WHOLE, instead="", there="", path=None)
            then(scope.having(name, value))

        self._each(node.parts[0], scope, bind, looping=looping)

    def _piped(self, node: Node, scope: Scope) -> None:
        stages = shapes.stages_of(node)
        ending = shapes.ending_of(stages[-1])
        before = shapes.pipe(stages[:-1])
        if ending is not None:
            self._listed(before, scope, ending, node)
        elif stages[-1].name == "format" and stages[-1].value == "@sh":
            self._quoted(before, scope, node)
        elif stages[-1].name == "call" or not shapes.any_text(stages[-1]):
            self._value(node, scope) if not shapes.any_text(node) else self._through(before, stages[-1], scope)
        else:
            self._through(before, stages[-1], scope)

    def _through(self, before: Node, last: Node, scope: Scope) -> None:
        self._each(before, scope, lambda one, inner: self.show(last, self._on(one, inner)), looping=False)

    def _on(self, node: Node, scope: Scope) -> Scope:
        """What is seen behind a pipe."""
        return scope.on(self.expressions.value(node, scope))

    def _quoted(self, node: Node, scope: Scope, whole: Node) -> None:
        """``@sh``, readable where no value has a quote in it."""
        parts = node.parts if node.name == "string" else (node,)
        values = [self.expressions.value(one, scope) for one in parts]
        if not all(one.is_text and shapes.quotes_nothing(one) for one in values):
            self._value(whole, scope)
            return
        self.writer.text("'")
        for part in parts:
            self.show(part, scope)
        self.writer.text("'")

    def _listed(self, node: Node, scope: Scope, separator: str, whole: Node) -> None:
        """A list whose texts are written one behind the other."""
        if not separator:
            self._elements(node, scope, self.show)
            return
        try:
            self._value(whole, scope)
            return
        except RefusedError:
            pass
        stages = shapes.stages_of(node)
        if stages[-1].name != "call" or stages[-1].value != "map" or not shapes.is_single(stages[-1].parts[0]):
            raise RefusedError(whole.at, "`join` of this")

        def show(one: Node, inner: Scope) -> None:
            self.show(stages[-1].parts[0], self._on(one, inner))
            self.writer.tag("if not loop.last")
            self.writer.text(separator)
            self.writer.tag("endif")

        self._loop(self.expressions.value(shapes.pipe(stages[:-1]), scope), scope, show, node)

    def _elements(self, node: Node, scope: Scope, then: Then) -> None:
        """Each element of a list."""
        stages = shapes.stages_of(node)
        last = stages[-1]
        before = shapes.pipe(stages[:-1])
        if last.name == "call" and last.value == "map" and len(last.parts) == 1:
            inner = last.parts[0]
            self._elements(before, scope, lambda one, at: self._each(inner, self._on(one, at), then, looping=True))
        elif last.name == "list" and last.parts:
            inner = last.parts[0]
            self._each(before, scope, lambda one, at: self._each(inner, self._on(one, at), then, looping=True),
                       looping=False)  # fmt: skip
        elif last.name == "call" and last.value in self.expressions.functions and self._has_text(last):
            self._elements(self.expressions.body(last), scope, then)
        else:
            self._loop(self.expressions.value(node, scope), scope, then, node)

    def _each(self, node: Node, scope: Scope, then: Then, *, looping: bool) -> None:
        """Each of the values that an expression gives, told as an expression; one alone where not `looping`."""
        if node.name == "|":
            left, right = node.parts
            self._each(left, scope, lambda one, at: self._each(right, self._on(one, at), then, looping=looping),
                       looping=looping)  # fmt: skip
        elif node.name == "as":
            self._bound(node, scope, lambda inner: self._each(node.parts[1], inner, then, looping=looping),
                        looping=looping)  # fmt: skip
        elif not (looping and self._several(node, scope, then)):
            then(node, scope)

    def _several(self, node: Node, scope: Scope, then: Then) -> bool:
        """What gives no value or several; whether it is that."""
        if node.name == "each":
            self._loop(self.expressions.value(node.parts[0], scope), scope, then, node)
        elif node.name == "call" and node.value == "empty":
            pass
        elif node.name == "call" and node.value == "select" and len(node.parts) == 1:
            self._when(node, scope, then)
        elif node.name == "//" and node.parts[1].name == "call" and node.parts[1].value == "empty":
            self._there(node, scope, then)
        elif node.name == "+" and (optional := shapes.optional_of(node)) is not None:
            rest = shapes.replaced(node, optional, optional.parts[0])
            self._there(optional, scope, lambda _, at: self._each(rest, at.on(scope.dot), then, looping=True))
        elif node.name == "if" and any(shapes.is_several(one) for one in node.parts[1::2] + node.parts[-1:]):
            self._branches(node, scope, lambda one, at: self._each(one, at, then, looping=True))
        else:
            return False
        return True

    def _when(self, node: Node, scope: Scope, then: Then) -> None:
        found = self.expressions.condition(node.parts[0], scope)
        if found.always is None:
            self.writer.tag(f"if {found.text}")
        if found.always is not False:
            then(Node("dot", node.at), replace(scope, dot=shapes.selected(node.parts[0], scope.dot)).where(found))
        if found.always is None:
            self.writer.tag("endif")

    def _there(self, node: Node, scope: Scope, then: Then) -> None:
        """``… // empty``: nothing is written where the value is not there."""
        value = self.expressions.use(self.expressions.value(node.parts[0], scope))
        if not value.kinds & {"null", "truth", "condition"}:
            then(node.parts[0], scope)
            return
        sure = scope.sure | {value.text}
        if value.values is None or any(kind not in ("text", "null") for kind in value.kinds) or "" in value.values:
            raise RefusedError(node.at, "an empty value before `//`")
        self.writer.tag(f"if {value.text}")
        there = replace(value, kinds=frozenset({"text"}), values=tuple(one for one in value.values if one is not None))
        then(Node("dot", node.at), replace(scope, dot=there, sure=sure))
        self.writer.tag("endif")

    def _loop(self, value: Value, scope: Scope, then: Then, node: Node) -> None:
        """A loop over a list or the values of a mapping."""
        fresh = self.expressions.fresh
        if value.entries is not None:
            of = value.entries
            self.expressions.use_keys(of)
            one = entries_of(of, (fresh("key"), fresh("value")))
            if one is None or one.entry is None:
                raise RefusedError(node.at, "the entries of what is not known")
            source = f"{of.within(WHOLE)} | dictsort(true)" if value.is_sorted else f"{of.within(WHOLE)}.items()"
            self.writer.tag(f"for {one.entry[0].text}, {one.entry[1].text} in {source}")
        elif value.kinds == {"object"} and value.values is not None:
            self.expressions.use_keys(value)
            entry = entries_of(value, ("", fresh("value")))
            assert entry is not None
            assert entry.entry is not None
            one = entry.entry[1]
            self.writer.tag(f"for {one.text} in {value.within(WHOLE)}.values()")
        elif value.kinds == {"list"} and value.of <= {"text"}:
            self.expressions.use(value)
            items = [item for listed in value.values or () if isinstance(listed, list) for item in listed]
            one = Value(fresh("item"), values=None if value.values is None else tuple(map(str, items)))
            self.writer.tag(f"for {one.text} in {value.text}")
        else:
            raise RefusedError(node.at, "a loop over what is not known")
        then(Node("dot", node.at), scope.on(one))
        self.expressions.free(*([value.text for value in one.entry] if one.entry is not None else [one.text]))
        self.writer.tag("endfor")
