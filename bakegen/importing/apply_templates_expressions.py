"""Expressions of jq as expressions of Jinja with the same value, for what versions.json is known to have.

jq and Jinja differ in what counts as true (an empty text does in jq), in ``==`` of numbers and truths, in what ``+`` of
nothing is: wherever the values could make that matter, an expression is refused.
"""

from __future__ import annotations

from dataclasses import field, replace
from itertools import product
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_functions import applied, by_key, joined, one_of
from bakegen.importing.apply_templates_segments import RefusedError
from bakegen.importing.apply_templates_values import (
    AND,
    CHOICE,
    COMPARED,
    FILTERED,
    JOINED,
    KEYS,
    NOT,
    OR,
    SUM,
    WHOLE,
    Value,
    bracketed,
    constant,
    field_of,
    jinja,
    kind_of,
    as_written,
    at_path,
    known,
    surely,
)
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.apply_templates_syntax import Definition, Node
    from bakegen.importing.apply_templates_values import Step

_MOST = 200
_TRUTH = frozenset({"truth"})
_RESERVED = frozenset(
    "version flavor flavor2 flavor3 image variant vars registry repository facts loop self super caller range dict "
    "namespace true false none and or not in is if else for set".split()
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: its input, the variables by name, and the expressions that are surely not nothing,
    and the versions that it can be about (None: all)."""

    dot: Value
    variables: Mapping[str, Value] = field(default_factory=dict)
    sure: frozenset[str] = frozenset()
    versions: frozenset[str] | None = None

    def on(self, dot: Value) -> Scope:
        """The same with another input."""
        return replace(self, dot=dot)

    def having(self, name: str, value: Value) -> Scope:
        """The same with one more variable."""
        return replace(self, variables={**self.variables, name: value})

    def where(self, condition: Condition) -> Scope:
        """The same where a condition holds."""
        return replace(self, sure=self.sure | condition.sure, versions=_both_of(self.versions, condition.versions))

    def without(self, condition: Condition) -> Scope:
        """The same where a condition does not hold."""
        return replace(self, versions=_both_of(self.versions, condition.others))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition.

    Attributes:
        text: the Jinja expression.
        level: how tightly its outermost operator binds.
        always: its value where that is known, whatever the versions are.
        sure: expressions that are not nothing where it holds.
        never: whether it holds for none of the versions and variants that are there.
        versions: the versions that it can hold for; `others`: that it cannot hold for; None: all.
    """

    text: str = ""
    level: int = WHOLE
    always: bool | None = None
    sure: frozenset[str] = frozenset()
    never: bool = False
    versions: frozenset[str] | None = None
    others: frozenset[str] | None = None

    def within(self, level: int) -> str:
        """The text as an operand."""
        return self.text if self.level >= level else f"({self.text})"


class Expressions:
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
        self.facts = facts
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
            if value.values is not None and len(set(value.values)) == 1 and value.text in ("true", "false"):  # type: ignore[type-var]
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
        if value.values is not None and not any(_is_odd(one) for one in value.values):
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
        versions = _both_of(left.versions, right.versions)
        return Condition(text, level, sure=left.sure | right.sure, never=left.never or right.never, versions=versions)

    def _truth(self, node: Node, scope: Scope) -> Value:
        """``and``, ``or``, ``not`` as values."""
        found = self.condition(node, scope)
        if found.always is not None:
            return constant(found.always)
        return Value(found.text, found.level, frozenset({"condition"}))

    def _dot(self, node: Node, scope: Scope) -> Value:
        if scope.versions is None or scope.dot.path != ():
            return scope.dot
        return known("facts", [one for name, one in self.facts.items() if name in scope.versions], path=())

    def _variable(self, node: Node, scope: Scope) -> Value:
        if node.value not in scope.variables:
            raise RefusedError(node.at, "this variable is not known here")
        return scope.variables[str(node.value)]

    def _literal(self, node: Node, scope: Scope) -> Value:
        return constant(node.value)

    def _field(self, node: Node, scope: Scope) -> Value:
        of, key = node.parts
        if of.name == "call" and of.value == "env":
            name = str(key.value)
            if name not in self.environment:
                raise RefusedError(node.at, f"which value env.{name} has is not known")
            return self.environment[name]
        base = self.value(of, scope)
        if base.entry is not None and key.value in ("key", "value"):
            return base.entry[0 if key.value == "key" else 1]
        name = self.value(key, scope)
        if key.name != "literal":
            self.use(name)
        found = field_of(base, name)
        if found is None:
            raise RefusedError(node.at, "what stands there is not known, or is no mapping")
        if found.text == "facts.version" and all(
            isinstance(one, dict) and one.get("version") == self.full.get(name) for name, one in self.facts.items()
        ):
            return known("version.full", found.values or ())
        if scope.versions is not None and found.path:
            values = at_path([one for version, one in self.facts.items() if version in scope.versions], found.path)
            narrow = known(found.text, values, found.level, found.path)
            found = replace(found, values=narrow.values, kinds=narrow.kinds, of=narrow.of)
            return found if found.may_be_null else surely(found)
        return found

    def _pipe(self, node: Node, scope: Scope) -> Value:
        left, right = node.parts
        if right.name == "call" and right.value == "not":
            return self._truth(node, scope)
        return self.value(right, scope.on(self.value(left, scope)))

    def _as(self, node: Node, scope: Scope) -> Value:
        return self.value(node.parts[1], scope.having(str(node.value), self.value(node.parts[0], scope)))

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
        if left.values is None or any(_is_odd(one) for one in left.values):
            raise RefusedError(node.at, "an empty value before `//`")
        kinds = (left.kinds - {"null"}) | right.kinds
        values = None
        if right.values is not None:
            values = (*(one for one in left.values if one is not None and one is not False), *right.values)
        text = f"{left.within(OR)} or {right.within(OR)}"
        return known(text, values, OR) if values is not None else Value(text, OR, kinds)

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
        if not node.parts and name in self.functions:
            return self._defined(node, scope)
        if name == "not":
            return self._truth_of(scope.dot, node)
        if name == "sort_by" and len(node.parts) == 1 and _is_key(node.parts[0]):
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

    def _truth_of(self, value: Value, node: Node) -> Value:
        found = self._not(self._true(self.use(value), node))
        return constant(found.always) if found.always is not None else Value(found.text, found.level, _TRUTH)

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

    def fresh(self, name: str) -> str:
        """`name` as that of a variable which no other has."""
        found = "".join(char for char in name if char.isalnum() or char == "_").lstrip("_0123456789") or "value"
        found = "".join(f"_{char.lower()}" if char.isupper() and at else char.lower() for at, char in enumerate(found))
        while found in self._taken or found in _RESERVED:
            found += "_"
        self._taken.add(found)
        return found


def _both_of(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def quotes_nothing(value: Value) -> bool:
    """Whether none of the texts that it can be has a quote in it."""
    return value.values is not None and not any("'" in str(one) for one in value.values)


def uses_input(node: Node, functions: Mapping[str, Definition], depth: int = 0) -> bool:
    """Whether the value of an expression depends on its input."""
    if depth > 50 or node.name in ("dot", "format"):
        return True
    if node.name == "|":
        return uses_input(node.parts[0], functions, depth + 1)
    if node.name == "call" and node.value in functions:
        return uses_input(functions[str(node.value)].body, functions, depth + 1)
    own = node.name == "call" and node.value not in ("env", "empty", "error")
    if own and not (node.value == "IN" and len(node.parts) == 2):
        return True
    return any(uses_input(one, functions, depth + 1) for one in node.parts)


def _is_odd(value: Json) -> bool:
    """Whether jq takes a value as true, and Jinja does not."""
    return kind_of(value) not in ("null", "truth") and not value


def _is_key(node: Node) -> bool:
    return node.name == "field" and node.parts[0].name == "dot" and node.parts[1].value == "key"


_METHODS = {
    "text": "literal",
    "|": "pipe",
    "+": "plus",
    "//": "alternative",
    "and": "truth",
    "or": "truth",
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "compare"),
}
