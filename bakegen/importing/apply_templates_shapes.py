"""What forms expressions of jq have, for those who write what they print."""

from __future__ import annotations

from bakegen.importing.apply_templates_syntax import Node
from bakegen.importing.apply_templates_values import WHOLE, Value

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
