"""jq's meaning of the part that templates use, straight from its manual; shares no more with bakegen than the tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.importing.apply_templates_syntax import Definition, Node


class JqError(Exception):
    """What jq stops with."""


class Jq:
    """Runs a tree with an environment and functions."""

    def __init__(self, env: Mapping[str, str], functions: Mapping[str, Definition]) -> None:
        self.env = env
        self.functions = functions

    def output(self, node: Node, facts: object) -> str:
        """What ``jq --join-output`` prints."""
        return "".join(one if isinstance(one, str) else _json(one) for one in self.run(node, facts, {}))

    def run(self, node: Node, dot: Any, names: Mapping[str, Any]) -> Iterator[Any]:
        yield from getattr(self, f"_{_NAMES.get(node.name, node.name)}")(node, dot, names)

    def _dot(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        yield dot

    def _literal(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        yield node.value

    def _variable(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        yield names[str(node.value)]

    def _string(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        texts = [""]
        for part in node.parts:
            shown = [one if isinstance(one, str) else _json(one) for one in self.run(part, dot, names)]
            texts = [text + one for one in shown for text in texts]
        yield from texts

    def _field(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for of in self.run(node.parts[0], dot, names):
            for key in self.run(node.parts[1], dot, names):
                if not (isinstance(of, dict) and isinstance(key, str)) and not (
                    of is None and isinstance(key, str | None)
                ):
                    raise JqError("cannot index")
                yield of.get(key) if of is not None else None

    def _each(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for of in self.run(node.parts[0], dot, names):
            if not isinstance(of, dict | list):
                raise JqError("cannot iterate")
            yield from of.values() if isinstance(of, dict) else of

    def _pipe(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for one in self.run(node.parts[0], dot, names):
            yield from self.run(node.parts[1], one, names)

    def _as(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for one in self.run(node.parts[0], dot, names):
            yield from self.run(node.parts[1], dot, {**names, str(node.value): one})

    def _comma(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for part in node.parts:
            yield from self.run(part, dot, names)

    def _alternative(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        found = [one for one in self.run(node.parts[0], dot, names) if _true(one)]
        yield from found or self.run(node.parts[1], dot, names)

    def _if(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        yield from self._chosen(node.parts, dot, names)

    def _chosen(self, parts: tuple[Node, ...], dot: Any, names: Any) -> Iterator[Any]:
        if len(parts) == 1:
            yield from self.run(parts[0], dot, names)
            return
        for one in self.run(parts[0], dot, names):
            if _true(one):
                yield from self.run(parts[1], dot, names)
            else:
                yield from self._chosen(parts[2:], dot, names)

    def _binary(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for right in self.run(node.parts[1], dot, names):
            for left in self.run(node.parts[0], dot, names):
                yield _operated(node.name, left, right)

    def _logic(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        for left in self.run(node.parts[0], dot, names):
            if _true(left) is (node.name == "or"):
                yield _true(left)
            else:
                yield from (_true(one) for one in self.run(node.parts[1], dot, names))

    def _object(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        yield {
            key.value: next(self.run(value, dot, names))
            for key, value in zip(node.parts[::2], node.parts[1::2], strict=True)
        }

    def _list(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        yield [one for part in node.parts for one in self.run(part, dot, names)]

    def _format(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        if isinstance(dot, dict | list):
            raise JqError("cannot be escaped")
        yield "'" + dot.replace("'", "'\\''") + "'" if isinstance(dot, str) else _json(dot)

    def _call(self, node: Node, dot: Any, names: Any) -> Iterator[Any]:
        name = node.value
        if name in self.functions:
            yield from self.run(self.functions[str(name)].body, dot, {})
        elif name == "env":
            yield dict(self.env)
        elif name == "empty":
            return
        elif name == "select":
            yield from (dot for one in self.run(node.parts[0], dot, names) if _true(one))
        elif name == "map":
            if not isinstance(dot, dict | list):
                raise JqError("cannot iterate")
            items = dot.values() if isinstance(dot, dict) else dot
            yield [found for one in items for found in self.run(node.parts[0], one, names)]
        elif name == "IN":
            sources = self.run(node.parts[0], dot, names) if len(node.parts) == 2 else [dot]
            choices = list(self.run(node.parts[-1], dot, names))
            yield any(one == other for one in sources for other in choices)
        else:
            arguments = [next(self.run(one, dot, names)) for one in node.parts]
            yield _function(str(name), dot, arguments)


def _true(value: object) -> bool:
    return value is not None and value is not False


def _json(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _order(value: Any) -> tuple[int, Any]:
    """jq's order: null, false, true, numbers, texts."""
    if isinstance(value, list | dict):
        raise JqError("not compared here")
    if value is None or isinstance(value, bool):
        return (0 if value is None else 1 + value, 0)
    return (4, value) if isinstance(value, str) else (3, value)


def _operated(sign: str, left: Any, right: Any) -> Any:
    if sign == "+":
        if left is None or right is None:
            return right if left is None else left
        same = type(left) is type(right) or (not isinstance(left, str | bool) and not isinstance(right, str | bool))
        if not same or isinstance(left, bool):
            raise JqError("cannot be added")
        return left + right
    one, other = _order(left), _order(right)
    return {"==": one == other, "!=": one != other, "<": one < other, "<=": one <= other, ">": one > other,
            ">=": one >= other}[sign]  # fmt: skip


def _function(name: str, dot: Any, arguments: list[Any]) -> Any:
    if name == "not":
        return not _true(dot)
    if name == "length":
        return 0 if dot is None else abs(dot) if isinstance(dot, int | float) else len(dot)
    if name == "add":
        total = None
        for one in dot:
            total = _operated("+", total, one)
        return total
    if name == "to_entries":
        if not isinstance(dot, dict):
            raise JqError("has no keys")
        return [{"key": key, "value": value} for key, value in dot.items()]
    if name == "tostring":
        return dot if isinstance(dot, str) else _json(dot)
    if name == "ltrimstr":
        return dot.removeprefix(arguments[0]) if isinstance(dot, str) else dot
    if name == "rtrimstr":
        return dot.removesuffix(arguments[0]) if isinstance(dot, str) else dot
    if name == "sort" and isinstance(dot, list):
        return sorted(dot, key=_order)
    if name == "keys" and isinstance(dot, dict):
        return sorted(dot)
    if name == "has" and isinstance(dot, dict | None):
        return arguments[0] in (dot or {})
    if name == "join" and isinstance(dot, list):
        return arguments[0].join("" if one is None else one if isinstance(one, str) else _json(one) for one in dot)
    if not isinstance(dot, str):
        raise JqError(f"{name} of no text")
    if name == "split":
        return dot.split(arguments[0]) if dot else []
    if name == "gsub":
        return re.sub(re.escape(arguments[0]), lambda _: arguments[1], dot)
    return {
        "startswith": lambda: dot.startswith(arguments[0]),
        "endswith": lambda: dot.endswith(arguments[0]),
        "contains": lambda: arguments[0] in dot,
        "index": lambda: dot.index(arguments[0]) if arguments[0] in dot else None,
        "ascii_upcase": dot.upper,
        "ascii_downcase": dot.lower,
    }[name]()


_NAMES = {
    "text": "literal",
    "|": "pipe",
    ",": "comma",
    "//": "alternative",
    "and": "logic",
    "or": "logic",
    **dict.fromkeys(("+", "==", "!=", "<", "<=", ">", ">="), "binary"),
}
