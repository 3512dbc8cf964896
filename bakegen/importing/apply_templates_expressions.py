"""Expressions of jq as expressions of Jinja with the same value, for what versions.json is known to have.

jq and Jinja differ in what counts as true (an empty text does in jq), in ``==`` of numbers and truths, in what ``+`` of
nothing is: wherever the values could make that matter, an expression is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from bakegen.importing.apply_templates_functions import applied, by_key, joined, one_of
from bakegen.importing.apply_templates_operators import Operators
from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.importing.apply_templates_shapes import is_key, quotes_nothing, uses_input
from bakegen.importing.apply_templates_values import (
    CHOICE,
    JOINED,
    KEYS,
    OR,
    WHOLE,
    Value,
    as_written,
    at_path,
    constant,
    field_of,
    known,
    surely,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json
    from bakegen.importing.apply_templates_scope import Scope
    from bakegen.importing.apply_templates_syntax import Definition, Node
    from bakegen.importing.apply_templates_values import Step

_RESERVED = frozenset(
    [
        "version",
        "flavor",
        "flavor2",
        "flavor3",
        "image",
        "variant",
        "vars",
        "registry",
        "repository",
        "facts",
        "loop",
        "self",
        "super",
        "caller",
        "range",
        "dict",
        "namespace",
        "true",
        "false",
        "none",
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "else",
        "for",
        "set",
    ]
)


class Expressions(Operators):
    """Translates the expressions of one template.

    Args:
        environment: the values of ``env.NAME``.
        functions: the definitions of the template.
        facts: what versions.json says of each version.
        full: the full version of each, where that is a field of the axis.
    """

    def __init__(
        self,
        environment: Mapping[str, Value],
        functions: Mapping[str, Definition],
        facts: Mapping[str, Json],
        full: Mapping[str, str],
    ) -> None:
        super().__init__(facts)
        self.full = full
        self.environment = environment
        self.functions = functions
        self.used: set[tuple[Step, ...]] = set()
        self.named: dict[str, Value] = {}
        self.prelude: list[str] = []
        self._open: list[str] = []
        self._taken: set[str] = set()

    def use(self, value: Value) -> Value:
        """`value`, noted as used."""
        if value.path is not None:
            self.used.add(value.path)
        if value.entries is not None:
            self.use_keys(value.entries)
        return value

    def use_keys(self, value: Value) -> None:
        """Notes that the keys of a mapping are used."""
        if value.path is not None:
            self.used.add((*value.path, KEYS))

    def value(self, node: Node, scope: Scope) -> Value:
        """The value of an expression that has exactly one.

        Raises:
            RefusedError: it is not carried over.
        """
        method = getattr(self, f"_{_METHODS.get(node.name, node.name)}", None)
        if method is None:
            raise RefusedError(node.at, "this gives several values, or none")
        found: Value = method(node, scope)
        found = surely(found) if found.may_be_null and found.text in scope.sure else found
        return as_written(found) if node.name == "field" else found

    def _dot(self, node: Node, scope: Scope) -> Value:
        if scope.versions is None or scope.dot.path != ():
            return scope.dot
        return known("facts", [one for name, one in self.facts.items() if name in scope.versions], path=())

    def _variable(self, node: Node, scope: Scope) -> Value:
        if node.value not in scope.variables:
            raise RefusedError(node.at, "this variable is not known here")
        return scope.variables[str(node.value)]

    def _literal(self, node: Node, scope: Scope) -> Value:
        return constant(cast("Json", node.value))

    def _field(self, node: Node, scope: Scope) -> Value:
        of, key = node.parts
        if of.name == "call" and of.value == "env":
            name = str(key.value)
            if name not in self.environment:
                raise RefusedError(node.at, f"which value env.{name} has is not known")
            return self.environment[name]
        base = self._of_versions(self.value(of, scope), scope)
        if base.entry is not None and key.value in ("key", "value"):
            return base.entry[0 if key.value == "key" else 1]
        step = self.value(key, scope)
        if key.name != "literal":
            self.use(step)
        found = field_of(base, step)
        if found is None:
            raise RefusedError(node.at, "what stands there is not known, or is no mapping")
        if found.text == "facts.version" and all(
            isinstance(one, dict) and one.get("version") == self.full.get(name) for name, one in self.facts.items()
        ):
            return known("version.full", found.values or ())
        return found

    def _of_versions(self, value: Value, scope: Scope) -> Value:
        """What of `value` the versions have that it can be about; a `select` may have left out more already."""
        if scope.versions is None or not value.path or value.values is None:
            return value
        there = {repr(one) for one in value.values}
        facts = [one for version, one in self.facts.items() if version in scope.versions]
        values = [one for one in at_path(facts, value.path) if repr(one) in there]
        narrow = known(value.text, values, value.level, value.path)
        found = replace(value, values=narrow.values, kinds=narrow.kinds, of=narrow.of)
        return found if found.may_be_null else surely(found)

    def _pipe(self, node: Node, scope: Scope) -> Value:
        left, right = node.parts
        if right.name == "call" and right.value == "not":
            return self._truth(node, scope)
        return self.value(right, scope.on(self.value(left, scope)))

    def _as(self, node: Node, scope: Scope) -> Value:
        return self.value(node.parts[1], scope.having(str(node.value), self.value(node.parts[0], scope)))

    def _if(self, node: Node, scope: Scope) -> Value:
        condition, then, *rest = node.parts
        found = self.condition(condition, scope)
        other = rest[0] if len(rest) == 1 else replace(node, parts=tuple(rest))
        if found.always is not None:
            return self.value(then if found.always else other, scope)
        yes = self.use(self.value(then, scope.where(found)))
        no = self.use(self.value(other, scope.without(found)))
        text = f"{yes.within(OR)} if {found.within(OR)} else {no.within(CHOICE)}"
        if "\n" in text:
            text = f"{yes.within(OR)}\nif {found.within(OR)} else {no.within(CHOICE)}"
        if yes.values is not None and no.values is not None:
            return known(text, (*yes.values, *no.values), CHOICE)
        return Value(text, CHOICE, yes.kinds | no.kinds, of=yes.of | no.of)

    def _format(self, node: Node, scope: Scope) -> Value:
        if node.value != "@sh" or not scope.dot.is_text:
            raise RefusedError(node.at, f"`{node.value}` of this")
        dot = self.use(scope.dot)
        inner = dot.text if quotes_nothing(dot) else f"{dot.within(WHOLE)}.replace(\"'\", \"'\\\\''\")"
        level = dot.level if inner is dot.text else WHOLE
        found = Value(inner, level).within(JOINED)
        values = None if dot.values is None else ["'" + str(one).replace("'", "'\\''") + "'" for one in dot.values]
        text = f'"\'" ~ {found} ~ "\'"'
        return Value(text, JOINED) if values is None else known(text, values, JOINED)

    def _call(self, node: Node, scope: Scope) -> Value:
        name = str(node.value)
        if name in self.functions:
            return self._defined(node, scope)
        if name == "not":
            return self._truth_of(scope.dot, node)
        if name == "sort_by" and len(node.parts) == 1 and is_key(node.parts[0]):
            found = by_key(scope.dot)
        elif name == "add" and not node.parts:
            found = joined(self.use(scope.dot), "")
        elif name == "join" and len(node.parts) == 1 and isinstance(node.parts[0].value, str):
            found = joined(self.use(scope.dot), node.parts[0].value)
        elif name == "IN" and node.parts:
            of = self.value(node.parts[0], scope) if len(node.parts) == 2 else scope.dot
            listed = node.parts[-1]
            several = listed.parts if listed.name == "," else (listed,)
            several = tuple(one for one in several if not (one.name == "call" and one.value == "empty"))
            found = one_of(self.use(of), tuple(self.use(self.value(one, scope)) for one in several))
        else:
            arguments = tuple(self.use(self.value(one, scope)) for one in node.parts)
            fixed = all(one.name == "literal" for one in node.parts)
            found = applied(name, scope.dot, arguments) if fixed or name not in ("sub", "gsub", "test") else None
            if found is not None and name != "to_entries":
                self.use_keys(scope.dot) if name in ("keys", "length") else self.use(scope.dot)
        if found is None:
            raise RefusedError(node.at, f"`{name}` of this")
        return found

    def _defined(self, node: Node, scope: Scope) -> Value:
        """What a function of the template gives: a variable where that does not depend on its input."""
        name = str(node.value)
        if name in self.named:
            return self.named[name]
        body = self.body(node)
        self._open.append(name)
        try:
            value = self.value(body, scope)
        finally:
            self._open.pop()
        if uses_input(body, self.functions) or value.text in ("true", "false"):
            return value
        self.use(value)
        variable = self.fresh(name)
        lead = "\n" if "\n" in value.text and not value.text.startswith(("[", "{", "(")) else " "
        self.prelude.append(f"set {variable} ={lead}{value.text}")
        self.named[name] = replace(value, text=variable, level=WHOLE, path=None, instead="", there="")
        return self.named[name]

    def body(self, node: Node) -> Node:
        """The body of a function of the template that is called."""
        found = self.functions[str(node.value)]
        if found.parameters or node.parts:
            raise RefusedError(node.at, "a function with parameters")
        if node.value in self._open:
            raise RefusedError(node.at, "a function that calls itself")
        return found.body

    def free(self, *names: str) -> None:
        """Lets later variables have these names again, where those that had them are seen no more."""
        self._taken.difference_update(names)

    def fresh(self, name: str) -> str:
        """`name` as that of a variable which no other has."""
        found = "".join(char for char in name if char.isalnum() or char == "_").lstrip("_0123456789") or "value"
        found = "".join(f"_{char.lower()}" if char.isupper() and at else char.lower() for at, char in enumerate(found))
        while found in self._taken or found in _RESERVED:
            found += "_"
        self._taken.add(found)
        return found


_METHODS = {
    "text": "literal",
    "|": "pipe",
    "+": "plus",
    "//": "alternative",
    "and": "truth",
    "or": "truth",
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "compare"),
}
