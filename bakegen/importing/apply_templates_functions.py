"""The functions of jq that templates use, as what means the same in Jinja for the values that are known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.importing.apply_templates_values import COMPARED, FILTERED, WHOLE, Value, bracketed, is_whole, jinja, known

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LITERAL_PATTERN = re.compile(r"[A-Za-z0-9 _/:,=~@#%&-]+")
_TRUTH = frozenset({"truth"})


def applied(name: str, dot: Value, arguments: tuple[Value, ...]) -> Value | None:
    """A function of its input and of `arguments`; None where it is not carried over."""
    if not arguments:
        function = _PLAIN.get(name)
        return function(dot) if function is not None else None
    if name == "has":
        return _has(dot, arguments[0])
    if not dot.is_text or not all(one.is_text for one in arguments):
        return None
    if name == "IN":
        return one_of(dot, arguments)
    if name in ("sub", "gsub", "test"):
        return _pattern(name, dot, arguments)
    other = _WITH_TEXT.get(name)
    return other(dot, arguments[0]) if other is not None and len(arguments) == 1 else None


def one_of(value: Value, choices: tuple[Value, ...]) -> Value | None:
    """Whether a text is one of others."""
    if not value.is_text or not all(one.is_text for one in choices):
        return None
    text = f"{value.within(FILTERED)} in {bracketed('[', [one.text for one in choices], ']')}"
    if value.values is None or any(one.values is None for one in choices):
        return Value(text, COMPARED, _TRUTH)
    chosen = {one for choice in choices for one in choice.values or ()}
    holds = frozenset(str(one) for one in value.values if one in chosen) if value.text == "version.name" else None
    return Value(text, COMPARED, _TRUTH, tuple({one in chosen for one in value.values}), holds=holds)


def _method(name: str) -> Callable[[Value, Value], Value | None]:
    def made(dot: Value, argument: Value) -> Value | None:
        text = f"{dot.within(WHOLE)}.{name}({argument.text})"
        if name in ("startswith", "endswith"):
            return Value(text, kinds=_TRUTH)
        if dot.values is None or argument.values is None:
            return Value(text)
        return known(text, [getattr(str(one), name)(str(other)) for one in dot.values for other in argument.values])

    return made


def _contains(dot: Value, argument: Value) -> Value | None:
    return Value(f"{argument.within(FILTERED)} in {dot.within(FILTERED)}", COMPARED, _TRUTH)


def _index(dot: Value, argument: Value) -> Value | None:
    """A place or null: right as a condition, as 0 counts as true in jq."""
    if argument.values is None or "" in argument.values:
        return None
    return Value(f"{argument.within(FILTERED)} in {dot.within(FILTERED)}", COMPARED, frozenset({"condition"}))


def _split(dot: Value, argument: Value) -> Value | None:
    if dot.values is None or "" in dot.values or argument.values is None or "" in argument.values:
        return None  # an empty text has no parts in jq, and one in Python
    parts = [[*str(one).split(str(other))] for one in dot.values for other in argument.values]
    return known(f"{dot.within(WHOLE)}.split({argument.text})", parts)  # type: ignore[arg-type]


def _pattern(name: str, dot: Value, arguments: tuple[Value, ...]) -> Value | None:
    pattern = str(arguments[0].values[0]) if arguments[0].values is not None and len(arguments[0].values) == 1 else ""
    if name == "test" and len(arguments) == 1 and _LITERAL_PATTERN.fullmatch(pattern.removeprefix("^")):
        start = pattern.startswith("^")
        return _method("startswith")(dot, _text(pattern[1:])) if start else _contains(dot, _text(pattern))
    if name == "gsub" and len(arguments) == 2 and _LITERAL_PATTERN.fullmatch(pattern):
        text = f"{dot.within(WHOLE)}.replace({arguments[0].text}, {arguments[1].text})"
        new = arguments[1].values
        if dot.values is None or new is None:
            return Value(text)
        return known(text, [str(one).replace(pattern, str(other)) for one in dot.values for other in new])
    return None


def _text(text: str) -> Value:
    return known(jinja(text), [text])


def _has(dot: Value, key: Value) -> Value | None:
    if not is_whole(dot) or not key.is_text:
        return None
    return Value(f"{key.within(FILTERED)} in {dot.within(FILTERED)}", COMPARED, _TRUTH)


def _length(dot: Value) -> Value | None:
    if len(dot.kinds) != 1 or not (dot.kinds <= {"text", "list"} or is_whole(dot)):
        return None
    return Value(f"{dot.within(FILTERED)} | length", FILTERED, frozenset({"number"}))


def _tostring(dot: Value) -> Value | None:
    if dot.is_text:
        return dot
    if dot.kinds != {"number"} or dot.values is None or not all(isinstance(one, int) for one in dot.values):
        return None
    return known(f"{dot.within(FILTERED)} | string", [str(one) for one in dot.values], FILTERED)


def _tonumber(dot: Value) -> Value | None:
    if dot.kinds == {"number"}:
        return dot
    texts = [one for one in dot.values or () if isinstance(one, str)]
    if not dot.is_text or dot.values is None or not all(map(_DECIMAL.fullmatch, texts)):
        return None
    if all(map(_INTEGER.fullmatch, texts)):
        return known(f"{dot.within(FILTERED)} | int", [int(one) for one in texts], FILTERED)
    return Value(f"{dot.within(FILTERED)} | float", FILTERED, frozenset({"number"}))


def _cased(name: str) -> Callable[[Value], Value | None]:
    def made(dot: Value) -> Value | None:
        if not dot.is_text or dot.values is None or not all(str(one).isascii() for one in dot.values):
            return None
        return known(f"{dot.within(FILTERED)} | {name}", [getattr(str(one), name)() for one in dot.values], FILTERED)

    return made


def _sorted(dot: Value) -> Value | None:
    if dot.kinds != {"list"} or not dot.of <= {"text"} or dot.entries is not None:
        return None
    return Value(f"{dot.within(FILTERED)} | sort(case_sensitive=true)", FILTERED, dot.kinds, of=dot.of)


def _keys(dot: Value) -> Value | None:
    if not is_whole(dot):
        return None
    text = f"{dot.within(FILTERED)} | list | sort(case_sensitive=true)"
    return Value(text, FILTERED, frozenset({"list"}), of=frozenset({"text"}))


def _entries(dot: Value) -> Value | None:
    return Value("", kinds=frozenset({"list"}), entries=dot) if is_whole(dot) else None


def _end(name: str) -> Callable[[Value], Value | None]:
    def made(dot: Value) -> Value | None:
        at = 0 if name == "first" else -1
        lists = [one for one in dot.values or () if isinstance(one, list)]
        if dot.kinds != {"list"} or dot.values is None or not all(lists):
            return None
        return known(f"{dot.within(FILTERED)} | {name}", [one[at] for one in lists], FILTERED)

    return made


def joined(dot: Value, separator: str) -> Value | None:
    """A list of texts as one text."""
    if dot.kinds != {"list"} or not dot.of <= {"text"} or dot.entries is not None:
        return None
    return Value(f"{dot.within(FILTERED)} | join({jinja(separator) if separator else ''})".replace("()", ""), FILTERED)


def by_key(dot: Value) -> Value | None:
    """The entries of a mapping in the order of their keys."""
    return replace(dot, is_sorted=True) if dot.entries is not None else None


_PLAIN: dict[str, Callable[[Value], Value | None]] = {
    "length": _length,
    "tostring": _tostring,
    "tonumber": _tonumber,
    "ascii_downcase": _cased("lower"),
    "ascii_upcase": _cased("upper"),
    "sort": _sorted,
    "keys": _keys,
    "to_entries": _entries,
    "first": _end("first"),
    "last": _end("last"),
}
_WITH_TEXT: dict[str, Callable[[Value, Value], Value | None]] = {
    "startswith": _method("startswith"),
    "endswith": _method("endswith"),
    "ltrimstr": _method("removeprefix"),
    "rtrimstr": _method("removesuffix"),
    "contains": _contains,
    "index": _index,
    "split": _split,
}
