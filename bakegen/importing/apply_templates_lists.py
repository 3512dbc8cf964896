"""Lists and mappings that jq makes of literals and conditions, as those of Jinja."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_conditions import Conditions
from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.importing.apply_templates_values import CHOICE, OR, SUM, WHOLE, Value, bracketed, jinja, known

if TYPE_CHECKING:
    from bakegen.bake.meaning import Json
    from bakegen.importing.apply_templates_scope import Scope
    from bakegen.importing.apply_templates_syntax import Node


class Lists(Conditions):
    """Translates lists and mappings."""

    def _object(self, node: Node, scope: Scope) -> Value:
        keys = [str(one.value) for one in node.parts[::2]]
        if any(one.name != "literal" for one in node.parts[::2]):
            raise RefusedError(node.at, "a computed key")
        values = [self.use(self.value(one, scope)) for one in node.parts[1::2]]
        text = bracketed("{", [f"{jinja(key)}: {one.text}" for key, one in zip(keys, values, strict=True)], "}")
        if any(not one.values for one in values):
            return Value(text, kinds=frozenset({"object"}))
        columns = [one.values or () for one in values]
        rows: list[Json] = [
            {key: column[at % len(column)] for key, column in zip(keys, columns, strict=True)}
            for at in range(max(map(len, columns), default=1))
        ]
        return known(text, rows)

    def _list(self, node: Node, scope: Scope) -> Value:
        texts, kinds = self._items(node.parts[0], scope) if node.parts else ([], frozenset())
        text = " + ".join(texts) or "[]"
        return Value(text, WHOLE if len(texts) < 2 else SUM, frozenset({"list"}), of=kinds)

    def _items(self, node: Node, scope: Scope) -> tuple[list[str], frozenset[str]]:
        """The elements of a list as lists that are added together, and what they can be."""
        groups: list[str | list[str]] = []
        kinds: frozenset[str] = frozenset()
        for part in node.parts if node.name == "," else (node,):
            if part.name == "call" and part.value == "empty":
                continue
            if part.name in ("if", ","):
                texts, inner = self._chosen(part, scope) if part.name == "if" else self._items(part, scope)
                groups += texts
                kinds |= inner
                continue
            value = self.use(self.value(part, scope))
            kinds |= value.kinds
            if not groups or isinstance(groups[-1], str):
                groups.append([])
            last = groups[-1]
            assert isinstance(last, list)
            last.append(value.within(CHOICE + 1))
        return [bracketed("[", one, "]") if isinstance(one, list) else one for one in groups], kinds

    def _chosen(self, node: Node, scope: Scope) -> tuple[list[str], frozenset[str]]:
        condition, then, *rest = node.parts
        found = self.condition(condition, scope)
        other = rest[0] if len(rest) == 1 else replace(node, parts=tuple(rest))
        if found.always is not None:
            return self._items(then if found.always else other, scope)
        yes, of_yes = self._items(then, scope.where(found))
        no, of_no = self._items(other, scope.without(found))
        text = f"{' + '.join(yes) or '[]'} if {found.within(OR)} else {' + '.join(no) or '[]'}"
        return [f"({text})"], of_yes | of_no
