"""TOML text to located nodes: the standard library says what it means, a scan of the text where each part stands.

Strings become scalars that are not plain; numbers, booleans and dates plain ones with the text that was written.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bakegen.diagnostics import Diagnostic, error
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.documents.yaml_reader import MAX_CHARACTERS
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from bakegen.text import Source

Path = tuple[str | int, ...]

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_NAME = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{1,2}(?!"))?|' + r"'''.*?'''(?:'{1,2}(?!'))?|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\r\n]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand; elements of lists have no key, and it is their value's place."""

    key: Span
    value: Span


class _Lost(Exception):
    """The text is not as it was expected; places found until then are good."""


def read_toml(source: Source, problems: list[Diagnostic]) -> Table | None:
    """The whole document, None where it cannot be read; what is wrong is added to `problems`."""
    if len(source.text) > MAX_CHARACTERS:
        problems.append(error("toml-syntax", "the file is too large", Location(source, Span(0, 0))))
        return None
    import tomllib

    text = source.text
    base = 1 if text.startswith("\ufeff") else 0
    try:
        document = tomllib.loads(text[base:])
    except (tomllib.TOMLDecodeError, RecursionError, UnicodeError, ValueError) as broken:
        problems.append(error("toml-syntax", f"not TOML: {broken}", _place_of(source, str(broken), base)))
        return None
    places = scan(text)
    node = _node(source, document, (), places)
    return node if isinstance(node, Table) else None


def _place_of(source: Source, message: str, base: int) -> Location:
    found = re.search(r"at line (\d+), column (\d+)", message)
    if found is None:
        return Location(source, Span(0, 0))
    line = min(int(found[1]), source.line_count)
    start = source.offset(line) + (base if line == 1 else 0)
    at = min(start + int(found[2]) - 1, len(source.text))
    return Location(source, Span(at, at))


def _node(source: Source, value: object, path: Path, places: dict[Path, Place]) -> Node:
    place = places.get(path) or _nearest(path, places)
    start, end = place.value.start, place.value.end
    if isinstance(value, dict):
        entries: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        for name, one in value.items():
            below = (*path, name)
            entries[name] = _node(source, one, below, places)
            key = (places.get(below) or _nearest(below, places)).key
            keys[name] = Scalar(source, key.start, key.end, name, plain=False)
        return Table(source, start, end, entries, keys, 1)
    if isinstance(value, list):
        items = [_node(source, one, (*path, at), places) for at, one in enumerate(cast("list[object]", value))]
        return Items(source, start, end, tuple(items), 1)
    if isinstance(value, str):
        return Scalar(source, start, end, value, plain=False)
    if isinstance(value, bool):
        return Scalar(source, start, end, "true" if value else "false")
    return Scalar(source, start, end, str(value))


def _nearest(path: Path, places: dict[Path, Place]) -> Place:
    while path:
        path = path[:-1]
        if path in places:
            return Place(places[path].key, places[path].key)
    return Place(Span(0, 0), Span(0, 0))


def scan(text: str) -> dict[Path, Place]:
    """Where each key path of a TOML document stands; its text is taken to be well-formed."""
    scanner = _Scanner(text)
    with contextlib.suppress(_Lost, RecursionError):
        scanner.document()
    return scanner.places


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0
        self.places: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}

    def document(self) -> None:
        header: Path = ()
        while True:
            self.skip(_GAP)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                header = self.header()
            else:
                self.pair(header)

    def header(self) -> Path:
        several = self.text.startswith("[[", self.at)
        self.at += 2 if several else 1
        names, span = self.dotted()
        self.expect("]]" if several else "]")
        path: Path = ()
        for name in names[:-1]:
            path = self.inside((*path, name))
        path = (*path, names[-1])
        self.places.setdefault(path, Place(span, span))
        if several:
            self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, self.counts[path])
            self.places[path] = Place(span, span)
            return path
        return self.inside(path)

    def inside(self, path: Path) -> Path:
        """The last element of a list of tables, where `path` is one."""
        return (*path, self.counts[path]) if path in self.counts else path

    def pair(self, header: Path) -> None:
        names, key = self.dotted()
        self.expect("=")
        self.skip(_BLANK)
        path = (*header, *names)
        for length in range(len(header) + 1, len(path)):
            self.places.setdefault(path[:length], Place(key, key))
        value = self.value(path)
        self.places[path] = Place(key, value)

    def dotted(self) -> tuple[tuple[str, ...], Span]:
        self.skip(_BLANK)
        start = end = self.at
        names = []
        while True:
            found = _NAME.match(self.text, self.at)
            if found is None:
                raise _Lost
            names.append(_unquoted(found[0]))
            self.at = end = found.end()
            self.skip(_BLANK)
            if self.text[self.at : self.at + 1] != ".":
                return tuple(names), Span(start, end)
            self.at += 1
            self.skip(_BLANK)

    def value(self, path: Path) -> Span:
        start = self.at
        first = self.text[start : start + 1]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline(path)
        else:
            found = _TEXT.match(self.text, start) if first in ('"', "'") else _BARE.match(self.text, start)
            if found is None:
                raise _Lost
            self.at = start + len(found[0].rstrip(" \t"))
        return Span(start, self.at)

    def array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self.skip(_GAP)
            if self.text[self.at : self.at + 1] == "]":
                self.at += 1
                return
            span = self.value((*path, index))
            self.places[(*path, index)] = Place(span, span)
            index += 1
            self.skip(_GAP)
            if self.text[self.at : self.at + 1] == ",":
                self.at += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self.skip(_GAP)
            if self.text[self.at : self.at + 1] == "}":
                self.at += 1
                return
            self.pair(path)
            self.skip(_GAP)
            if self.text[self.at : self.at + 1] == ",":
                self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def expect(self, what: str) -> None:
        self.skip(_BLANK)
        if not self.text.startswith(what, self.at):
            raise _Lost
        self.at += len(what)


def _unquoted(name: str) -> str:
    if name[0] == "'":
        return name[1:-1]
    if name[0] != '"':
        return name
    import tomllib

    try:
        return next(iter(tomllib.loads(f"{name}=0")))
    except tomllib.TOMLDecodeError:
        return name[1:-1]
