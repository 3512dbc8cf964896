"""``[tool.bakegen]`` of a pyproject.toml to located nodes; places are the lines of the keys, as near as text tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from bakegen.diagnostics import Diagnostic, error
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.documents.yaml_reader import MAX_CHARACTERS, MAX_DEPTH
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from bakegen.text import Source

_HEADER = re.compile(r"[ \t]*\[\[?[ \t]*([^\]#]+?)[ \t]*\]\]?[ \t]*(?:#.*)?")
_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = re.compile(rf"[ \t]*({_NAME}(?:[ \t]*\.[ \t]*{_NAME})*)[ \t]*=")
_PART = re.compile(_NAME)
_LINT = "lint"


class _Number(str):
    """A number that TOML would make a float of, as it was written."""

    __slots__ = ()


def mentions_bakegen(source: Source) -> bool:
    """Whether it is worth parsing: the words of the table's name are there."""
    return "bakegen" in source.text


def read_toml(source: Source, problems: list[Diagnostic]) -> Node | None:
    """The table ``tool.bakegen`` of `source`, or None where it has none or cannot be read."""
    if len(source.text) > MAX_CHARACTERS:
        return None
    import tomllib

    try:
        document = tomllib.loads(source.text.removeprefix("\ufeff"), parse_float=_Number)
    except (tomllib.TOMLDecodeError, RecursionError, UnicodeError, ValueError) as broken:
        if re.search(r"^[ \t]*\[+[ \t]*tool[ \t]*\.[ \t]*bakegen", source.text, re.MULTILINE):
            problems.append(error("toml-syntax", f"not TOML: {broken}", _place_of(source, str(broken))))
        return None
    tool = document.get("tool")
    if not isinstance(tool, dict) or "bakegen" not in tool:
        return None
    table = tool["bakegen"]
    if isinstance(table, dict) and _LINT in table:
        # How files are linted makes no project, and is read where that is done.
        table = {key: value for key, value in table.items() if key != _LINT}
        if not table and not re.search(r"^[ \t]*\[tool\.bakegen\]", source.text, re.MULTILINE):
            return None
    return _Maker(source, problems).node(table, ("tool", "bakegen"))


def _place_of(source: Source, message: str) -> Location:
    found = re.search(r"at line (\d+), column (\d+)", message)
    if found is None:
        return Location(source, Span(0, 0))
    line = min(int(found[1]), source.line_count)
    start = sum(len(text) + 1 for text in source.text.split("\n")[: line - 1])
    at = min(start + int(found[2]) - 1, len(source.text))
    return Location(source, Span(at, at))


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _key_places(source: Source) -> dict[tuple[str, ...], tuple[int, int]]:
    """Where each key path is written first; keys inside inline tables are not found."""
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    header: tuple[str, ...] = ()
    at = 0
    for line in source.text.split("\n"):
        key = _KEY.match(line)
        found = None if key else _HEADER.fullmatch(line.rstrip("\r"))
        if found is not None:
            header = _parts(found[1])
            places.setdefault(header, (at + found.start(1), at + found.end(1)))
        elif key is not None:
            places.setdefault(header + _parts(key[1]), (at + key.start(1), at + key.end(1)))
        at += len(line) + 1
    return places


class _Maker:
    def __init__(self, source: Source, problems: list[Diagnostic]) -> None:
        self.source = source
        self.problems = problems
        self.places = _key_places(source)

    def span(self, path: tuple[str, ...]) -> tuple[int, int]:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def node(self, value: object, path: tuple[str, ...]) -> Node:
        start, end = self.span(path)
        if len(path) > MAX_DEPTH:
            place = Location(self.source, Span(start, end))
            self.problems.append(error("too-deep", f"nested more than {MAX_DEPTH} levels deep", place))
            return Scalar(self.source, start, end, "")
        if isinstance(value, dict):
            entries = {key: self.node(one, (*path, key)) for key, one in value.items()}
            keys = {key: Scalar(self.source, *self.span((*path, key)), key, plain=False) for key in value}
            return Table(self.source, start, end, entries, keys, 1)
        if isinstance(value, list):
            # Elements have no names, so that they are shown at the key of the list.
            items = tuple(self.node(one, path) for one in cast("list[object]", value))
            return Items(self.source, start, end, items, 1)
        if isinstance(value, bool):
            return Scalar(self.source, start, end, "true" if value else "false")
        if not isinstance(value, str | int):
            self.problems.append(
                error(
                    "toml-date",
                    f"{path[-1]!r} is a date or time, whose text TOML does not keep",
                    Location(self.source, Span(start, end)),
                    help="put it in quotes",
                )
            )
        return Scalar(self.source, start, end, str(value), plain=False)
