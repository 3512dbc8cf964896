"""Words of a shell text with values in them: expansion, field splitting, globs; what is not known stays open.

Source: section 2.6 (word expansions) of POSIX.1-2024's Shell Command Language.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from bakegen.shell.syntax import Arithmetic, Literal, Parameter, ShellError, Substitution, Tilde
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bakegen.shell.syntax import Node, Word


class Unknown(Enum):
    """What a look-up gives for a variable that may or may not be set, to anything."""

    VALUE = 0


UNKNOWN = Unknown.VALUE
Value = str | None | Unknown
"""A variable's value; None: surely unset."""

_GLOB = re.compile(r"[*?]|\[(?=[^]]*[^]!^][^]]*\]|\][^]]*\])")
_BRACES = re.compile(r"\{[^{}]*(,|\.\.)[^{}]*\}")
_PATTERN = re.compile(r"[*?\[\]\\]")


@dataclass(frozen=True, slots=True)
class Field:
    """A word after expansion.

    Attributes:
        text: what it is; None where that is not known.
        prefix: how it surely begins, where `text` is None.
        single: whether it is exactly one word; False for what may be none or several.
        pattern: whether it is a glob: every word that it becomes begins with `prefix`.
    """

    text: str | None
    prefix: str = ""
    single: bool = True
    pattern: bool = False


class _Piece(NamedTuple):
    text: str | None
    quoted: bool
    splits: bool  # whether it came from an unquoted expansion


def expand(word: Word, look: Callable[[str], Value], *, bash: bool = False) -> tuple[Field, ...]:
    """The words that a word becomes.

    Args:
        word: as it was read.
        look: the value of a variable; ``~`` and ``~user`` are asked for like that too.
        bash: whether braces are expanded.

    Raises:
        ShellError: shells differ in what it becomes.
    """
    if not bash and _has_braces(word):
        raise ShellError("braces that bash expands and other shells do not", word.start)
    if bash and _has_braces(word):
        raise ShellError("a brace expansion that is not looked into", word.start)
    pieces = list(_pieces(word, look))
    return tuple(_field(group) for group in _split(pieces)) if pieces else ()


def value(word: Word, look: Callable[[str], Value]) -> Field:
    """What a word becomes where it stays one word and globs do not count: assignments, redirections, heredocs."""
    text = ""
    for piece in _pieces(word, look):
        if piece.text is None:
            return Field(None, text)
        text += piece.text
    return Field(text)


def names(word: Word) -> frozenset[str]:
    """The variables that a word looks at, those within substitutions left out."""
    found: set[str] = set()
    for piece in word.pieces:
        if isinstance(piece, Parameter):
            found.add(piece.name)
            if piece.word is not None:
                found |= names(piece.word)
        elif isinstance(piece, Arithmetic):
            found |= piece.names
        elif isinstance(piece, Tilde):
            found.add("HOME")
    return frozenset(found)


def substitutions(word: Word) -> Iterator[Node]:
    """The commands within a word, in order."""
    for piece in word.pieces:
        if isinstance(piece, Substitution):
            yield piece.body
        elif isinstance(piece, Parameter) and piece.word is not None:
            yield from substitutions(piece.word)


def _has_braces(word: Word) -> bool:
    shape = "".join(piece.text if isinstance(piece, Literal) and not piece.quoted else "x" for piece in word.pieces)
    return _BRACES.search(shape) is not None


def _pieces(word: Word, look: Callable[[str], Value]) -> Iterator[_Piece]:
    for piece in word.pieces:
        if isinstance(piece, Literal):
            yield _Piece(piece.text, piece.quoted, False)
        elif isinstance(piece, Tilde):
            home = look(f"~{piece.user}")
            yield _Piece(home if isinstance(home, str) else None, True, False)
        elif isinstance(piece, Parameter):
            text = _parameter(piece, look)
            if text is None or not isinstance(text, _Words):
                yield _Piece(text, piece.quoted, not piece.quoted)
            else:
                yield from text.pieces
        else:
            yield _Piece(None, piece.quoted, not piece.quoted and isinstance(piece, Substitution))


class _Words(NamedTuple):
    """The pieces of the word behind an operator."""

    pieces: list[_Piece]


def _parameter(piece: Parameter, look: Callable[[str], Value]) -> str | _Words | None:
    found = look(piece.name)
    operator = piece.operator
    if operator in (":=", "="):
        raise ShellError("an expansion that assigns", piece.word.start if piece.word else 0)
    if found is UNKNOWN:
        return None
    there = bool(found) if operator.startswith(":") else found is not None
    kind = operator.removeprefix(":") if piece.word is not None else operator
    if kind == "":
        return found or ""
    if piece.word is None:
        return str(len(found or ""))
    if kind == "-":
        return (found or "") if there else _replacement(piece, look)
    if kind == "+":
        return _replacement(piece, look) if there else ""
    if kind == "?":
        return (found or "") if there else None
    if kind in ("%", "%%", "#", "##"):
        pattern = value(piece.word, look).text
        if pattern is None or _PATTERN.search(pattern):
            return None
        text = found or ""
        return text.removesuffix(pattern) if "%" in kind else text.removeprefix(pattern)
    return None


def _replacement(piece: Parameter, look: Callable[[str], Value]) -> _Words:
    assert piece.word is not None
    return _Words(
        [one._replace(splits=not one.quoted and not piece.quoted) for one in _pieces(piece.word, look)]
        or [_Piece("", piece.quoted, not piece.quoted)]
    )


def _split(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Field splitting by blanks; an unknown unquoted piece stays in the word that it stands in."""
    current: list[_Piece] = []
    for piece in pieces:
        if not piece.splits or piece.text is None:
            current.append(piece)
            continue
        parts = re.split(r"[ \t\n]+", piece.text)
        for index, part in enumerate(parts):
            if index:
                if any(one.quoted or one.text != "" for one in current):
                    yield current
                current = []
            if part:
                current.append(piece._replace(text=part))
    if any(one.quoted or one.text != "" for one in current):
        yield current


def _field(pieces: list[_Piece]) -> Field:
    # Brackets may be closed behind a quoted or an unknown piece: all of the word is looked at, quoted text masked.
    shape = "".join("x" * len(one.text) if one.quoted and one.text else one.text or "x" for one in pieces)
    globs = _GLOB.search(shape) is not None
    text = ""
    for piece in pieces:
        if piece.text is None:
            single = not globs and not any(one.text is None and one.splits for one in pieces)
            return Field(None, text, single)
        first = re.search(r"[*?[]", piece.text) if globs and not piece.quoted else None
        if first is not None:
            known = all(one.text is not None for one in pieces)
            return Field(None, text + piece.text[: first.start()], False, known)
        text += piece.text
    return Field(text)
