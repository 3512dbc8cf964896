"""The pieces of one instruction in the order of the text; used by `syntax.Instruction.leaves`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.chars import SPACE
from bakegen.dockerfile.syntax import Leaf, LeafKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile.syntax import Instruction


def instruction_leaves(node: Instruction, text: str) -> Iterator[Leaf]:
    """Tiles ``[node.start, node.end)``: words, continuations, interior comments, line end, heredocs."""
    yield from _line_leaves(node, text)
    pos = node.line_end
    for heredoc in node.heredocs:
        if heredoc.terminated:
            if heredoc.end > heredoc.start:
                yield Leaf(LeafKind.HEREDOC_BODY, heredoc.start, heredoc.end)
            yield Leaf(LeafKind.HEREDOC_END, heredoc.end, heredoc.terminator_end)
            pos = heredoc.terminator_end
    assert pos == node.end


def _line_leaves(node: Instruction, text: str) -> Iterator[Leaf]:
    pieces = _logical_pieces(node)
    if node.segments is None:
        starts, places = [0], [node.base]
    else:
        starts, places = node.segments
    pos = node.start
    for index, (first, place) in enumerate(zip(starts, places, strict=True)):
        last = starts[index + 1] if index + 1 < len(starts) else len(node.logical)
        if place > pos:
            yield from _between(text, pos, place)
        for kind, start, end in pieces:
            low, high = max(start, first), min(end, last)
            if low < high:
                yield Leaf(kind, place + low - first, place + high - first)
        while pieces and pieces[0][2] <= last:
            pieces.pop(0)
        pos = place + last - first
    if node.line_end > pos:
        yield from _between(text, pos, node.line_end)


def _logical_pieces(node: Instruction) -> list[tuple[LeafKind, int, int]]:
    marks: list[tuple[LeafKind, int, int]] = []
    inner: Instruction | None = node
    while inner is not None:
        marks.append((LeafKind.KEYWORD, inner.keyword_start, inner.keyword_start + len(inner.keyword)))
        marks.extend((LeafKind.FLAG, flag.start, flag.end) for flag in inner.flags)
        if inner.trigger is None:
            marks.append((LeafKind.ARGUMENTS, inner.arguments_start, inner.arguments_end))
        inner = inner.trigger
    pieces: list[tuple[LeafKind, int, int]] = []
    pos = 0
    for kind, start, end in marks:
        if start > pos:
            pieces.append((LeafKind.SPACE, pos, start))
        if end > start:
            pieces.append((kind, start, end))
        pos = max(pos, end)
    if pos < len(node.logical):
        pieces.append((LeafKind.SPACE, pos, len(node.logical)))
    return pieces


def _between(text: str, pos: int, end: int) -> Iterator[Leaf]:
    # What stands between two stretches of the logical line: the rest of a line, then whole lines without content.
    if pos == 0 or text[pos - 1] != "\n":
        stop = text.find("\n", pos, end) + 1 or end
        rest = text[pos:stop]
        content = rest.strip(SPACE)
        if not content and not rest.endswith("\n"):
            yield Leaf(LeafKind.SPACE, pos, stop)
        else:
            yield Leaf(LeafKind.CONTINUATION if content else LeafKind.LINE_END, pos, stop)
        pos = stop
    while pos < end:
        stop = text.find("\n", pos, end) + 1 or end
        content = text[pos:stop].strip(SPACE)
        if content.startswith("#"):
            kind = LeafKind.COMMENT
        elif content:
            kind = LeafKind.CONTINUATION
        else:
            kind = LeafKind.BLANK if text[stop - 1] == "\n" else LeafKind.SPACE
        yield Leaf(kind, pos, stop)
        pos = stop
