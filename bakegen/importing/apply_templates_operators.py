"""Operators of jq as those of Jinja, for operands that both treat alike."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_conditions import is_odd
from bakegen.importing.apply_templates_lists import Lists
from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.importing.apply_templates_values import COMPARED, JOINED, OR, SUM, Value, known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.importing.apply_templates_scope import Scope
    from bakegen.importing.apply_templates_syntax import Node

_MOST = 200
_TRUTH = frozenset({"truth"})


class Operators(Lists):
    """Translates ``+``, ``==`` and the like, ``//``, and strings with values put in."""

    def _string(self, node: Node, scope: Scope) -> Value:
        return self._together([self.value(one, scope) for one in node.parts], node, shown=True)

    def _plus(self, node: Node, scope: Scope) -> Value:
        left, right = (self.use(self.value(one, scope)) for one in node.parts)
        if left.kinds == right.kinds == {"number"}:
            return Value(f"{left.within(SUM)} + {right.within(SUM)}", SUM, left.kinds)
        return self._together([left, right], node)

    def _together(self, parts: Sequence[Value], node: Node, *, shown: bool = False) -> Value:
        """Texts one behind the other."""
        texts, values = [], []
        for one in parts:
            self.use(one)
            whole = shown and one.kinds == {"number"} and all(isinstance(v, int) for v in one.values or [0.0])
            if not (one.is_text or whole or (not shown and one.kinds == {"text", "null"})):
                raise RefusedError(node.at, "what is put together here is no text")
            texts.append(f"({one.within(OR)} or '')" if one.may_be_null else one.within(JOINED))
            values.append(one.values)
        if not any(one.is_text for one in parts):
            raise RefusedError(node.at, "what is put together here may be nothing")
        text = " ~ ".join(texts)
        count = 1
        for found in values:
            count *= len(found) if found is not None else _MOST
        if count >= _MOST:
            return Value(text, JOINED)
        made = ["".join("" if v is None else str(v) for v in row) for row in product(*(v or () for v in values))]
        return known(text, made, JOINED)

    def _compare(self, node: Node, scope: Scope) -> Value:
        left, right = (self.use(self.value(one, scope)) for one in node.parts)
        kinds = (left.kinds | right.kinds) - {"null"}
        ordered = node.name not in ("==", "!=")
        if len(kinds) > 1 or not kinds <= {"text", "number", "truth"} or (
            ordered and (left.may_be_null or right.may_be_null or not kinds <= {"text", "number"})
        ):  # fmt: skip
            raise RefusedError(node.at, "values of different kinds are compared")
        text = f"{left.within(SUM)} {node.name} {right.within(SUM)}"
        if left.values is None or right.values is None or ordered:
            return Value(text, COMPARED, _TRUTH)
        same = {one == other for one in left.values for other in right.values}
        equal = node.name == "=="
        holds = None
        if left.text == "version.name" and len(right.values) == 1:
            holds = frozenset(name for name in self.facts if (name == right.values[0]) is equal)
        found = tuple(same if equal else {not one for one in same})
        return Value(text, COMPARED, _TRUTH, found, holds=holds)

    def _alternative(self, node: Node, scope: Scope) -> Value:
        left = self.use(self.value(node.parts[0], scope))
        if left.kinds and not left.kinds & {"null", "truth", "condition"}:
            return left
        if node.parts[1].name == "call" and node.parts[1].value in ("error", "empty"):
            raise RefusedError(node.at, f"a value that may be missing, and `{node.parts[1].value}` then")
        right = self.use(self.value(node.parts[1], scope))
        if left.kinds == {"null"}:
            return right
        if left.values is None or any(is_odd(one) for one in left.values):
            raise RefusedError(node.at, "an empty value before `//`")
        kinds = (left.kinds - {"null"}) | right.kinds
        values = None
        if right.values is not None:
            values = (*(one for one in left.values if one is not None and one is not False), *right.values)
        text = f"{left.within(OR)} or {right.within(OR)}"
        return known(text, values, OR) if values is not None else Value(text, OR, kinds)
