"""Conditions of jq as conditions of Jinja, where both count the same as true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_scope import Condition, both_of
from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.importing.apply_templates_values import AND, COMPARED, FILTERED, NOT, OR, Value, constant, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json
    from bakegen.importing.apply_templates_scope import Scope
    from bakegen.importing.apply_templates_syntax import Node


class Conditions:
    """Translates conditions; what else expressions are is said below it.

    Args:
        facts: what versions.json says of each version.
    """

    def __init__(self, facts: Mapping[str, Json]) -> None:
        self.facts = facts

    def value(self, node: Node, scope: Scope) -> Value:
        """The value of an expression."""
        raise NotImplementedError

    def use(self, value: Value) -> Value:
        """`value`, noted as used."""
        raise NotImplementedError

    def condition(self, node: Node, scope: Scope) -> Condition:
        """An expression as a condition."""
        if node.name in ("and", "or"):
            return self._both(node, scope)
        if node.name == "|":
            if node.parts[1].name == "call" and node.parts[1].value == "not" and not node.parts[1].parts:
                return self._not(self.condition(node.parts[0], scope))
            return self.condition(node.parts[1], scope.on(self.value(node.parts[0], scope)))
        value = self.use(self.value(node, scope))
        return self._true(value, node)

    def _true(self, value: Value, node: Node) -> Condition:
        if not value.kinds:
            raise RefusedError(node.at, "what stands there is not known")
        if value.kinds <= {"truth", "condition"}:
            if value.values is not None and len(set(value.values)) == 1 and value.text in ("true", "false"):
                return Condition(value.text, always=bool(value.values[0]))
            holds, others = value.holds, None
            if holds is not None:
                others = frozenset(self.facts) - holds
            never = value.values == (False,)
            return Condition(value.text, value.level, never=never, versions=holds, others=others)
        if not value.kinds & {"null", "truth", "condition"}:
            return Condition("true", always=True)
        if value.kinds == {"null"}:
            return Condition("false", always=False)
        sure = frozenset({value.text})
        if value.values is not None and not any(is_odd(one) for one in value.values):
            return Condition(value.text, value.level, sure=sure)
        if "truth" not in value.kinds and "condition" not in value.kinds:
            return Condition(f"{value.within(FILTERED)} is not none", COMPARED, sure=sure)
        raise RefusedError(node.at, "what counts as true here differs between jq and Jinja")

    def _not(self, one: Condition) -> Condition:
        if one.always is not None:
            return Condition("false" if one.always else "true", always=not one.always)
        return Condition(f"not {one.within(NOT)}", NOT, versions=one.others, others=one.versions)

    def _both(self, node: Node, scope: Scope) -> Condition:
        deciding = node.name == "or"
        left = self.condition(node.parts[0], scope)
        right = self.condition(node.parts[1], scope if deciding else scope.where(left))
        for one, other in ((left, right), (right, left)):
            if one.always is not None:
                return one if one.always is deciding else other
        level = OR if deciding else AND
        text = f"{left.within(level)} {node.name} {right.within(level)}"
        if deciding:
            return Condition(text, level, sure=left.sure & right.sure, never=left.never and right.never)
        versions = both_of(left.versions, right.versions)
        return Condition(text, level, sure=left.sure | right.sure, never=left.never or right.never, versions=versions)

    def _truth(self, node: Node, scope: Scope) -> Value:
        """``and``, ``or``, ``not`` as values."""
        found = self.condition(node, scope)
        if found.always is not None:
            return constant(found.always)
        return Value(found.text, found.level, frozenset({"condition"}))

    def _truth_of(self, value: Value, node: Node) -> Value:
        found = self._not(self._true(self.use(value), node))
        return (
            constant(found.always) if found.always is not None else Value(found.text, found.level, frozenset({"truth"}))
        )


def is_odd(value: Json) -> bool:
    """Whether jq takes a value as true, and Jinja does not."""
    return kind_of(value) not in ("null", "truth") and not value
