"""GitHub's expressions, as far as the action and the workflow use them; anything else is an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r"\s*(?:(==|!=|&&|\|\||!|\(|\))|'((?:[^']|'')*)'|([A-Za-z_][\w.-]*))")


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    """`text` with every ``${{ … }}`` replaced by its value."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: as_text(value_of(found[1], contexts)), text)


def value_of(expression: str, contexts: Mapping[str, Any]) -> Any:
    """The value of an expression: names with dots, texts, comparisons, and, or, not, ``always()``."""
    tokens = []
    at = 0
    expression = expression.rstrip()
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        assert found is not None, f"no expression: {expression!r}"
        tokens.append(found)
        at = found.end()
    value, rest = _either(tokens, contexts)
    assert not rest, f"more than an expression: {expression!r}"
    return value


def _either(tokens: list[Any], contexts: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    value, tokens = _both(tokens, contexts)
    while tokens and tokens[0][1] == "||":
        other, tokens = _both(tokens[1:], contexts)
        value = value or other
    return value, tokens


def _both(tokens: list[Any], contexts: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    value, tokens = _compared(tokens, contexts)
    while tokens and tokens[0][1] == "&&":
        other, tokens = _compared(tokens[1:], contexts)
        value = value and other
    return value, tokens


def _compared(tokens: list[Any], contexts: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    value, tokens = _one(tokens, contexts)
    if tokens and tokens[0][1] in ("==", "!="):
        equal = tokens[0][1] == "=="
        other, tokens = _one(tokens[1:], contexts)
        value = (as_text(value).lower() == as_text(other).lower()) is equal  # GitHub compares texts without case
    return value, tokens


def _one(tokens: list[Any], contexts: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    first, tokens = tokens[0], tokens[1:]
    if first[1] == "!":
        value, tokens = _one(tokens, contexts)
        return not value, tokens
    if first[1] == "(":
        value, tokens = _either(tokens, contexts)
        return value, tokens[1:]
    if first[2] is not None:
        return first[2].replace("''", "'"), tokens
    name = first[3]
    if tokens and tokens[0][1] == "(":
        assert name == "always", name
        return True, tokens[2:]
    value = contexts
    for part in name.split("."):
        value = value.get(part) if hasattr(value, "get") else None  # what is not there is null there, too
    return value, tokens


def as_text(value: Any) -> str:
    """A value as GitHub writes it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
