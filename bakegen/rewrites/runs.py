"""Edits inside the shell text of a RUN: commands and words taken out or put in, flags added; used by several rewrites.

Source of what a RUN's text is: `bakegen.shell.runtext`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.rewrites.moves import line_end
from bakegen.shell.grammar import parse
from bakegen.shell.runtext import run_text
from bakegen.shell.syntax import AndOr, ShellError, Simple
from bakegen.text import Edit, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.dockerfile.instructions import Run
    from bakegen.dockerfile.model import Dockerfile
    from bakegen.shell.runtext import RunText
    from bakegen.shell.syntax import Node, Word

_COMMENT = re.compile(r"^[ \t]*#[^\r\n]*", re.MULTILINE)


@dataclass(frozen=True)
class Chain:
    """The commands of a RUN that run one after the other, each only if all before it succeeded.

    Attributes:
        text: the RUN's text and where it stands.
        items: the commands in order; removing one that surely succeeds changes nothing for the others.
        joined: whether ``&&`` joins them (else they are the lines of a ``set -e`` script).
    """

    text: RunText
    items: tuple[Node, ...]
    joined: bool

    def source(self, node: Node | Word) -> str:
        """The shell text of a part."""
        return self.text.text[node.start : node.end]


def chain(run: Run) -> Chain | None:
    """The commands of a RUN in shell form; None where it is built otherwise, or not understood."""
    if run.line.json:
        return None
    text = run_text(run)
    if text.script:
        return None
    try:
        tree = parse(text.text, bash=False)
    except ShellError:
        return None
    if len(tree.items) == 1:
        whole = tree.items[0]
        if isinstance(whole, AndOr) and all(operator == "&&" for operator, _ in whole.rest):
            return Chain(text, (whole.first, *(node for _, node in whole.rest)), True)
        return Chain(text, (whole,), True)
    if tree.items and _exits_on_error(tree.items[0]):
        return Chain(text, tree.items, False)
    return None


def _exits_on_error(node: Node) -> bool:
    """Whether a command is ``set -e``, alone or with more letters."""
    if not isinstance(node, Simple) or len(node.words) < 2 or node.words[0].literal != "set":
        return False
    first = node.words[1].literal or ""
    return first.startswith("-") and not first.startswith("--") and "e" in first


def simple_commands(run: Run) -> tuple[tuple[RunText, Simple], ...]:
    """The simple commands of a RUN's chain."""
    found = chain(run)
    return () if found is None else tuple((found.text, item) for item in found.items if isinstance(item, Simple))


def drop_command(dockerfile: Dockerfile, found: Chain, index: int) -> tuple[Edit, ...]:
    """Edits that take one command out of a chain of several."""
    item = found.items[index]
    if index:
        return _cut(dockerfile, found.text, found.items[index - 1].end, item.end)
    return _cut(dockerfile, found.text, item.start, found.items[1].start)


def drop_words(dockerfile: Dockerfile, text: RunText, command: Simple, dropped: frozenset[int]) -> tuple[Edit, ...]:
    """Edits that take words (by their numbers, not the first) out of a command."""
    edits: list[Edit] = []
    for number in sorted(dropped):
        edits += _cut(dockerfile, text, command.words[number - 1].end, command.words[number].end)
    return tuple(edits)


def drop_span(dockerfile: Dockerfile, run: Run, span: Span) -> tuple[Edit, ...] | None:
    """Edits that take out the word at a place of the source; None where no word stands exactly there."""
    for text, command in simple_commands(run):
        for number, word in enumerate(command.words):
            if number and text.place(word.start, word.end) == span:
                return drop_words(dockerfile, text, command, frozenset((number,)))
    return None


def _cut(dockerfile: Dockerfile, text: RunText, start: int, end: int) -> tuple[Edit, ...]:
    """Takes ``text[start:end]`` out; comment lines in between go above the instruction."""
    first = text.place(start - 1, start).end if start else text.place(0, 1).start
    span = Span(first, text.place(start, end).end if not text.text[end - 1 : end].isspace() else _next(text, end))
    comments = [match.group().strip() for match in _COMMENT.finditer(dockerfile.source.slice(span))]
    edits = [Edit(span, "")]
    if comments and not text.node.heredocs:
        at = text.node.start
        edits.insert(0, Edit(Span(at, at), "".join(comment + line_end(dockerfile) for comment in comments)))
    return tuple(edits)


def _next(text: RunText, end: int) -> int:
    return text.place(end, end + 1).start


def add_mounts(dockerfile: Dockerfile, run: Run, mounts: tuple[str, ...]) -> tuple[Edit, ...]:
    """An edit that adds ``--mount`` flags to a RUN: on lines of their own where the RUN has several, or they are."""
    node = run.node
    at = node.keyword_span.end if not node.flags else node.place(node.flags[-1].start, node.flags[-1].end).end
    flags = [f"--mount={mount}" for mount in mounts]
    if node.heredocs or (len(mounts) == 1 and dockerfile.source.position(node.line_span.end)[0] == node.line):
        return (Edit(Span(at, at), "".join(f" {flag}" for flag in flags)),)
    end = line_end(dockerfile)
    if not node.flags and "#" not in dockerfile.source.text[at : node.arguments_span.start]:
        rest = node.place(node.arguments_start, node.arguments_start + 1).start
        inner = f" {dockerfile.escape}{end}    ".join(flags)
        return (Edit(Span(at, rest), f" {inner} {dockerfile.escape}{end}    "),)
    return (Edit(Span(at, at), "".join(f" {dockerfile.escape}{end}    {flag}" for flag in flags)),)
