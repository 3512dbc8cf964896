"""Comments in HCL that silence findings, with the grammar of those in Dockerfiles (`pragmas`).

- ``# bakegen ignore=CODE,NAME reason`` above a block, an attribute or an item: for all of that;
- behind something on its line: for that line;
- ``# bakegen global ignore=…``: for the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.bakefile.model import Items, Table
from bakegen.rules.pragmas import PRAGMA, WORD, Pragma
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bakefile.model import Block, Document, Expression

_MARK = re.compile(r"#+|//+|/\*+")


def bake_pragmas(document: Document) -> tuple[Pragma, ...]:
    """All of a file, in its order."""
    return tuple(_all(document)) if "ignore" in document.source.text and document.comments else ()


def _all(document: Document) -> Iterator[Pragma]:
    text = document.source.text
    spans: list[Span] | None = None
    for comment in document.comments:
        mark = _MARK.match(text, comment.start)
        if mark is None:
            continue
        # The grammar begins with one number sign, whatever the comment begins with here.
        lead = mark.end() - 1
        match = PRAGMA.match("#" + text[mark.end() : comment.end])
        if match is None or match["tool"] != "bakegen":
            continue
        if spans is None:
            spans = sorted(_spans(document), key=lambda one: (one.start, -one.end))
        area = None if match["everywhere"] else _area(text, comment, spans)
        if area is None and not match["everywhere"]:
            continue
        for word in WORD.finditer(match["words"]):
            start = lead + match.start("words") + word.start()
            yield Pragma(word[0], Span(start, start + len(word[0])), "bakegen", area)


def _area(text: str, comment: Span, spans: list[Span]) -> Span | None:
    line = text.rfind("\n", 0, comment.start) + 1
    if text[line : comment.start].strip():
        return Span(line, comment.start)
    return next((one for one in spans if one.start >= comment.end), None)


def _spans(document: Document) -> Iterator[Span]:
    """Everything that a comment may stand above."""
    for attribute in document.attributes:
        yield attribute.span
    todo: list[Block] = list(document.blocks)
    while todo:
        block = todo.pop()
        yield block.span
        todo.extend(block.blocks)
        for attribute in block.attributes:
            yield attribute.span
            yield from _parts(attribute.value)


def _parts(value: Expression) -> Iterator[Span]:
    if isinstance(value, Items):
        for item in value.items:
            yield item.span
            yield from _parts(item)
    elif isinstance(value, Table):
        for one in value.fields:
            yield Span(one.key.span.start, one.value.span.end)
            yield from _parts(one.value)
