"""Parser directives: ``# syntax=``, ``# escape=``, ``# check=`` at the head of a file; used by the parser."""

from __future__ import annotations

import re
from typing import NamedTuple

from bakegen.dockerfile.chars import BYTE_ORDER_MARK, SPACE

NAMES = ("syntax", "escape", "check")
_BODY = r"([a-zA-Z][a-zA-Z0-9]*+)[\t\n\f\r ]*+=[\t\n\f\r ]*+(.+?)[\t\n\f\r ]*"
_HASH = re.compile(f"#[{SPACE}]*+{_BODY}")
_SLASHES = f"//[{SPACE}]*+{_BODY}"  # seldom met: compiled when it is


class DirectiveText(NamedTuple):
    """A directive's lower-cased name, its value, and the offsets of the value in the line."""

    name: str
    value: str
    start: int
    end: int


def read_directive(line: str, *, slashes: bool = False) -> DirectiveText | None:
    """The directive that a line is (leading white space and line end cut off), or None.

    Source: DirectiveParser in BuildKit's frontend/dockerfile/parser/directives.go.
    """
    match = re.fullmatch(_SLASHES, line) if slashes else _HASH.fullmatch(line)
    if match is None:
        return None
    name = match[1].lower()
    if name not in NAMES:
        return None
    return DirectiveText(name, match[2], match.start(2), match.end(2))


class Head(NamedTuple):
    """The value of one directive found by the frontend before it parses, and where the value stands."""

    value: str
    start: int
    end: int


def detect(text: str, name: str, *, any_format: bool = False) -> Head | None:
    """The directive `name` as BuildKit finds it before parsing: after a ``#!`` line too, never indented.

    With `any_format` also from ``// name=`` lines or from a JSON document, as ``syntax`` may be given.
    Source: DetectSyntax and ParseDirective in BuildKit's frontend/dockerfile/parser/directives.go.
    """
    start = 1 if text.startswith(BYTE_ORDER_MARK) else 0
    if text.startswith("#!", start):
        start = text.find("\n", start) + 1
        if not start:
            return None
    found = _detect_lines(text, start, name, slashes=False)
    if found is not None or not any_format:
        return found
    found = _detect_lines(text, start, name, slashes=True)
    if found is not None:
        return found
    return _detect_json(text, start, name)


def _detect_lines(text: str, pos: int, name: str, *, slashes: bool) -> Head | None:
    prefix = "//" if slashes else "#"
    seen: set[str] = set()
    while text.startswith(prefix, pos):
        end = text.find("\n", pos)
        if end < 0:
            end = len(text)
        directive = read_directive(text[pos:end].removesuffix("\r"), slashes=slashes)
        if directive is None or directive.name in seen:
            return None
        if directive.name == name:
            return Head(directive.value, pos + directive.start, pos + directive.end)
        seen.add(directive.name)
        pos = end + 1
    return None


def _detect_json(text: str, start: int, name: str) -> Head | None:
    if text[start : start + 64].lstrip()[:1] != "{":
        return None
    import json  # a Dockerfile that is a JSON document is rare

    try:
        document = json.loads(text[start:])
    except (ValueError, RecursionError):
        return None
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str):
        return None
    quoted = text.find(f'"{value}"', start)
    return Head(value, quoted + 1, quoted + 1 + len(value)) if quoted >= 0 else Head(value, start, start + 1)


_OWN = re.compile(r"(?:.*/)?(?:docker/dockerfile(?:-upstream)?|bakegen)(?:[:@].*)?", re.DOTALL)


def is_dockerfile_frontend(syntax: str) -> bool:
    """Whether a ``syntax`` value names Docker's own frontend or bakegen's, from any registry: both read Dockerfiles."""
    return _OWN.fullmatch(syntax.partition(" ")[0]) is not None
