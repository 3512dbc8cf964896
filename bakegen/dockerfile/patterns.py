"""One ignore pattern and one copy wildcard, matched as Docker matches them; `ignore` puts patterns together.

The rules are those of https://github.com/moby/patternmatcher (ignore files, ``--exclude``, ``--parents``) and
of Go's `path.Match` (sources of COPY and ADD).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.dockerfile import regexes
from bakegen.dockerfile.regex_match import line_matcher, matcher
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

GO_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's `strings.TrimSpace` trims; Python's `str.strip` trims more."""

_SPECIAL = frozenset(".+()$")


class PatternError(ValueError):
    """A pattern that Docker refuses; the build would fail. `at` is the index of the fault in the pattern."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.at = at


def clean(path: str) -> str:
    """The shortest equal path, as Go's `path.Clean` makes it; ``""`` becomes ``"."``."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] != "..":
            parts.pop()
        elif not rooted:
            parts.append(part)
    return ("/" if rooted else "") + "/".join(parts) or "."


@dataclass(frozen=True, slots=True)
class Matcher:
    """A compiled pattern.

    Attributes:
        matches: tells whether a path (slashes, relative, clean) is matched, by a true or false value.
        occurs: takes paths as one text, each between newlines, ``"\\na\\na/b\\n"``; a false value says that none
            of them is matched. None of them may hold a newline.
        prefix: every matched path starts with this text.
        depth: no matched path has more components than this; None when there is no bound.
    """

    matches: Callable[[str], object]
    occurs: Callable[[str], object]
    prefix: str = ""
    depth: int | None = None

    def reaches(self, directory: str) -> bool:
        """False when surely no path below `directory` (``""`` is the root) is matched."""
        if directory == "":
            return True
        below = directory + "/"
        if not (self.prefix.startswith(below) or below.startswith(self.prefix)):
            return False
        return self.depth is None or self.depth > below.count("/")


@lru_cache(maxsize=65536)
def compile_ignore(pattern: str) -> Matcher:
    """The matcher of one cleaned pattern without its ``!``, as patternmatcher's `Pattern` matches.

    Raises:
        PatternError: Docker fails when it tries to match it.
    """
    kind, expression = _translate(pattern)
    if kind == "exact":
        return Matcher(pattern.__eq__, lambda paths: f"\n{pattern}\n" in paths, pattern, pattern.count("/") + 1)
    if kind == "prefix":
        stem = pattern[:-2]
        return Matcher(lambda path: path.startswith(stem), lambda paths: f"\n{stem}" in paths, stem)
    if kind == "suffix":
        tail = pattern[2:]
        whole = tail[1:] if tail.startswith("/") else tail
        return Matcher(
            lambda path: path.endswith(tail) or path == whole,
            lambda paths: f"{tail}\n" in paths or f"\n{whole}\n" in paths,
        )
    try:
        tree = regexes.read(expression)
    except regexes.RegexError as problem:
        raise PatternError(f"syntax error in pattern: {problem}") from None
    shape = regexes.shape(tree)
    search = line_matcher(tree)
    return Matcher(
        matcher(tree),
        lambda paths: f"{shape.tail}\n" in paths and search(paths),
        shape.prefix,
        None if shape.slashes is None else shape.slashes + 1,
    )


def _translate(pattern: str) -> tuple[str, str]:
    """How patternmatcher matches the pattern: exact, prefix, suffix, or regex with its expression."""
    kind = "exact"
    out = ["^"]
    size = len(pattern)
    at = 1 if pattern.startswith("\ufeff") else 0
    first = True
    while at < size:
        char = pattern[at]
        at += 1
        if char == "*" and pattern.startswith("*", at):
            at += 1
            if pattern.startswith("/", at):
                at += 1
            if at < size:
                out.append("(.*/)?")
                kind = "regex"
            elif kind == "exact":
                kind = "prefix"
            else:
                out.append(".*")
                kind = "regex"
            if first:
                kind = "suffix"
        elif char == "*":
            out.append("[^/]*")
            kind = "regex"
        elif char == "?":
            out.append("[^/]")
            kind = "regex"
        elif char in _SPECIAL:
            out.append("\\" + char)
        elif char == "\\":
            out.append(pattern[at - 1 : at + 1])
            if at < size:
                kind = "regex"
            at += 1
        else:
            out.append(_rune(char))
            if char in "[]":
                kind = "regex"
        first = False
    out.append("$")
    return kind, "".join(out)


def _rune(char: str) -> str:
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char


def check(pattern: str) -> None:
    """Go's syntax check of a wildcard pattern (`path.Match`'s only error).

    Raises:
        PatternError: a class that is not closed or empty, or a backslash at the end.
    """
    at = 0
    size = len(pattern)
    while at < size:
        if pattern[at] == "\\":
            if at + 1 >= size:
                raise PatternError("a backslash at the end escapes nothing", at)
            at += 2
        elif pattern[at] == "[":
            at = _read_class(pattern, at)[1]
        else:
            at += 1


def _read_class(pattern: str, start: int) -> tuple[str, int]:
    """Python's expression for the class at `start`, and the index after it, by the rules of Go's `path.Match`."""
    at = start + 1
    negate = pattern.startswith("^", at)
    at += negate
    pairs: list[tuple[str, str]] = []
    while not (pairs and pattern.startswith("]", at)):
        low, at = _class_char(pattern, at, start)
        high = low
        if pattern.startswith("-", at):
            high, at = _class_char(pattern, at + 1, start)
        pairs.append((low, high))
    body = "".join(f"\\U{ord(low):08x}-\\U{ord(high):08x}" for low, high in pairs if low <= high)
    if not body:
        return (r"[\s\S]" if negate else "(?!)"), at + 1
    return f"[{'^' if negate else ''}{body}]", at + 1


def _class_char(pattern: str, at: int, start: int) -> tuple[str, int]:
    if pattern.startswith("\\", at):
        at += 1
    elif pattern[at : at + 1] in ("-", "]"):
        raise PatternError(f"{pattern[at]!r} stands where a class needs a character", at)
    if at >= len(pattern) - 1:
        raise PatternError("'[' opens a class that is never closed", start)
    if "\ud800" <= pattern[at] <= "\udfff":
        raise PatternError("a class holds bytes that are not UTF-8", at)
    return pattern[at], at + 1


def has_wildcards(pattern: str) -> bool:
    """Whether BuildKit treats a copy source as a wildcard: an unescaped ``* ? [``."""
    return re.search(r"[*?\[]", re.sub(r"\\.", "", pattern, flags=re.DOTALL)) is not None


@lru_cache(maxsize=4096)
def compile_wildcard(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """A function that matches a whole path against a copy source as Go's `path.Match` does.

    Raises:
        PatternError: the pattern is malformed.
    """
    check(pattern)
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            expression, at = _read_class(pattern, at)
            out.append(expression)
            continue
        if char == "*":
            if out[-1:] != ["[^/]*"]:
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        else:
            if char == "\\":
                at += 1
            out.append(re.escape(pattern[at]))
        at += 1
    return re.compile("".join(out), re.DOTALL).fullmatch
