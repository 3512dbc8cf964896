"""Expressions of GitHub workflows (``${{ … }}``): what is known of them before anything runs.

Facts of the commit and the branch become marks (`folding_templates.mark`) for the names that `branch-tags` and
`ci-labels` see; what only a run would tell is `Unknown`. Source: "Evaluate expressions in workflows and actions" of
GitHub's documentation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.importing.folding_templates import mark
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_DEPTH = 20
MAX_TEXT = 100_000

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?))"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|<=|>=|[()\[\].,!<>*]))"
)
MARKED = re.compile("\ue000([^\ue001]*)\ue001")


@dataclass(frozen=True, slots=True)
class Unknown:
    """What only a run would tell; `expression` is how it is written."""

    expression: str


Value = str | bool | None | Unknown | list["Value"] | dict[str, "Value"]

FACTS = {
    "ref_name": mark("tag"),
    "head_ref": mark("branch"),
    "sha": mark("git.commit"),
    "run_id": mark("ci.run_id"),
    "server_url": "https://github.com",
    "api_url": "https://api.github.com",
    "workspace": ".",
}
"""What is known of the context `github` beside the repository's names."""


class _Broken(Exception):
    """An expression that is not understood."""


class Contexts:
    """What expressions see: contexts by name, each a mapping or a function of the name that is asked for."""

    def __init__(self, known: Mapping[str, Mapping[str, Value]], outputs: Callable[[str, str], Value]) -> None:
        """`known` are contexts such as ``matrix``; `outputs` gives an output of a step."""
        self.known = known
        self.outputs = outputs

    def with_(self, **more: Mapping[str, Value]) -> Contexts:
        """These contexts with others in the place of some."""
        return Contexts({**self.known, **more}, self.outputs)

    def text(self, written: str) -> str | Unknown:
        """A text with its expressions put in; unknown where one of them is."""
        if "${{" not in written:
            return written
        found: list[str] = []
        for is_expression, part in pieces(written[:MAX_TEXT]):
            if not is_expression:
                found.append(part)
                continue
            value = self.value(part)
            if isinstance(value, Unknown | list | dict):
                return value if isinstance(value, Unknown) else Unknown(part.strip())
            found.append(_text(value))
        return "".join(found)

    def lines(self, written: str) -> list[str | Unknown]:
        """The lines of a text, each for itself, without those that are empty; outputs may come to several."""
        found: list[str | Unknown] = []
        for line in logical_lines(written):
            value = self.text(line)
            if isinstance(value, Unknown):
                found.append(value)
            else:
                found += [one.strip() for one in value.split("\n") if one.strip()]
        return found

    def value(self, expression: str) -> Value:
        """What an expression comes to; unknown where it is not understood."""
        try:
            return _Parser(expression, self).whole()
        except (_Broken, RecursionError):
            return Unknown(expression.strip())


def pieces(written: str) -> list[tuple[bool, str]]:
    """The parts of a text: whether each is an expression, and its text without ``${{`` and ``}}``."""
    found: list[tuple[bool, str]] = []
    at = 0
    while (start := written.find("${{", at)) >= 0 and (end := written.find("}}", start)) >= 0:
        found += [(False, written[at:start]), (True, written[start + 3 : end])]
        at = end + 2
    return [*found, (False, written[at:])]


def logical_lines(written: str) -> list[str]:
    """The lines of a text; a line end inside of an expression is none."""
    parts = (f"${{{{{' '.join(part.split())}}}}}" if is_expression else part for is_expression, part in pieces(written))
    return "".join(parts).split("\n")


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


class _Parser:
    def __init__(self, expression: str, contexts: Contexts) -> None:
        self.written, self.contexts = expression.strip(), contexts
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(self.written):
            found = _TOKEN.match(self.written, at)
            if found is None or len(self.tokens) > 500:
                raise _Broken
            self.tokens.append((str(found.lastgroup), found[0].strip()))
            at = found.end()
        self.at = 0
        self.depth = 0

    def whole(self) -> Value:
        value = self.either()
        if self.at < len(self.tokens):
            raise _Broken
        return value

    def sign(self, *signs: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def unknown(self) -> Unknown:
        return Unknown(self.written)

    def either(self) -> Value:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Broken
        value = self.both()
        while self.sign("||"):
            other = self.both()
            known = _truth(value)
            # ``cond && 'a' || 'b'`` whose condition only a run tells is one of the two, not known which.
            value = self.unknown() if known is None and not _is_missing(value) else (value if known else other)
        self.depth -= 1
        return value

    def both(self) -> Value:
        value = self.compared()
        while self.sign("&&"):
            other = self.compared()
            known = _truth(value)
            value = self.unknown() if known is None else (other if known else value)
        return value

    def compared(self) -> Value:
        value = self.negated()
        sign = self.sign("==", "!=", "<", ">", "<=", ">=")
        if sign is None:
            return value
        other = self.negated()
        if sign not in ("==", "!=") or not (_is_plain(value) and _is_plain(other)):
            return self.unknown()
        same = _text(value).lower() == _text(other).lower()
        return same if sign == "==" else not same

    def negated(self) -> Value:
        if self.sign("!"):
            known = _truth(self.negated())
            return self.unknown() if known is None else not known
        return self.reached()

    def reached(self) -> Value:
        """A value with what is asked for in it: ``a.b['c']``."""
        if self.sign("("):
            value = self.either()
            if not self.sign(")"):
                raise _Broken
            return value
        if self.at >= len(self.tokens):
            raise _Broken
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return text
        if kind != "name":
            raise _Broken
        if text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False}.get(text.lower())
        if self.sign("("):
            return self.called(text.lower())
        return self.looked_up(text, self.path())

    def path(self) -> list[str]:
        found: list[str] = []
        while sign := self.sign(".", "["):
            if sign == ".":
                kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
                if kind != "name" and text != "*":
                    raise _Broken
                self.at += 1
                found.append(text)
                continue
            value = self.either()
            if not isinstance(value, str) or not self.sign("]"):
                raise _Broken
            found.append(value)
        return found

    def looked_up(self, name: str, path: list[str]) -> Value:
        if name == "steps" and len(path) == 3 and path[1] == "outputs":
            return self.contexts.outputs(path[0], path[2])
        if name not in self.contexts.known:
            return Unknown(".".join([name, *path]))
        value: Value = dict(self.contexts.known[name])
        for key in path:
            if isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            elif isinstance(value, dict):
                # A matrix or an input without it has nothing there; anything else may be set while the workflow runs.
                value = value.get(key, None if name in ("matrix", "inputs") else Unknown(".".join([name, *path])))
            else:
                return value if isinstance(value, Unknown) else None
        return value

    def called(self, name: str) -> Value:
        arguments: list[Value] = []
        while not self.sign(")"):
            arguments.append(self.either())
            if not self.sign(",") and not (self.at < len(self.tokens) and self.tokens[self.at][1] == ")"):
                raise _Broken
        if name == "format" and arguments and all(_is_text(one) for one in arguments):
            return _formatted([_text(one) for one in arguments])
        if not all(_is_plain(one) for one in arguments) or len(arguments) != 2:
            return self.unknown()
        first, second = (_text(one).lower() for one in arguments)
        if name == "contains":
            return second in first
        if name == "startswith":
            return first.startswith(second)
        return first.endswith(second) if name == "endswith" else self.unknown()


def _formatted(texts: list[str]) -> str:
    def put(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        return texts[int(found[1]) + 1] if int(found[1]) + 1 < len(texts) else ""

    return re.sub(r"\{\{|\}\}|\{(\d{1,3})\}", put, texts[0])


def _truth(value: Value) -> bool | None:
    """Whether a value counts as true; None where that is not known."""
    if isinstance(value, Unknown) or (isinstance(value, str) and MARKED.search(value)):
        return None
    return bool(value) and value != "0"


def _is_missing(value: Value) -> bool:
    """Whether it is something that is mostly not set, such as ``vars.NAME`` before a default."""
    return (
        isinstance(value, Unknown)
        and re.fullmatch(r"(?:vars|env|inputs|github\.event\.inputs)\.[\w-]+", value.expression) is not None
    )


def _is_text(value: Value) -> bool:
    return isinstance(value, str | bool) or value is None


def _is_plain(value: Value) -> bool:
    return _is_text(value) and not MARKED.search(_text(value))
