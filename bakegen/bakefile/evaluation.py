"""Expressions to values: variables with their defaults, functions that are exact, everything else unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bakefile.functions import call, equal, negated
from bakegen.bakefile.model import (
    Block,
    Call,
    Document,
    Expression,
    Items,
    Literal,
    Name,
    Operation,
    Part,
    Table,
    Template,
)
from bakegen.bakefile.values import UNKNOWN, Content, Value, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.text import Source

MAX_STEPS = 200_000
MAX_TEXT = 100_000
_MAX_CALLS = 20
_RESERVED = ("target", "group")
_TYPES = ("string",)

Locals = Mapping[str, Value]


class Evaluator:
    """Evaluates expressions of the documents that bake reads together; the last definition of a variable counts."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.variables: dict[str, tuple[Document, Block]] = {}
        self.functions: dict[str, tuple[Document, Block]] = {}
        self.plain: dict[str, tuple[Document, Expression]] = {}
        self.unsure: set[str] = set()
        for document in documents:
            for block in document.blocks:
                if block.kind == "variable" and block.name not in _RESERVED:
                    self.variables[block.name] = (document, block)
                elif block.kind == "function":
                    self.functions[block.name] = (document, block)
            for attribute in document.attributes:
                if attribute.name in self.plain:
                    self.unsure.add(attribute.name)
                self.plain[attribute.name] = (document, attribute.value)
        self.found: dict[str, Value | None] = {}
        self.steps = 0
        self.calls = 0

    def value(self, expression: Expression, source: Source, scope: Locals | None = None) -> Value:
        """What `expression` in `source` is worth.

        Args:
            expression: the expression.
            source: the file that it stands in.
            scope: variables of a matrix, or parameters of a function.
        """
        self.steps += 1
        if self.steps > MAX_STEPS:
            return Value(UNKNOWN, expression.span, source)
        return self._value(expression, source, scope or {})

    def _value(self, expression: Expression, source: Source, scope: Locals) -> Value:
        unknown = Value(UNKNOWN, expression.span, source)
        match expression:
            case Literal():
                return unknown.as_(expression.value)
            case Template():
                return self._template(expression, unknown, scope)
            case Items():
                return unknown.as_(tuple(self.value(one, source, scope) for one in expression.items))
            case Table():
                return self._table(expression, unknown, scope)
            case Name():
                found = self._name(expression.name, scope)
                return unknown if found is None else unknown.as_(found.content, found)
            case Part():
                return self._part(expression, unknown, scope)
            case Call():
                return self._call(expression, unknown, scope)
            case Operation():
                return self._operation(expression, unknown, scope)
        return unknown

    def _template(self, expression: Template, unknown: Value, scope: Locals) -> Value:
        parts = [self.value(one, unknown.source, scope) for one in expression.parts]
        if len(parts) == 1:
            return unknown.as_(parts[0].content, parts[0])
        texts = [as_text(one.content) for one in parts]
        known = [text for text in texts if text is not None]
        if len(known) < len(texts) or sum(map(len, known)) > MAX_TEXT:
            return unknown.as_(UNKNOWN, *parts)
        text = "".join(known)
        if not text.isascii():
            import unicodedata

            text = unicodedata.normalize("NFC", text)
        return unknown.as_(text, *parts)

    def _table(self, expression: Table, unknown: Value, scope: Locals) -> Value:
        fields: dict[str, Value] = {}
        for one in expression.fields:
            key = self.value(one.key, unknown.source, scope)
            name = as_text(key.content)
            if name is None:
                return unknown
            value = self.value(one.value, unknown.source, scope)
            fields[name] = replace(value, key_span=key.span)
        return unknown.as_(fields)

    def _name(self, name: str, scope: Locals) -> Value | None:
        if name in scope:
            return scope[name]
        if name not in self.found:
            self.found[name] = None  # what leads back to itself is unknown
            self.found[name] = self._variable(name)
        return self.found[name]

    def _variable(self, name: str) -> Value | None:
        if name in self.plain:
            document, expression = self.plain[name]
            return None if name in self.unsure else self.value(expression, document.source)
        if name not in self.variables:
            return None
        document, block = self.variables[name]
        default, kind = block.attribute("default"), block.attribute("type")
        if default is None:
            return None  # the environment is meant to set it
        value = self.value(default.value, document.source)
        content: Content = value.content
        if kind is not None:
            named = kind.value.name if isinstance(kind.value, Name) else getattr(kind.value, "value", "")
            if named not in _TYPES or not isinstance(content, str | bool | int):
                return None
            content = as_text(content)
        if content is None:
            return None
        return replace(value, content=content, variables=value.variables | {name})

    def _part(self, expression: Part, unknown: Value, scope: Locals) -> Value:
        base = self.value(expression.base, unknown.source, scope)
        key = self.value(expression.key, unknown.source, scope)
        found: Value | None = None
        if isinstance(base.content, Mapping) and isinstance(key.content, str):
            found = base.content.get(key.content)
        elif isinstance(base.content, tuple) and isinstance(key.content, int) and not isinstance(key.content, bool):
            found = base.content[key.content] if 0 <= key.content < len(base.content) else None
        return unknown if found is None else unknown.as_(found.content, base, key, found)

    def _call(self, expression: Call, unknown: Value, scope: Locals) -> Value:
        arguments = [self.value(one, unknown.source, scope) for one in expression.arguments]
        if expression.name not in self.functions:
            return unknown.as_(call(expression.name, arguments), *arguments)
        document, block = self.functions[expression.name]
        params, result = block.attribute("params"), block.attribute("result")
        if params is None or result is None or block.attribute("variadic_params") or self.calls >= _MAX_CALLS:
            return unknown
        names = [
            one.name if isinstance(one, Name) else getattr(one, "value", None)
            for one in (params.value.items if isinstance(params.value, Items) else ())
        ]
        if len(names) != len(arguments) or not all(isinstance(name, str) for name in names):
            return unknown
        if not all(one.known for one in arguments):
            return unknown
        self.calls += 1
        found = self.value(result.value, document.source, dict(zip(map(str, names), arguments, strict=True)))
        self.calls -= 1
        return unknown.as_(found.content, found, *arguments)

    def _operation(self, expression: Operation, unknown: Value, scope: Locals) -> Value:
        values = [self.value(one, unknown.source, scope) for one in expression.operands]
        contents = [one.content for one in values]
        content: Content = UNKNOWN
        if expression.operator == "?":
            return self._conditional(values, unknown)
        if expression.operator in ("==", "!=") and len(values) == 2:
            content = equal(values[0], values[1])
            if expression.operator == "!=":
                content = negated(content)
        elif expression.operator == "!" and len(values) == 1:
            content = negated(contents[0])
        elif expression.operator in ("&&", "||") and all(isinstance(one, bool) for one in contents):
            content = all(contents) if expression.operator == "&&" else any(contents)
        return unknown.as_(content, *values)

    def _conditional(self, values: list[Value], unknown: Value) -> Value:
        condition, yes, no = values
        if not isinstance(condition.content, bool):
            return unknown
        chosen, other = (yes, no) if condition.content else (no, yes)
        # Both sides become one type: only where that changes nothing is the result the chosen side.
        same = type(chosen.content) is type(other.content) or other.content is None or chosen.content is None
        if isinstance(chosen.content, str) and isinstance(other.content, bool | int):
            same = True
        if isinstance(chosen.content, str) and not other.known:
            same = True
        if isinstance(chosen.content, tuple) and not other.known:
            same = True
        variables = chosen.variables | condition.variables
        return replace(chosen, variables=variables) if same else unknown.as_(UNKNOWN, *values)
