"""Paths that a rewrite declares to differ (equivalence E2), and which differences they cover."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.compare.model import Entry


_PIECES = re.compile(r"\[[!^]?\]?[^\]]+\]|\*+|\\.|.", re.DOTALL)


class Declared:
    """Which paths of two root filesystems are left out of their comparison.

    A pattern is an absolute path. ``*``, ``?`` and ``[…]`` match within one name, ``**`` any number of names.
    ``/a`` covers that path alone; ``/a/**`` all below it, and whether the directory ``/a`` is there, not its mode and
    owner. A directory that exists on one side only, and holds nothing but what is covered, is covered too.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        for pattern in self.patterns:
            if not pattern.startswith("/") or pattern.strip("/") == "":
                raise _refused(pattern, "is no absolute path of an image")
        self._covers = _matcher(self.patterns)
        trees = tuple(pattern[:-3] for pattern in self.patterns if pattern.endswith("/**"))
        self._holders = _matcher(trees)

    def covers(self, path: str) -> bool:
        """Whether everything about `path` is declared."""
        return self._covers(path)

    def covered_directories(self, mine: Mapping[str, Entry], other: Mapping[str, Entry]) -> frozenset[str]:
        """The directories of `mine` that `other` lacks and that are there for covered paths only."""
        if not self.patterns:
            return frozenset()
        found: set[str] = set()
        inside: dict[str, list[str]] = {}
        alone = [path for path in mine if path not in other]
        for path in alone:
            inside.setdefault(path.rpartition("/")[0], []).append(path)
        for path in sorted(alone, key=lambda one: -one.count("/")):
            if mine[path].kind != "directory" or self.covers(path):
                continue
            held = inside.get(path, ())
            if all(self.covers(one) or one in found for one in held) and (held or self._holders(path)):
                found.add(path)
        return frozenset(found)


def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    if not patterns:
        return lambda path: False
    whole = re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns), re.DOTALL)
    return lambda path: whole.fullmatch(path) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> str:
    parts = [part for part in pattern.split("/") if part]
    out: list[str] = []
    for at, part in enumerate(parts):
        if part == "**":
            out.append("(?:/[^/]+)+" if at == len(parts) - 1 else "(?:/[^/]+)*")
        else:
            out.append("/" + "".join(_piece(piece) for piece in _PIECES.findall(part)))
    expression = "".join(out)
    try:
        re.compile(expression)
    except re.error as problem:
        raise _refused(pattern, f"is no pattern: {problem}") from None
    return expression


def _piece(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("[") and len(piece) > 1:
        inner = piece[1:-1]
        negated = inner[0] in "!^"
        inner = inner[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
        return f"(?!/)[{'^' if negated else ''}{inner}]"
    return re.escape(piece[1:] if len(piece) == 2 else piece)


def _refused(pattern: str, why: str) -> InputError:
    help_ = "write it like /var/lib/apt/lists/** or /root/.bash_history"
    return InputError([error("bad-declared-path", f"{pattern!r} {why}", help=help_)])
