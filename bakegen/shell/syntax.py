"""The tree of a shell text, as POSIX has it: lists, pipelines, commands, words; made by `grammar`.

All offsets are those of the shell text; `runtext` leads from there to the Dockerfile.
"""

from __future__ import annotations

from dataclasses import field

from bakegen.values import dataclass


class ShellError(ValueError):
    """A text that is not understood: the reason as a clause, and where."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself; globs, tildes and braces in it count only where it is not `quoted`."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name…}``: `operator` is what follows the name (``:-``, ``%%``, …), ``#`` for the length."""

    name: str
    operator: str
    word: Word | None
    quoted: bool


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(…)`` or backquotes."""

    body: Sequence
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((…))`` with the variables that it looks at."""

    names: frozenset[str]
    quoted: bool


@dataclass(frozen=True, slots=True)
class Tilde:
    """``~`` or ``~user`` where a word begins."""

    user: str


Piece = Literal | Parameter | Substitution | Arithmetic | Tilde


@dataclass(frozen=True, slots=True)
class Word:
    """One word: the pieces that it is put together from."""

    pieces: tuple[Piece, ...]
    start: int
    end: int

    @property
    def literal(self) -> str | None:
        """Its text where nothing in it is expanded or quoted: what reserved words and names must be."""
        if all(isinstance(piece, Literal) and not piece.quoted for piece in self.pieces):
            return "".join(piece.text for piece in self.pieces if isinstance(piece, Literal))
        return None


@dataclass(slots=True)
class Redirect:
    """A redirection; `body` is set for heredocs (where the line has been read), whose `target` is the end marker."""

    operator: str
    descriptor: int | None
    target: Word
    body: Word | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """``NAME=value`` before a command, or alone."""

    name: str
    value: Word
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``, or one after ``!``."""

    items: tuple[Node, ...]
    negated: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AndOr:
    """``first && second || third``: operators with what follows them, read from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other; also a whole text."""

    items: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """``{ …; }``, or ``( … )`` where `subshell`."""

    body: Sequence
    subshell: bool
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class If:
    """``if``: conditions with what they lead to, in order."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; `words` is None without ``in``."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class While:
    """``while``, or ``until``."""

    condition: Sequence
    body: Sequence
    until: bool
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in``: the patterns of each branch with what they lead to."""

    word: Word
    branches: tuple[tuple[tuple[Word, ...], Sequence], ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A construct that could be read and is not followed: a function, ``&``, ``[[``."""

    reason: str
    start: int
    end: int
    inner: tuple[Node, ...] = field(default=())


Node = Simple | Pipeline | AndOr | Sequence | Group | If | For | While | Case | Unsupported
