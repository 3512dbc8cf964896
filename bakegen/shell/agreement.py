"""A second reading of a shell text: what tree-sitter's grammar for bash takes for commands and words.

`grammar` asks it about every text; where the two see different commands or words, the text is not understood. The
parser is loaded when the first RUN is looked at.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bakegen.shell.syntax import (
    AndOr,
    Case,
    For,
    Group,
    If,
    Parameter,
    Pipeline,
    Sequence,
    Simple,
    Substitution,
    Unsupported,
    While,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tree_sitter

    from bakegen.shell.syntax import Node, Redirect


def disagreement(text: str, tree: Sequence) -> int | None:
    """Where the other parser reads something else, as an offset in the text; None where the two agree."""
    data = text.encode("utf-8")
    root = _parser().parse(data).root_node
    if root.has_error:
        return _first_error(root, data)
    ours = _Starts()
    ours.add(tree)
    names, words = _theirs(root)
    if not text.isascii():
        names = {len(data[:at].decode("utf-8")) for at in names}
        words = {len(data[:at].decode("utf-8")) for at in words}
    different = (ours.names ^ names) | (ours.words ^ words)
    return min(different) if different else None


@cache
def _parser() -> tree_sitter.Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _first_error(root: tree_sitter.Node, data: bytes) -> int:
    at = min((node.start_byte for node in _nodes(root) if node.is_error or node.is_missing), default=0)
    return len(data[:at].decode("utf-8", "replace"))


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)


def _theirs(root: tree_sitter.Node) -> tuple[set[int], set[int]]:
    """Where commands and where other words begin, as byte offsets."""
    names: set[int] = set()
    words: set[int] = set()
    for node in _nodes(root):
        kind = node.type
        if kind == "command":
            for index, child in enumerate(node.children):
                field = node.field_name_for_child(index)
                if field == "name":
                    names.add(child.start_byte)
                elif field == "argument":
                    words.add(child.start_byte)
        elif kind in ("declaration_command", "unset_command"):
            names.add(node.start_byte)
            words |= {child.start_byte for child in node.named_children}
        elif kind == "test_command":
            names.add(node.start_byte)
        elif kind == "variable_assignment":
            words.add(node.start_byte)
        elif kind == "file_redirect":
            for index, child in enumerate(node.children):
                if node.field_name_for_child(index) == "destination":
                    words.add(child.start_byte)
        elif kind == "herestring_redirect":
            words |= {child.start_byte for child in node.named_children if child.type != "file_descriptor"}
    return names, words


class _Starts:
    """Where commands and where other words begin in a tree of ours."""

    def __init__(self) -> None:
        self.names: set[int] = set()
        self.words: set[int] = set()

    def add(self, node: Node) -> None:
        if isinstance(node, Simple):
            self._simple(node)
            return
        for inner in _inner(node):
            if isinstance(inner, Word):
                self._within(inner)
            else:
                self.add(inner)
        if not isinstance(node, Sequence | AndOr | Pipeline | Unsupported):
            self._redirects(node.redirects)

    def _simple(self, node: Simple) -> None:
        for one in node.assignments:
            self.words.add(one.start)
            self._within(one.value)
        test = bool(node.words) and node.words[0].literal in ("[", "[[")
        for index, word in enumerate(node.words):
            if index == 0:
                self.names.add(word.start)
            elif not test:
                self.words.add(word.start)
            self._within(word)
        self._redirects(node.redirects)

    def _redirects(self, redirects: tuple[Redirect, ...]) -> None:
        for one in redirects:
            if one.body is not None:
                self._within(one.body)
            elif one.operator not in ("<<", "<<-"):
                self.words.add(one.target.start)
                self._within(one.target)

    def _within(self, word: Word) -> None:
        for piece in word.pieces:
            if isinstance(piece, Substitution):
                self.add(piece.body)
            elif isinstance(piece, Parameter) and piece.word is not None:
                self._within(piece.word)


def _inner(node: Node) -> Iterator[Node | Word]:
    if isinstance(node, Sequence | Pipeline):
        yield from node.items
    elif isinstance(node, AndOr):
        yield node.first
        yield from (item for _, item in node.rest)
    elif isinstance(node, Group):
        yield node.body
    elif isinstance(node, If):
        for condition, body in node.branches:
            yield condition
            yield body
        if node.otherwise is not None:
            yield node.otherwise
    elif isinstance(node, For):
        yield from node.words or ()
        yield node.body
    elif isinstance(node, While):
        yield node.condition
        yield node.body
    elif isinstance(node, Case):
        yield node.word
        for patterns, body in node.branches:
            yield from patterns
            yield body
    elif isinstance(node, Unsupported):
        yield from node.inner
