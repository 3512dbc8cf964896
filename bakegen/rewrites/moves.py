"""Edits of whole instructions: moving them with their comments, putting in lines, adding and dropping flags.

Used by the rewrites, so that what travels with an instruction is decided once. Source of what belongs to an
instruction: the parser in BuildKit's frontend/dockerfile/parser/parser.go (a comment describes what follows it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from bakegen.dockerfile.model import Dockerfile
    from bakegen.dockerfile.syntax import Instruction


def block(dockerfile: Dockerfile, node: Instruction) -> Span:
    """The instruction with its comments (those that describe it and those that steer linters) and its heredocs."""
    start = min((comment.start for comment in node.comments), default=node.start)
    return Span(min(start, node.start), node.end)


def line_end(dockerfile: Dockerfile) -> str:
    """The line end that the file uses first."""
    text = dockerfile.source.text
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def move_before(dockerfile: Dockerfile, nodes: tuple[Instruction, ...], place: Instruction) -> tuple[Edit, ...]:
    """Edits that put `nodes`, in the order given, directly before `place` (above its comments)."""
    moved = "".join(_whole_lines(dockerfile, block(dockerfile, node)) for node in nodes)
    at = block(dockerfile, place).start
    return (Edit(Span(at, at), moved), *removals(dockerfile, nodes))


def move_after(dockerfile: Dockerfile, nodes: tuple[Instruction, ...], place: Instruction) -> tuple[Edit, ...]:
    """Edits that put `nodes`, in the order given, directly behind `place`."""
    moved = "".join(_whole_lines(dockerfile, block(dockerfile, node)) for node in nodes)
    at = place.end
    before = "" if dockerfile.source.text[:at].endswith("\n") else line_end(dockerfile)
    return (Edit(Span(at, at), before + moved), *removals(dockerfile, nodes))


def removals(dockerfile: Dockerfile, nodes: tuple[Instruction, ...]) -> tuple[Edit, ...]:
    """Edits that take `nodes` out with their comments; between two blank lines one of these goes too."""
    merged: list[Span] = []
    for span in sorted(block(dockerfile, node) for node in nodes):
        if merged and merged[-1].end == span.start:
            span = Span(merged.pop().start, span.end)
        merged.append(span)
    text = dockerfile.source.text
    found = []
    for span in merged:
        following = text.find("\n", span.end) + 1
        between = (
            text[: span.start].endswith(("\n\n", "\n\r\n")) and following and not text[span.end : following].strip()
        )
        found.append(Edit(Span(span.start, following if between else span.end), ""))
    return tuple(found)


def insert_before(dockerfile: Dockerfile, place: Instruction, line: str) -> Edit:
    """An edit that puts one more instruction above `place` and its comments; `line` has no line end."""
    at = block(dockerfile, place).start
    return Edit(Span(at, at), line + line_end(dockerfile))


def add_flag(node: Instruction, flag: str) -> Edit:
    """An edit that adds a flag behind the keyword and the flags that are there."""
    at = node.keyword_span.end if not node.flags else node.place(node.flags[-1].start, node.flags[-1].end).end
    return Edit(Span(at, at), f" {flag}")


def _whole_lines(dockerfile: Dockerfile, span: Span) -> str:
    text = dockerfile.source.slice(span)
    return text if text.endswith("\n") else text + line_end(dockerfile)
