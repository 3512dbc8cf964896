"""Those of bake's functions whose result is surely the same here; source: ``cty/function/stdlib``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bakefile.values import UNKNOWN, Content, Value, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def call(name: str, arguments: Sequence[Value]) -> Content:
    """What the function `name` gives, where that is known."""
    function = _FUNCTIONS.get(name)
    return UNKNOWN if function is None or not all(one.known for one in arguments) else function(arguments)


def equal(one: Value, other: Value) -> Content:
    """Whether two scalars of one type are the same."""
    left, right = one.content, other.content
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if left is None or right is None:
        return left is None and right is None
    if isinstance(left, str | bool | int) and type(left) is type(right):
        return left == right
    return UNKNOWN


def negated(content: Content) -> Content:
    """The other truth value."""
    return not content if isinstance(content, bool) else UNKNOWN


def _texts(arguments: Sequence[Value], count: int) -> list[str] | None:
    texts = [text for one in arguments if (text := as_text(one.content)) is not None]
    return texts if len(texts) == len(arguments) == count else None


def _lower(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 1)
    return texts[0].lower() if texts and texts[0].isascii() else UNKNOWN


def _upper(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 1)
    return texts[0].upper() if texts and texts[0].isascii() else UNKNOWN


def _trimspace(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 1)
    return texts[0].strip(" \t\n\v\f\r") if texts and texts[0].isascii() else UNKNOWN


def _trimprefix(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 2)
    return texts[0].removeprefix(texts[1]) if texts else UNKNOWN


def _trimsuffix(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 2)
    return texts[0].removesuffix(texts[1]) if texts else UNKNOWN


def _replace(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 3)
    return texts[0].replace(texts[1], texts[2]) if texts and texts[1] else UNKNOWN


def _equal(arguments: Sequence[Value]) -> Content:
    return equal(*arguments) if len(arguments) == 2 else UNKNOWN


def _notequal(arguments: Sequence[Value]) -> Content:
    return negated(_equal(arguments))


def _not(arguments: Sequence[Value]) -> Content:
    return negated(arguments[0].content) if len(arguments) == 1 else UNKNOWN


def _and(arguments: Sequence[Value]) -> Content:
    found = [one.content for one in arguments if isinstance(one.content, bool)]
    return all(found) if len(found) == len(arguments) == 2 else UNKNOWN


def _or(arguments: Sequence[Value]) -> Content:
    found = [one.content for one in arguments if isinstance(one.content, bool)]
    return any(found) if len(found) == len(arguments) == 2 else UNKNOWN


def _concat(arguments: Sequence[Value]) -> Content:
    if not arguments or not all(isinstance(one.content, tuple) for one in arguments):
        return UNKNOWN
    return tuple(item for one in arguments for item in one.items)


def _join(arguments: Sequence[Value]) -> Content:
    if len(arguments) < 2 or not all(isinstance(one.content, tuple) for one in arguments[1:]):
        return UNKNOWN
    separator = arguments[0].content
    items = [item.content for one in arguments[1:] for item in one.items]
    texts = [item for item in items if isinstance(item, str)]
    return separator.join(texts) if isinstance(separator, str) and len(texts) == len(items) else UNKNOWN


def _split(arguments: Sequence[Value]) -> Content:
    texts = _texts(arguments, 2)
    if not texts or not texts[0]:
        return UNKNOWN
    return tuple(arguments[1].as_(part, arguments[0]) for part in texts[1].split(texts[0]))


_FUNCTIONS: dict[str, Callable[[Sequence[Value]], Content]] = {
    "and": _and,
    "concat": _concat,
    "equal": _equal,
    "join": _join,
    "lower": _lower,
    "not": _not,
    "notequal": _notequal,
    "or": _or,
    "replace": _replace,
    "split": _split,
    "trimprefix": _trimprefix,
    "trimspace": _trimspace,
    "trimsuffix": _trimsuffix,
    "upper": _upper,
}
