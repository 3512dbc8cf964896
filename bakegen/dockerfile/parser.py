"""From source text to the lossless tree, one pass, with BuildKit's rules; `parse` is the way in.

Source: Parse in BuildKit's frontend/dockerfile/parser/parser.go, the files beside it, and the frontend
documentation under "Parser directives" and "Here-Documents".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import did_you_mean, error, warning
from bakegen.dockerfile.chars import BYTE_ORDER_MARK, SPACE, decoded
from bakegen.dockerfile.directives import detect, is_dockerfile_frontend, read_directive
from bakegen.dockerfile.expand import ExpandError
from bakegen.dockerfile.heredoc import Terminators, read_markers
from bakegen.dockerfile.jsonform import NotStringsError, read_json
from bakegen.dockerfile.lexer import split_flags
from bakegen.dockerfile.syntax import (
    KEYWORDS,
    Blank,
    ByteOrderMark,
    Comment,
    Directive,
    Foreign,
    Heredoc,
    Instruction,
    Node,
    SyntaxTree,
    Unparsed,
)
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile.lexer import Word
    from bakegen.text import Source

MAX_LINE = 65_535
_LONGEST_KEYWORD = 20
_MOST_HINTS = 50
_LONG = re.compile(r"[^\n]{16384}")
_KEYWORD = re.compile(r"([^\t\v\f\r ]*+)[\t\v\f\r ]*+")
_NAMES = {spelled: name for name in KEYWORDS for spelled in (name, name.lower())}
_HEREDOC_OWNERS = frozenset(("RUN", "COPY", "ADD"))
_JSON_OWNERS = frozenset(("RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME"))
_HEALTHCHECK_TYPE = rf"[^{SPACE}]+[{SPACE}]*"  # compiled when a file has one


def parse(source: Source) -> SyntaxTree:
    """The tree of any text at all; what BuildKit refuses is in `SyntaxTree.diagnostics`, never raised."""
    return _Parser(source).run()


class _Parser:
    __slots__ = ("_comments", "_diagnostics", "_escape", "_nodes", "_source", "_terminators", "_text")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._escape = "\\"
        self._nodes: list[Node] = []
        self._comments: list[Comment] = []
        self._diagnostics: list[Diagnostic] = []
        self._terminators: Terminators | None = None

    def run(self) -> SyntaxTree:
        text = self._text
        pos = 0
        if text.startswith(BYTE_ORDER_MARK):
            self._nodes.append(ByteOrderMark(0, 1, 1))
            pos = 1
        head = text[pos : pos + 64].lstrip()[:1]
        if not head or head not in "#/{" or not self._is_foreign(pos):
            limit = _readable(text)
            line = self._lines(pos, limit)
            if limit < len(text):
                self._too_long(limit, line)
        return SyntaxTree(self._source, self._nodes, self._escape, tuple(self._diagnostics))

    def _report(self, code: str, message: str, start: int, end: int, help: str | None = None) -> None:
        location = Location(self._source, Span(start, end))
        self._diagnostics.append(error(code, message, location, help=help))

    def _is_foreign(self, pos: int) -> bool:
        found = detect(self._text, "syntax", any_format=True)
        if found is None or is_dockerfile_frontend(found.value):
            return False
        frontend = found.value.partition(" ")[0]
        self._nodes.append(Foreign(pos, len(self._text), 1, frontend))
        self._diagnostics.append(
            warning(
                "foreign-frontend",
                f"the file is read by the frontend {frontend}, so nothing in it is understood here",
                Location(self._source, Span(found.start, found.end)),
                help="only files for docker/dockerfile are understood",
            )
        )
        return True

    def _too_long(self, limit: int, line: int) -> None:
        stop = self._text.find("\n", limit)
        self._report(
            "line-too-long",
            f"the line is longer than {MAX_LINE} bytes, where BuildKit stops reading",
            limit,
            stop if stop >= 0 else len(self._text),
            help="break the line with the escape character, or put the text into a file",
        )
        self._nodes.append(Unparsed(limit, len(self._text), line, "line too long"))

    def _lines(self, pos: int, limit: int) -> int:
        # The main loop; gives the number of the line after the last one.
        text = self._text
        find = text.find
        nodes = self._nodes
        escape = self._escape
        line = 1
        heads: set[str] | None = set()  # the directives seen, until something ends them
        while pos < limit:
            stop = find("\n", pos)
            if stop < 0 or stop >= limit:
                stop = after = limit
            else:
                after = stop + 1
            raw = text[pos:stop]
            body = raw.lstrip(SPACE)
            if not body:
                nodes.append(Blank(pos, after, line))
                heads = None
                pos = after
                line += 1
                continue
            if body[0] == "#":
                if heads is None or not self._directive(pos, after, line, body, heads):
                    heads = None
                    comment = Comment(pos, after, line)
                    nodes.append(comment)
                    if raw[0] == "#" and not raw[1:].strip(SPACE):
                        self._comments = []
                    else:
                        self._comments.append(comment)
                else:
                    escape = self._escape
                pos = after
                line += 1
                continue
            heads = None
            base = pos + len(raw) - len(body)
            body = body.rstrip("\r")
            trimmed = body.rstrip(" \t")
            if not trimmed.endswith(escape) or trimmed[-2:-1] == escape:
                node = self._instruction(body, base, None, line)
                node.start = pos
                node.end = node.line_end = after
                node.end_line = line
                line += 1
            else:
                node, line, after = self._continued(pos, limit, line, base, trimmed[:-1], after)
            if "<<" in node.logical:
                line = self._heredocs(node, line, limit)
            pos = node.end
            if node.name:
                nodes.append(node)
            else:
                self._unknown(node)
            if self._comments:
                node.comments = tuple(self._comments)
                self._comments = []
        return line

    def _continued(
        self, start: int, limit: int, line: int, base: int, first: str, pos: int
    ) -> tuple[Instruction, int, int]:
        # A logical line over several lines; gives it, the next line's number and its offset.
        text = self._text
        find = text.find
        escape = self._escape
        parts = [first]
        starts = [0]
        places = [base]
        size = len(first)
        first_line = line
        line += 1
        blank = -1
        while pos < limit:
            stop = find("\n", pos)
            if stop < 0 or stop >= limit:
                stop = after = limit
            else:
                after = stop + 1
            raw = text[pos:stop]
            stripped = raw.lstrip(SPACE)
            line += 1
            if not stripped or stripped[0] == "#":
                if not stripped:
                    blank = pos
                pos = after
                continue
            raw = raw.rstrip("\r")
            trimmed = raw.rstrip(" \t")
            goes_on = trimmed.endswith(escape) and trimmed[-2:-1] != escape
            part = trimmed[:-1] if goes_on else raw
            if part:
                starts.append(size)
                places.append(pos)
                parts.append(part)
                size += len(part)
            pos = after
            if not goes_on:
                break
        node = self._instruction("".join(parts), base, (starts, places), first_line)
        node.start = start
        node.end = node.line_end = pos
        node.end_line = line - 1
        if blank >= 0:
            self._diagnostics.append(
                warning(
                    "empty-continuation",
                    "an empty line inside a continued instruction; BuildKit will refuse it one day",
                    Location(self._source, Span(blank, blank)),
                    help="remove the line, or make it a comment",
                )
            )
        return node, line, pos

    def _directive(self, start: int, end: int, line: int, body: str, seen: set[str]) -> bool:
        found = read_directive(body.rstrip("\r"))
        if found is None:
            return False
        value_start = end - (1 if self._text[end - 1] == "\n" else 0) - len(body) + found.start
        self._nodes.append(Directive(start, end, line, found.name, found.value, value_start))
        value_end = value_start + len(found.value)
        if found.name in seen:
            self._report(
                "duplicate-directive",
                f"only one {found.name} directive can be used",
                value_start,
                value_end,
                help="keep one of them",
            )
        elif found.name == "escape":
            if found.value in ("\\", "`"):
                self._escape = found.value
            else:
                self._report(
                    "bad-escape",
                    f"the escape character cannot be {found.value!r}",
                    value_start,
                    value_end,
                    help="use \\ or `",
                )
        seen.add(found.name)
        return True

    def _instruction(
        self, logical: str, base: int, segments: tuple[list[int], list[int]] | None, line: int
    ) -> Instruction:
        end = len(logical.rstrip(SPACE))
        start = 0
        if segments is not None and logical[:1] in SPACE:
            start = len(logical) - len(logical.lstrip(SPACE))
        return self._statement(logical, start, max(start, end), base, segments, line)

    def _statement(
        self,
        logical: str,
        start: int,
        end: int,
        base: int,
        segments: tuple[list[int], list[int]] | None,
        line: int,
    ) -> Instruction:
        # Source: newNodeFromLine in parser.go and splitCommand in split_command.go.
        match = _KEYWORD.match(logical, start, end)
        assert match is not None
        keyword = match[1]
        pos = match.end()
        name = _NAMES.get(keyword) or _canonical(keyword)
        found: tuple[Word, ...] = ()
        if pos < end and not ("-" != logical[pos] <= "~"):
            found, pos = split_flags(logical, pos, end, self._escape)
        if pos < end and logical[pos] in SPACE:
            trimmed = logical[pos:end].lstrip(SPACE)
            pos = end - len(trimmed)
            end = pos + len(trimmed.rstrip(SPACE))
        node = Instruction(line, name, keyword, start, logical, base, segments, found, pos, end, None)
        if pos < end:
            if name == "ONBUILD":
                node.trigger = trigger = self._statement(logical, pos, end, base, segments, line)
                node.fault = trigger.fault
            elif logical[pos] == "[":
                if name in _JSON_OWNERS:
                    self._json(node, pos)
            elif name == "HEALTHCHECK":
                kind = re.compile(_HEALTHCHECK_TYPE).match(logical, pos, end)
                if kind is not None and kind.end() < end and logical[kind.end()] == "[":
                    self._json(node, kind.end())
        return node

    def _json(self, node: Instruction, start: int) -> None:
        try:
            node.json = read_json(node.logical, start, node.arguments_end)
        except NotStringsError:
            node.fault = ("json-not-strings", "an array in JSON form may hold strings only")

    def _heredocs(self, node: Instruction, line: int, limit: int) -> int:
        owner = node.trigger if node.trigger is not None else node
        if owner.name not in _HEREDOC_OWNERS or owner.json is not None:
            return line
        try:
            markers = read_markers(node.logical)
        except ExpandError as problem:
            node.fault = ("bad-heredoc", f"the name of a heredoc cannot be read: {problem}")
            return line
        if not markers:
            return line
        text = self._text
        if self._terminators is None:
            self._terminators = Terminators(text, limit)
        heredocs: list[Heredoc] = []
        pos = node.end
        for name, descriptor, expands, chomp in markers:
            at = self._terminators.find(name, pos, chomp)
            if at < 0:
                heredocs.append(Heredoc(name, descriptor, expands, chomp, "", pos, pos, pos, False))
                node.fault = ("unterminated-heredoc", f"unterminated heredoc: no line {name!r} follows")
                continue
            body = text[pos:at]
            stop = text.find("\n", at)
            after = limit if stop < 0 or stop >= limit else stop + 1
            heredocs.append(Heredoc(name, descriptor, expands, chomp, decoded(body), pos, at, after, True))
            line += body.count("\n") + 1
            pos = after
        node.heredocs = owner.heredocs = tuple(heredocs)
        node.end = pos
        node.end_line = line - 1
        return line

    def _unknown(self, node: Instruction) -> None:
        span = node.keyword_span
        keyword = node.keyword
        self._report(
            "unknown-instruction",
            f"unknown instruction: {keyword}" if keyword else "a continuation of nothing: no instruction follows",
            span.start,
            span.end,
            help=self._hint(keyword),
        )
        self._nodes.append(Unparsed(node.start, node.end, node.line, "unknown instruction"))

    def _hint(self, keyword: str) -> str | None:
        # Near names are costly to find: not for a file that is no Dockerfile at all.
        if len(keyword) > _LONGEST_KEYWORD or len(self._diagnostics) >= _MOST_HINTS:
            return None
        return did_you_mean(keyword.upper(), KEYWORDS)


def _canonical(keyword: str) -> str:
    # Go lower-cases rune by rune, Python's upper() may change the length: only ASCII can be a keyword,
    # but for the Kelvin sign, which Go and Python both lower-case to "k".
    return _NAMES.get(keyword.lower(), "")


def _readable(text: str) -> int:
    # Where the first line of more bytes than BuildKit's scanner holds begins, else the end of the text.
    if len(text) <= MAX_LINE // 4:
        return len(text)
    match = _LONG.search(text)
    while match is not None:
        start = text.rfind("\n", 0, match.start()) + 1
        stop = text.find("\n", start)
        if stop < 0:
            stop = len(text)
        if len(text[start:stop].encode("utf-8", "surrogateescape")) > MAX_LINE:
            return start
        match = _LONG.search(text, stop)
    return len(text)
