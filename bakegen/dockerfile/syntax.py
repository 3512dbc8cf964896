"""The lossless tree of a Dockerfile: nodes that tile the file, every byte in exactly one; made by `parser.parse`.

Nobody changes a node: edits are made on the text, which is then parsed again.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from bakegen.dockerfile.chars import SPACE
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile.lexer import Word
    from bakegen.text import Source

KEYWORDS = (
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
)


class LeafKind(Enum):
    """What a stretch of text is: the alphabet of `Node.leaves`."""

    BYTE_ORDER_MARK = "byte order mark"
    BLANK = "blank line"
    COMMENT = "comment"
    DIRECTIVE = "directive"
    KEYWORD = "keyword"
    FLAG = "flag"
    ARGUMENTS = "arguments"
    SPACE = "space"
    CONTINUATION = "continuation"
    LINE_END = "line end"
    HEREDOC_BODY = "heredoc body"
    HEREDOC_END = "heredoc end"
    UNPARSED = "unparsed"
    FOREIGN = "foreign"


class Leaf(NamedTuple):
    """The smallest piece of a tree: a stretch of the source and what it is."""

    kind: LeafKind
    start: int
    end: int


class Node:
    """A stretch ``[start, end)`` of the source, line ends included; `line` counts from 1."""

    __slots__ = ("end", "line", "start")
    kind = LeafKind.UNPARSED

    def __init__(self, start: int, end: int, line: int) -> None:
        self.start = start
        self.end = end
        self.line = line

    @property
    def span(self) -> Span:
        """The node's place in the source."""
        return Span(self.start, self.end)

    def leaves(self, text: str) -> Iterator[Leaf]:
        """The pieces of the node in the order of the text, without gap or overlap."""
        yield Leaf(self.kind, self.start, self.end)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.start}, {self.end})"


class ByteOrderMark(Node):
    """The mark that some editors put at the very start of a file."""

    __slots__ = ()
    kind = LeafKind.BYTE_ORDER_MARK


class Blank(Node):
    """A line of white space alone."""

    __slots__ = ()
    kind = LeafKind.BLANK


class Comment(Node):
    """A comment line between instructions."""

    __slots__ = ()
    kind = LeafKind.COMMENT

    def content(self, text: str) -> str:
        """What BuildKit keeps of the comment; an indented comment keeps its ``#`` and describes nothing."""
        return text[self.start + 1 : self.end].strip(SPACE)


class Directive(Node):
    """A parser directive: ``name`` in lower case, and its value."""

    __slots__ = ("name", "value", "value_start")
    kind = LeafKind.DIRECTIVE

    def __init__(self, start: int, end: int, line: int, name: str, value: str, value_start: int) -> None:
        super().__init__(start, end, line)
        self.name = name
        self.value = value
        self.value_start = value_start

    @property
    def value_span(self) -> Span:
        """The place of the value."""
        return Span(self.value_start, self.value_start + len(self.value))


class Unparsed(Node):
    """Text that is no instruction: an unknown keyword's line, or all that follows a line too long to read."""

    __slots__ = ("reason",)

    def __init__(self, start: int, end: int, line: int, reason: str) -> None:
        super().__init__(start, end, line)
        self.reason = reason


class Foreign(Node):
    """A whole file in the language of another frontend, which its ``syntax`` names."""

    __slots__ = ("frontend",)
    kind = LeafKind.FOREIGN

    def __init__(self, start: int, end: int, line: int, frontend: str) -> None:
        super().__init__(start, end, line)
        self.frontend = frontend


class Heredoc:
    """One heredoc of an instruction: its marker and body.

    `body` is the text between the marker's line and the terminator, tabs included, with Go's view of the
    bytes. Where no terminator follows, `terminated` is False and the body is empty.
    """

    __slots__ = ("body", "chomp", "descriptor", "end", "expand", "name", "start", "terminated", "terminator_end")

    def __init__(
        self,
        name: str,
        descriptor: int,
        expand: bool,
        chomp: bool,
        body: str,
        start: int,
        end: int,
        terminator_end: int,
        terminated: bool,
    ) -> None:
        self.name = name
        self.descriptor = descriptor
        self.expand = expand
        self.chomp = chomp
        self.body = body
        self.start = start
        self.end = end
        self.terminator_end = terminator_end
        self.terminated = terminated

    @property
    def span(self) -> Span:
        """The place of the body; the terminator's line follows it."""
        return Span(self.start, self.end)

    def __repr__(self) -> str:
        return f"Heredoc({self.name!r}, {self.body!r})"


class Instruction(Node):
    """One instruction: a logical line (continuations joined, interior comments gone) and its heredocs.

    `keyword` is as written and `name` in upper case. `logical` is the joined line; `keyword_start`,
    `arguments_start` and `arguments_end` are offsets in it, `offset` leads from there to the source.
    `arguments` is what follows the flags. `json` holds the strings of the JSON form, else None. `trigger` is
    the instruction inside an ONBUILD; it shares the line and the heredocs. `end_line` is the last line, with
    heredocs, as BuildKit counts it. `comments` are those that belong to the instruction. `fault` is set
    where BuildKit's parser refuses the line: a code and a message.
    """

    __slots__ = (
        "arguments_end",
        "arguments_start",
        "base",
        "comments",
        "end_line",
        "fault",
        "flags",
        "heredocs",
        "json",
        "keyword",
        "keyword_start",
        "line_end",
        "logical",
        "name",
        "segments",
        "trigger",
    )

    def __init__(
        self,
        line: int,
        name: str,
        keyword: str,
        keyword_start: int,
        logical: str,
        base: int,
        segments: tuple[list[int], list[int]] | None,
        flags: tuple[Word, ...],
        arguments_start: int,
        arguments_end: int,
        json: tuple[Word, ...] | None,
    ) -> None:
        self.line = line
        self.name = name
        self.keyword = keyword
        self.keyword_start = keyword_start
        self.logical = logical
        self.base = base
        self.segments = segments
        self.flags = flags
        self.arguments_start = arguments_start
        self.arguments_end = arguments_end
        self.json = json
        self.end_line = line
        self.line_end = 0
        self.heredocs: tuple[Heredoc, ...] = ()
        self.comments: tuple[Comment, ...] = ()
        self.trigger: Instruction | None = None
        self.fault: tuple[str, str] | None = None

    @property
    def arguments(self) -> str:
        """The text after keyword and flags, white space around it removed."""
        return self.logical[self.arguments_start : self.arguments_end]

    @property
    def original(self) -> str:
        """The whole logical line without white space around it."""
        return self.logical.strip(SPACE)

    def offset(self, logical: int) -> int:
        """The source offset of the character at `logical` in the logical line."""
        if self.segments is None:
            return self.base + logical
        starts, places = self.segments
        index = bisect_right(starts, logical) - 1
        return places[index] + logical - starts[index]

    def place(self, start: int, end: int) -> Span:
        """The source span of ``logical[start:end]``."""
        if self.segments is None:
            return Span(self.base + start, self.base + end)
        first = self.offset(start)
        return Span(first, self.offset(end - 1) + 1 if end > start else first)

    @property
    def keyword_span(self) -> Span:
        """The place of the keyword."""
        return self.place(self.keyword_start, self.keyword_start + len(self.keyword))

    @property
    def arguments_span(self) -> Span:
        """The place of the arguments, from the first to the last character."""
        return self.place(self.arguments_start, self.arguments_end)

    @property
    def line_span(self) -> Span:
        """From the keyword to the last character of the logical line: what a message points at."""
        end = len(self.logical.rstrip(SPACE))
        return self.place(self.keyword_start, max(end, self.keyword_start))

    def described(self, text: str) -> tuple[str, ...]:
        """The comments that belong to the instruction, as BuildKit keeps them."""
        return tuple(comment.content(text) for comment in self.comments)

    def leaves(self, text: str) -> Iterator[Leaf]:
        """The pieces of the instruction, interior comments and heredocs among them."""
        from bakegen.dockerfile.leaves import instruction_leaves  # only who prints leaves needs it

        return instruction_leaves(self, text)

    def __repr__(self) -> str:
        return f"Instruction({self.name}, {self.start}, {self.end})"


class SyntaxTree:
    """A parsed file: `nodes` tile the source; `diagnostics` is what BuildKit's parser refuses or warns of.

    `escape` is the escape character in force, `directives` the parser directives in order.
    """

    __slots__ = ("diagnostics", "escape", "nodes", "source")

    def __init__(self, source: Source, nodes: list[Node], escape: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.source = source
        self.nodes = nodes
        self.escape = escape
        self.diagnostics = diagnostics

    @property
    def instructions(self) -> list[Instruction]:
        """The instructions in order."""
        return [node for node in self.nodes if type(node) is Instruction]

    @property
    def directives(self) -> list[Directive]:
        """The parser directives in order."""
        return [node for node in self.nodes if type(node) is Directive]

    @property
    def foreign(self) -> Foreign | None:
        """The node that stands for the file where another frontend reads it."""
        node = self.nodes[-1] if self.nodes else None
        return node if isinstance(node, Foreign) else None

    @property
    def directives_end(self) -> int:
        """Where the parser directives end, wherever BuildKit looks for them: text put in here disturbs none."""
        from bakegen.dockerfile.directives import detect  # only who edits the head of a file needs it

        text = self.source.text
        end = 0
        for node in self.nodes:
            if isinstance(node, (ByteOrderMark, Directive)):
                end = node.end
        for name in ("syntax", "check"):
            found = detect(text, name, any_format=name == "syntax")
            if found is not None:
                end = max(end, text.find("\n", found.end) + 1 or len(text))
        return end

    def leaves(self) -> Iterator[Leaf]:
        """All pieces of the file in order."""
        text = self.source.text
        for node in self.nodes:
            yield from node.leaves(text)

    def __str__(self) -> str:
        text = self.source.text
        return "".join(text[node.start : node.end] for node in self.nodes)
