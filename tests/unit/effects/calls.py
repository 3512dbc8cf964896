"""Calls for tests of single models, made of a plain command line without the shell's grammar."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from bakegen.effects import commands
from bakegen.effects.call import Argument, Call
from bakegen.effects.surroundings import Copied, Surroundings
from bakegen.facts.model import Kind
from bakegen.text import Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.effects.model import CommandEffect, Install
    from bakegen.facts.model import PlatformFacts


class FilesContext:
    """A build context that is a mapping from paths to texts."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {path.lstrip("/"): text for path, text in files.items()}

    def kind(self, path: str) -> Kind | None:
        path = self._clean(path)
        if path in self.files:
            return Kind.FILE
        return Kind.DIRECTORY if any(one.startswith(f"{path}/") or not path for one in self.files) else None

    def mode(self, path: str) -> int | None:
        return None if self.kind(path) is None else 0o644

    def read(self, path: str) -> Source | None:
        path = self._clean(path)
        return Source(path, self.files[path]) if path in self.files else None

    def children(self, path: str) -> Sequence[str] | None:
        path = self._clean(path)
        if self.kind(path) is not Kind.DIRECTORY:
            return None
        start = f"{path}/" if path else ""
        return sorted({one[len(start) :].partition("/")[0] for one in self.files if one.startswith(start)})

    def matches(self, pattern: str) -> Sequence[str]:
        return [pattern] if self.kind(pattern) is not None else []

    @staticmethod
    def _clean(path: str) -> str:
        path = posixpath.normpath(path.lstrip("/")) if path.lstrip("/") else ""
        return "" if path == "." else path


def call(
    line: str,
    *,
    files: Mapping[str, str] | None = None,
    directory: str = "/app",
    user: str = "root",
    variables: Mapping[str, str] | None = None,
    unsure: frozenset[str] = frozenset(),
    base: PlatformFacts | None = None,
    whole: bool = True,
    sure: bool = True,
    complete: bool = False,
) -> Call:
    """The call of `line`; `files` were copied to where their paths say (`whole`: their directories)."""
    files = files or {}
    tops = sorted({posixpath.dirname(path) for path in files} | ({directory} if files else set())) if whole else []
    copied = tuple(Copied(top, top.lstrip("/") or ".") for top in tops if top != "/") if whole else ()
    if not whole:
        copied = tuple(Copied(path, path.lstrip("/")) for path in sorted(files))
    words = [(word, line.find(word)) for word in shlex.split(line)]
    arguments = tuple(_argument(word, at) for word, at in words[1:])
    name, rest = commands.named(words[0][0], arguments)
    around = Surroundings(
        environment=dict(variables or {}),
        directory=directory,
        directory_sure=sure,
        user=user,
        unsure=unsure,
        base=base,
        complete=complete,
        copied=copied,
        context=FilesContext(files),
    )
    return Call(name, rest, around, Span(0, len(line)), program=words[0][0])


def _argument(word: str, at: int) -> Argument:
    at = max(at, 0)
    span = Span(at, at + len(word))
    unknown = re.search(r"\$UNKNOWN", word)
    if unknown:
        return Argument(None, span, word[: unknown.start()], single=False)
    if "*" in word and "@" not in word:
        return Argument(None, span, word[: word.index("*")], single=False, pattern=True)
    return Argument(word, span)


def effect(line: str, **options: object) -> CommandEffect:
    """The effect of `line`, which must be understood."""
    found = commands.effect(call(line, **options))  # type: ignore[arg-type]
    assert not isinstance(found, str), found
    return found


def reason(line: str, **options: object) -> str:
    """Why `line` is not understood."""
    found = commands.effect(call(line, **options))  # type: ignore[arg-type]
    assert isinstance(found, str), found
    return found


def install(line: str, **options: object) -> Install:
    """What `line` installs."""
    found = effect(line, **options)
    assert found.install is not None
    return found.install
