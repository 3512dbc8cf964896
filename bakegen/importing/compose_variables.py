"""Variables of compose files: ``${X:-default}`` and its kin, and the files that set them (``.env``, `env_file`).

Source: "Interpolation" of the Compose specification, `template/template.go` and `dotenv/parser.go` of compose-go.
"""

from __future__ import annotations

import re
from collections import ChainMap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH = 16
MAX_CHARACTERS = 1_000_000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([^\W][\w.\-\[\]]*)[ \t]*[=:][ \t]*")
_ESCAPE = re.compile(r"\\([abcfnrtv$\"\\])")
_ESCAPED = {"a": "\a", "b": "\b", "c": "\\c", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$"}


class BadVariable(ValueError):
    """A text whose variables cannot be read; says why."""


class Interpolation:
    """One text with its variables put in, and what was missing for it.

    Attributes:
        text: the result.
        unset: variables that have neither a value nor a default, in their order; nothing stands in their place.
        required: messages of ``${X:?message}`` by variable, where it has no value.
    """

    def __init__(self, text: str, values: Mapping[str, str]) -> None:
        """`text` as it is written, and the variables; `BadVariable` where buildx would stop."""
        self.unset: dict[str, None] = {}
        self.required: dict[str, str] = {}
        self._values = values
        self._left = MAX_CHARACTERS
        self.text = self._put_in(text, 0)

    def _put_in(self, text: str, depth: int) -> str:
        if "$" not in text:
            return text
        if depth > MAX_DEPTH:
            raise BadVariable(f"defaults of variables stand in each other more than {MAX_DEPTH} times")
        self._left -= len(text)
        if self._left < 0:
            raise BadVariable("the text with its variables is too long")
        found: list[str] = []
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            found.append(text[at:dollar])
            part, at = self._one(text, dollar + 1, depth)
            found.append(part)
        found.append(text[at:])
        return "".join(found)

    def _one(self, text: str, at: int, depth: int) -> tuple[str, int]:
        """What stands for the dollar sign before `at`, and where the text goes on."""
        if text.startswith("$", at):
            return "$", at + 1
        braced = text.startswith("{", at)
        name = _NAME.match(text, at + braced)
        if name is None:
            if braced:
                raise BadVariable(f"`{text[at - 1 : at + 20]}` is not a variable")
            return "$", at
        if not braced:
            return self._plain(name[0]), name.end()
        end = _closing_brace(text, at)
        if end == name.end():
            return self._plain(name[0]), end + 1
        operator = _OPERATOR.match(text, name.end())
        if operator is None or end < 0:
            raise BadVariable(f"`{text[at - 1 : at + 20]}` is not a variable")
        return self._chosen(name[0], operator[0], text[operator.end() : end], depth), end + 1

    def _plain(self, name: str) -> str:
        if name not in self._values:
            self.unset[name] = None
        return self._values.get(name, "")

    def _chosen(self, name: str, operator: str, other: str, depth: int) -> str:
        value = self._values.get(name)
        there = value is not None and (value != "" or not operator.startswith(":"))
        if operator.endswith("+"):
            return self._put_in(other, depth + 1) if there else value or ""
        if there:
            return value or ""
        if operator.endswith("-"):
            return self._put_in(other, depth + 1)
        self.required[name] = other
        return ""


def _closing_brace(text: str, at: int) -> int:
    """Where the brace that opens at `at` is closed; -1 where it is not."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(text, at):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    return -1


def read_variables(text: str, outer: Mapping[str, str]) -> dict[str, str]:
    """What a file of variables sets; `outer` is what its values may name. Lines that are no assignment are left out."""
    found: dict[str, str] = {}
    known = ChainMap(dict(outer), found)
    at = 0
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    while at < len(text):
        end = _line_end(text, at)
        assignment = _ASSIGNMENT.match(text, at + len(text[at:end]) - len(text[at:end].lstrip()))
        if assignment is None or assignment.end() > end:
            at = end + 1
            continue
        value, at = _value(text, assignment.end(), known)
        found[assignment[1]] = value
    return found


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(text: str, at: int, known: Mapping[str, str]) -> tuple[str, int]:
    quote = text[at : at + 1]
    if quote and quote in "'\"":
        closing = re.compile(rf"(?>(?:[^\\{quote}]++|\\.)*){quote}", re.DOTALL).match(text, at + 1)
        if closing is not None:
            inner = closing[0][:-1].replace(f"\\{quote}", quote)
            value = inner if quote == "'" else _expanded(_ESCAPE.sub(_unescaped, inner), known)
            return value, _line_end(text, closing.end()) + 1
    end = _line_end(text, at)
    value = text[at:end].partition(" #")[0].rstrip()
    return _expanded(value, known), end + 1


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[1], found[1])


def _expanded(value: str, known: Mapping[str, str]) -> str:
    try:
        return Interpolation(value, known).text
    except BadVariable:
        return value
