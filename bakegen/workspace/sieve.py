"""Ignore rules over a tree on disk, prepared so that a thousand targets can ask about the same directories.

A rule looks at a directory once and remembers which of its entries it matches, and below which ones it matches
anything at all; for all others it need not be asked again. Used by `context`; the verdicts are those of
`dockerfile.ignore.IgnoreFile`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.dockerfile.ignore import IgnoreFile
    from bakegen.dockerfile.patterns import Matcher
    from bakegen.workspace.tree import FileTree, Node

_MATCHES = 1
_TOUCHES = 2


@dataclass(eq=False, slots=True)
class Step:
    """One rule in one tree, its paths relative to `base`; there is one object for each, compared by identity."""

    tree: FileTree
    base: str
    matcher: Matcher
    negated: bool
    _marks: dict[Node, dict[str, int]] = field(default_factory=dict)

    def marks(self, node: Node) -> Mapping[str, int]:
        """The entries of a directory that the rule has to do with: it matches them, or something below them."""
        known = self._marks.get(node)
        if known is None:
            known = self._marks[node] = dict(self._look(node))
        return known

    def _look(self, node: Node) -> Iterable[tuple[str, int]]:
        cut = len(self.base)
        for child in self._candidates(node):
            path = child.path[cut:]
            mark = _MATCHES if self.matcher.matches(path) else 0
            if child.is_directory and self.matcher.reaches(path) and self._occurs(child):
                mark |= _TOUCHES
            if mark:
                yield child.name, mark

    def _candidates(self, node: Node) -> Iterable[Node]:
        """The one entry on the way to what all matches start with, or all entries."""
        start = node.path[len(self.base) :] + "/" if len(node.path) > len(self.base) else ""
        name, slash, _ = self.matcher.prefix[len(start) :].partition("/")
        if not slash or not self.matcher.prefix.startswith(start):
            return self.tree.children(node)
        child = self.tree.child(node, name)
        return () if child is None else (child,)

    def _occurs(self, node: Node) -> bool:
        paths = self.tree.paths_below(node)
        if paths is None:
            return True
        if self.base:
            paths = paths.replace("\n" + self.base, "\n")
        return bool(self.matcher.occurs(paths + "\n"))


Layer = tuple[str, bool, tuple[str, ...] | None]
"""What the rules of one source share: the base of their paths, whether they keep what they match instead of leaving
it out, and `IgnoreFile.quirk`."""

Filter = tuple[Layer, bool, tuple[Step, ...]]
"""A layer in a directory: the verdict so far, and the rules that can still change it somewhere below."""

Filters = tuple[Filter, ...]


@dataclass
class Sieve:
    """Makes filters, so that equal rules are one object."""

    _steps: dict[tuple[object, ...], Step] = field(default_factory=dict)

    def layer(self, tree: FileTree, rules: IgnoreFile, base: str, inverted: bool = False) -> Filter:
        """The filter of `rules` in the directory that their paths are relative to.

        `base` is that directory's path in the tree with a slash after it, ``""`` for the tree's top.
        """
        steps: list[Step] = []
        for rule in rules.rules:
            key = (tree.root, base, rule.pattern, rule.negated)
            if key not in self._steps:
                self._steps[key] = Step(tree, base, rule.matcher, rule.negated)
            steps.append(self._steps[key])
        return (base, inverted, rules.quirk), False, _open(False, steps)


def _open(excluded: bool, steps: list[Step]) -> tuple[Step, ...]:
    """The steps without the leading ones, which could only say what is said already."""
    for at, step in enumerate(steps):
        if step.negated == excluded:
            return tuple(steps[at:])
    return ()


class View:
    """A directory through filters.

    Attributes:
        marked: names of the entries that a rule has to do with.
        rest: whether all the other entries are kept, with all that is below them.
    """

    __slots__ = ("_layers", "marked", "rest")

    def __init__(self, node: Node, filters: Filters) -> None:
        self._layers = [
            (layer, excluded, [(step, step.marks(node)) for step in steps]) for layer, excluded, steps in filters
        ]
        self.marked: set[str] = set()
        for _, _, steps in self._layers:
            for _, marks in steps:
                self.marked.update(marks)
        self.rest = all(excluded == layer[1] for layer, excluded, _ in filters)

    def enter(self, child: Node) -> tuple[bool, Filters]:
        """Whether an entry is kept itself, and the filters as they stand below it.

        The rules are those of `IgnoreFile.enter`, with the marks in place of asking the matcher.
        """
        kept = True
        name = child.name
        below: list[Filter] = []
        for layer, excluded, steps in self._layers:
            verdict = excluded
            still: list[Step] = []
            for step, marks in steps:
                mark = marks.get(name)
                if mark is None:
                    continue
                if mark & _MATCHES and step.negated == verdict:
                    verdict = excluded = not step.negated
                    still = []
                elif mark & _TOUCHES:
                    still.append(step)
            base, inverted, quirk = layer
            if verdict != inverted:
                kept = False
            if (
                quirk is not None
                and verdict
                and not any(stem.startswith(child.path[len(base) :] + "/") for stem in quirk)
            ):
                below.append((layer, True, ()))
            else:
                below.append((layer, excluded, _open(excluded, still)))
        return kept, tuple(below)
