"""YAML text to located nodes: scalars stay text, duplicates are errors, bombs are refused; feeds all that reads YAML.

Works on the parser's events with an explicit stack, so that depth is a number that is checked and not the
stack of the process; aliases share nodes, and sizes are added up instead of expanded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, cast

from bakegen.diagnostics import Diagnostic, Label, error
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from bakegen.text import Source

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 64
MAX_NODES = 400_000

# What libyaml's reader refuses (yaml/reader.c, "Check the range of the value"), found here with its exact place.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PLAIN_TAGS = frozenset({"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})


class _Mark(Protocol):
    index: int


class _Event(Protocol):
    """What this module uses of the several event classes of the parser."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None


class _Refused(Exception):
    """Reading cannot go on; the diagnostic says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


def read_yaml(source: Source, problems: list[Diagnostic]) -> Node | None:
    """The root node of the one document in `source`; None for an empty document or unreadable text.

    Every problem is added to `problems`; where reading can go on after it (a duplicate key), it does.
    """
    base = 1 if source.text.startswith("\ufeff") else 0
    refused = _unreadable(source, base)
    if refused is not None:
        problems.append(refused)
        return None
    import yaml

    loader_class = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(source, base, problems)
    try:
        loader = loader_class(source.text[base:])
        try:
            return reader.read(loader)
        finally:
            loader.dispose()
    except _Refused as refusal:
        problems.append(refusal.diagnostic)
    except yaml.MarkedYAMLError as broken:
        problems.append(reader.broken(broken))
    except yaml.YAMLError as broken:
        problems.append(error("yaml-syntax", f"not YAML: {broken}", Location(source, Span(0, 0))))
    return None


def _unreadable(source: Source, base: int) -> Diagnostic | None:
    if len(source.text) > MAX_CHARACTERS:
        return error(
            "file-too-large",
            f"the file has {len(source.text):,} characters; at most {MAX_CHARACTERS:,} are read",
            Location(source, Span(0, 0)),
        )
    found = _FORBIDDEN.search(source.text, base)
    if found is None:
        return None
    place = Location(source, Span(*found.span()))
    if "\ud800" <= found[0] <= "\udfff":
        return error("not-utf-8", "the file is not UTF-8 here", place, help="save the file as UTF-8")
    return error(
        "control-character",
        f"the character U+{ord(found[0]):04X} may not stand in a YAML file",
        place,
        help='write it as an escape in double quotes, such as "\\x07"',
    )


class _Open:
    """A list or mapping whose end has not been seen yet."""

    __slots__ = ("anchor", "children", "entries", "key", "keys", "merges", "size", "start")

    def __init__(self, start: int, anchor: str | None, is_table: bool) -> None:
        self.start = start
        self.anchor = anchor
        self.size = 1
        self.children: list[Node] = []
        self.entries: dict[str, Node] | None = {} if is_table else None
        self.keys: dict[str, Scalar] = {}
        self.key: Scalar | None = None
        self.merges: list[Node] = []


class _Reader:
    def __init__(self, source: Source, base: int, problems: list[Diagnostic]) -> None:
        self.source = source
        self.base = base
        self.problems = problems
        self.anchors: dict[str, Node | None] = {}
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.merged = 0

    def place(self, start: int, end: int) -> Location:
        return Location(self.source, Span(start, max(start, end)))

    def broken(self, problem: object) -> Diagnostic:
        """The parser's own complaint, with its places."""
        marked = cast("_Marked", problem)
        mark = marked.problem_mark or marked.context_mark
        at = min(mark.index + self.base, len(self.source.text)) if mark is not None else 0
        labels = []
        if marked.context_mark is not None and marked.problem_mark is not None and marked.context:
            start = min(marked.context_mark.index + self.base, len(self.source.text))
            labels.append(Label(self.place(start, start), marked.context))
        text = marked.problem or marked.context or "it cannot be read"
        return error("yaml-syntax", f"not YAML: {text}", self.place(at, at), labels=labels)

    def read(self, loader: object) -> Node | None:
        get_event = cast("_Parser", loader).get_event
        documents = 0
        while (event := get_event()) is not None:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self.scalar(event)
            elif kind == "MappingStartEvent" or kind == "SequenceStartEvent":
                self.open(event, kind == "MappingStartEvent")
            elif kind == "MappingEndEvent" or kind == "SequenceEndEvent":
                self.close(event)
            elif kind == "AliasEvent":
                self.alias(event)
            elif kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    at = event.start_mark.index + self.base
                    raise _Refused(
                        error(
                            "several-documents",
                            "a second YAML document starts here; one file is one document",
                            self.place(at, event.end_mark.index + self.base),
                        )
                    )
        if isinstance(self.root, Scalar) and self.root.is_null:
            return None
        return self.root

    def check_tag(self, event: _Event) -> None:
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            at = event.start_mark.index + self.base
            self.problems.append(
                error(
                    "yaml-tag",
                    f"the tag {event.tag} is not supported",
                    self.place(at, event.end_mark.index + self.base),
                    help="leave the tag out: every value is text as it is written",
                )
            )

    def scalar(self, event: _Event) -> None:
        self.check_tag(event)
        node = Scalar(
            self.source,
            event.start_mark.index + self.base,
            event.end_mark.index + self.base,
            event.value,
            not event.style and event.tag is None,
        )
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.add(node)

    def open(self, event: _Event, is_table: bool) -> None:
        self.check_tag(event)
        at = event.start_mark.index + self.base
        if len(self.stack) >= MAX_DEPTH:
            raise _Refused(error("too-deep", f"nested more than {MAX_DEPTH} levels deep", self.place(at, at + 1)))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(at, event.anchor, is_table))

    def close(self, event: _Event) -> None:
        top = self.stack.pop()
        end = max(top.start, event.end_mark.index + self.base)
        node: Node
        if top.entries is None:
            node = Items(self.source, top.start, end, tuple(top.children), top.size)
        else:
            for merge in top.merges:
                self.merge(top, merge)
            node = Table(self.source, top.start, end, top.entries, top.keys, top.size)
        if top.anchor is not None:
            self.anchors[top.anchor] = node
        self.add(node)

    def alias(self, event: _Event) -> None:
        at = self.place(event.start_mark.index + self.base, event.end_mark.index + self.base)
        name = event.anchor or ""
        if name not in self.anchors:
            raise _Refused(error("unknown-alias", f"no anchor &{name} stands before this alias", at))
        node = self.anchors[name]
        if node is None:
            raise _Refused(error("endless-alias", f"the alias *{name} contains itself", at))
        self.add(node)

    def add(self, node: Node) -> None:
        """Put a finished node where it belongs: under the open list or mapping, as its key or value."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if top.entries is None:
            top.children.append(node)
        elif top.key is None:
            top.key = self.as_key(node)
            return
        else:
            self.set_entry(top, top.key, node)
            top.key = None
        top.size += node.size
        self.check_size(top)

    def check_size(self, top: _Open) -> None:
        if top.size > MAX_NODES:
            raise _Refused(
                error(
                    "too-large",
                    f"more than {MAX_NODES:,} values, counting what aliases repeat",
                    self.place(top.start, top.start + 1),
                )
            )

    def as_key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar) or node.is_null:
            self.problems.append(error("not-a-key", "a key must be one value, as in `key: value`", node.location))
            # Reading goes on under a key that nobody can write, so that later problems are found as well.
            return Scalar(self.source, node.start, node.end, f"\0{node.start}")
        return node

    def set_entry(self, top: _Open, key: Scalar, value: Node) -> None:
        entries = cast("dict[str, Node]", top.entries)
        name = key.text
        if name == "<<" and key.plain:
            top.merges.append(value)
        elif name in entries:
            self.problems.append(
                error(
                    "duplicate-key",
                    f"the key {name!r} is there twice",
                    key.location,
                    labels=[Label(top.keys[name].location, "it was first set here")],
                )
            )
        elif not name.startswith("\0"):
            entries[name] = value
            top.keys[name] = key

    def merge(self, top: _Open, merge: Node) -> None:
        """A ``<<`` key (yaml.org/type/merge.html): entries that the mapping does not set itself; first wins."""
        entries = cast("dict[str, Node]", top.entries)
        for table in merge.items if isinstance(merge, Items) else (merge,):
            if not isinstance(table, Table):
                self.problems.append(
                    error("bad-merge", "`<<` takes an alias of a mapping, or a list of them", table.location)
                )
                continue
            self.merged += len(table.entries)
            if self.merged > MAX_NODES:
                raise _Refused(error("too-large", f"`<<` copies more than {MAX_NODES:,} entries", table.location))
            for name, value in table.entries.items():
                if name not in entries:
                    entries[name] = value
                    top.keys[name] = table.keys[name]
                    top.size += value.size
            self.check_size(top)


class _Parser(Protocol):
    def get_event(self) -> _Event | None: ...


class _Marked(Protocol):
    problem: str | None
    problem_mark: _Mark | None
    context: str | None
    context_mark: _Mark | None
