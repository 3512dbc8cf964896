"""Matchers for the expressions that `regexes` reads: Python's own where it is safe, else one without backtracking.

Used by `patterns`. Python's matcher is fast, but its time can explode with the number of open repeats; a pattern
out of a stranger's ignore file must not be able to hang a build.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.regexes import (
    BAD_RUNE,
    WORD,
    Assertion,
    Chars,
    Choice,
    Node,
    Repeat,
    holds_code,
    merged,
    negated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.dockerfile.regexes import Ranges

_SURROGATES = (0xD800, 0xDFFF)
_BACKTRACKING_STARS = 4
"""How many unbounded repeats Python's backtracking matcher is trusted with; above it the linear one serves."""


def _stars(node: Node) -> int:
    if isinstance(node, Repeat):
        return _stars(node.body) + (node.high is None or node.high - node.low > 1)
    if isinstance(node, Choice):
        return sum(_stars(child) for branch in node.branches for child in branch)
    return 0


def _visible(ranges: Ranges) -> Ranges:
    """The ranges over text whose undecodable bytes are lone surrogates, which Go sees as U+FFFD."""
    bad = any(low <= BAD_RUNE <= high for low, high in ranges)
    kept: list[tuple[int, int]] = [_SURROGATES] if bad else []
    for low, high in ranges:
        if low < _SURROGATES[0]:
            kept.append((low, min(high, _SURROGATES[0] - 1)))
        if high > _SURROGATES[1]:
            kept.append((max(low, _SURROGATES[1] + 1), high))
    return merged(kept)


def _python(node: Node, lines: bool = False) -> str:
    """Python's spelling of the expression; for `lines`, one that matches within single lines of a longer text."""
    if isinstance(node, Chars):
        ranges = _visible(merged(_without_newline(node.ranges)) if lines else node.ranges)
        if not ranges:
            return r"(?!)"
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            return re.escape(chr(ranges[0][0]))
        others = negated(ranges)
        shown, sign = (others, "^") if 0 < len(others) <= len(ranges) else (ranges, "")
        return f"[{sign}" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in shown) + "]"
    if isinstance(node, Assertion):
        ends = {"^": "^", "$": "$"} if lines else {"^": r"\A", "$": r"\Z"}
        return {**ends, "b": r"\b", "B": r"(?!\b)"}[node.kind]
    if isinstance(node, Repeat):
        high = "" if node.high is None else str(node.high)
        return f"(?:{_python(node.body, lines)}){{{node.low},{high}}}"
    return "(?:" + "|".join("".join(_python(child, lines) for child in branch) for branch in node.branches) + ")"


def _without_newline(ranges: Ranges) -> Iterable[tuple[int, int]]:
    for low, high in ranges:
        if low <= 10 <= high:
            yield from ((a, b) for a, b in ((low, 9), (11, high)) if a <= b)
        else:
            yield low, high


class _Machine:
    """A matcher whose time grows with the text only: all states at once, no backtracking."""

    def __init__(self, tree: Choice) -> None:
        self.steps: list[tuple[str, Ranges, tuple[int, ...]]] = []
        self.start = self._choice(tree, self._add("match", (), ()))

    def _add(self, kind: str, ranges: Ranges, following: tuple[int, ...]) -> int:
        self.steps.append((kind, ranges, following))
        return len(self.steps) - 1

    def _choice(self, node: Choice, following: int) -> int:
        starts = []
        for branch in node.branches:
            at = following
            for child in reversed(branch):
                at = self._node(child, at)
            starts.append(at)
        return self._add("split", (), tuple(starts))

    def _node(self, node: Node, following: int) -> int:
        if isinstance(node, Chars):
            return self._add("chars", _visible(node.ranges), (following,))
        if isinstance(node, Assertion):
            return self._add(node.kind, (), (following,))
        if isinstance(node, Choice):
            return self._choice(node, following)
        at = following
        if node.high is None:
            at = self._add("split", (), ())
            body = self._node(node.body, at)
            self.steps[at] = ("split", (), (body, following))
        else:
            for _ in range(node.high - node.low):
                at = self._add("split", (), (self._node(node.body, at), following))
        for _ in range(node.low):
            at = self._node(node.body, at)
        return at

    def _close(self, states: Iterable[int], text: str, at: int) -> set[int]:
        seen: set[int] = set()
        stack = list(states)
        while stack:
            state = stack.pop()
            if state in seen:
                continue
            seen.add(state)
            kind, _, following = self.steps[state]
            if kind == "split" or (kind not in ("chars", "match") and _holds(kind, text, at)):
                stack.extend(following)
        return seen

    def search(self, text: str) -> bool:
        """Whether the expression matches anywhere in `text`."""
        current: set[int] = set()
        for at in range(len(text) + 1):
            current = self._close([*current, self.start], text, at)
            if 0 in current:
                return True
            if at == len(text):
                break
            code = ord(text[at])
            current = {
                self.steps[s][2][0]
                for s in current
                if self.steps[s][0] == "chars" and holds_code(self.steps[s][1], code)
            }
        return False


def _holds(kind: str, text: str, at: int) -> bool:
    if kind == "^":
        return at == 0
    if kind == "$":
        return at == len(text)
    before = at > 0 and holds_code(WORD, ord(text[at - 1]))
    after = at < len(text) and holds_code(WORD, ord(text[at]))
    return (before != after) == (kind == "b")


def matcher(tree: Choice) -> Callable[[str], object]:
    """A function that tells whether the expression matches anywhere in a text, by a true or false value."""
    if _stars(tree) > _BACKTRACKING_STARS:
        return _Machine(tree).search
    if len(tree.branches) == 1 and tree.branches[0][:1] == (Assertion("^"),):
        return re.compile("".join(map(_python, tree.branches[0][1:])), re.ASCII).match
    return re.compile(_python(tree), re.ASCII).search


def line_matcher(tree: Choice) -> Callable[[str], object]:
    """A function that tells whether the expression matches any line of a text, always true where that is hard."""
    if _stars(tree) > _BACKTRACKING_STARS:
        return bool
    return re.compile(_python(tree, lines=True), re.ASCII | re.MULTILINE).search
