"""What forms expressions of jq have, for those who write what they print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_syntax import Node
from bakegen.importing.apply_templates_values import WHOLE, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.importing.apply_templates_syntax import Definition

_LISTED = 50


def stages_of(node: Node) -> list[Node]:
    """The expressions that are piped one into the next."""
    if node.name != "|":
        return [node]
    return [*stages_of(node.parts[0]), *stages_of(node.parts[1])]


def pipe(stages: list[Node]) -> Node:
    """Expressions as one that pipes each into the next."""
    if not stages:
        return Node("dot", 0)
    found = stages[-1]
    for one in reversed(stages[:-1]):
        found = Node("|", one.at, (one, found))
    return found


def ending_of(node: Node) -> str | None:
    """What stands between the elements of a list that `node` makes a text of; None where it does not."""
    if node.name != "call":
        return None
    if node.value == "add" and not node.parts:
        return ""
    if node.value == "join" and len(node.parts) == 1 and isinstance(node.parts[0].value, str):
        return node.parts[0].value
    return None


def any_text(node: Node) -> bool:
    """Whether a text of the template is in it."""
    return node.name == "text" or any(any_text(one) for one in node.parts)


def is_nothing(node: Node) -> bool:
    """Whether it is the empty text."""
    return node.name == "literal" and node.value == ""


def is_short(value: Value) -> bool:
    """Whether a value is written again wherever its variable stands."""
    return value.level == WHOLE and len(value.text) <= _LISTED and "(" not in value.text and "{" not in value.text


def is_several(node: Node) -> bool:
    """Whether an expression may give no value, or several."""
    if node.name in ("each", ",") or (node.name == "call" and node.value in ("empty", "select")):
        return True
    if node.name in ("list", "call"):
        return False
    return any(is_several(one) for one in node.parts)


def is_single(node: Node) -> bool:
    """Whether an expression surely gives one value."""
    return not is_several(node)


def optional_of(node: Node) -> Node | None:
    """The first ``… // empty`` among what is added together: without it there is nothing of the whole."""
    if node.name == "+":
        return optional_of(node.parts[0]) or optional_of(node.parts[1])
    first = stages_of(node)[0]
    if first.name == "//" and first.parts[1].name == "call" and first.parts[1].value == "empty":
        return first
    return None


def replaced(node: Node, old: Node, new: Node) -> Node:
    """An expression with another one in the place of a part of it."""
    if node is old:
        return new
    return replace(node, parts=tuple(replaced(one, old, new) for one in node.parts)) if node.parts else node


def selected(condition: Node, value: Value) -> Value:
    """`value` without what ``select(.NAME)`` or ``select(.value.NAME)`` leaves out of what it is known to be."""
    if condition.name != "field" or condition.parts[1].name != "literal":
        return value
    of, name = condition.parts[0], str(condition.parts[1].value)
    if value.entry is not None and of.name == "field" and of.parts[0].name == "dot" and of.parts[1].value == "value":
        return replace(value, entry=(value.entry[0], _having(value.entry[1], name)))
    return _having(value, name) if value.entry is None and of.name == "dot" else value


def _having(value: Value, name: str) -> Value:
    if value.values is None or value.kinds != {"object"}:
        return value
    kept = tuple(one for one in value.values if isinstance(one, dict) and one.get(name) not in (None, False))
    return replace(value, values=kept)


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


def is_key(node: Node) -> bool:
    """Whether it is ``.key``."""
    return node.name == "field" and node.parts[0].name == "dot" and node.parts[1].value == "key"
