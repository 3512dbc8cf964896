"""Which folder is the build context of a Dockerfile: the one that has the files which its instructions take."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile, ignore_file_names
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Kind
from bakegen.importing.dockerfile_tree_paths import is_dockerfile
from bakegen.text import Source
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.dockerfile.resolve import Resolved
    from bakegen.importing.sources import Files


@dataclass(frozen=True, slots=True)
class Context:
    """A folder that is guessed to be the context.

    Attributes:
        folder: from the project's folder, "" for it.
        why: what the guess rests on.
        sure: whether nothing else is possible: nothing is taken from the context at all.
        missing: what instructions take and the folder does not have.
    """

    folder: str
    why: str
    sure: bool = False
    missing: tuple[str, ...] = ()


class Folders:
    """The folders of a tree, each as a context with its ignore file."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._tree: dict[str, dict[str, Kind]] = {"": {}}
        self._content: set[str] = set()
        self._contexts: dict[tuple[str, str], ListedContext] = {}
        for path in files.paths:
            self._add(path)

    def _add(self, path: str) -> None:
        content = not is_dockerfile(path)
        kind = Kind.FILE
        while path:
            folder, name = posixpath.split(path)
            if content:
                self._content.add(folder)
            self._tree.setdefault(folder, {})[name] = kind
            path, kind = folder, Kind.DIRECTORY

    def __contains__(self, folder: str) -> bool:
        return folder in self._tree

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a folder."""
        return self._tree.get(path, {})

    def has_content(self, folder: str) -> bool:
        """Whether there is anything below a folder beside Dockerfiles and what belongs to them."""
        return folder in self._content

    def context(self, folder: str, dockerfile: str) -> ListedContext:
        """A folder as the context of a Dockerfile."""
        beside, inside = ignore_file_names(dockerfile)
        known = set(self._tree.get(posixpath.dirname(dockerfile), {}))
        path = beside if posixpath.basename(beside) in known else posixpath.join(folder, inside)
        key = (folder, path)
        if key not in self._contexts:
            content = self._files.read(path) if posixpath.basename(path) in self.scan(posixpath.dirname(path)) else None
            ignore = IgnoreFile.parse(Source.from_bytes(path, content)) if content is not None else IgnoreFile()
            self._contexts[key] = ListedContext(_Below(self, self._files, folder), ignore)
        return self._contexts[key]


class _Below:
    """A folder of the tree as `bakegen.facts.context.Folder`."""

    def __init__(self, folders: Folders, files: Files, folder: str) -> None:
        self._folders = folders
        self._files = files
        self._folder = folder

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a folder below."""
        return self._folders.scan(posixpath.join(self._folder, path).rstrip("/"))

    def mode(self, path: str) -> int | None:
        """Not known, and not asked for."""
        return None

    def read(self, path: str) -> Source | None:
        """The text of a file below."""
        where = posixpath.join(self._folder, path)
        content = self._files.read(where)
        return None if content is None else Source.from_bytes(where, content)


def guess_context(folders: Folders, dockerfile: str, resolved: Resolved) -> Context:
    """The context of a Dockerfile that nobody is seen to build: its folder, or the nearest above that has all it takes.

    Args:
        folders: the tree.
        dockerfile: its path.
        resolved: what it says.
    """
    own = posixpath.dirname(dockerfile)
    taken = _taken(resolved)
    if not taken:
        return Context(own, "nothing is taken from the context", sure=True)
    best = Context(own, "", missing=taken)
    for folder in _upwards(own):
        missing = _missing(folders, folder, dockerfile, taken)
        if not missing:
            return Context(folder, _reason(folder, own, taken))
        if len(missing) < len(best.missing):
            best = Context(folder, "", missing=missing)
    shown = ", ".join(best.missing[:3]) + (", …" if len(best.missing) > 3 else "")
    if len(best.missing) == len(taken):
        why = f"it is the Dockerfile's own folder; {shown} is nowhere in the repository"
    else:
        why = f"it has most of what is copied, but not {shown}"
    return Context(best.folder, why, missing=best.missing)


def _upwards(folder: str) -> tuple[str, ...]:
    found = [folder]
    while folder:
        folder = posixpath.dirname(folder)
        found.append(folder)
    return tuple(found)


def _taken(resolved: Resolved) -> tuple[str, ...]:
    """What is read from the context, each source once, as clean paths."""
    found: dict[str, None] = {}
    for read in resolved.context_reads:
        for source in read.sources:
            found.setdefault(posixpath.normpath("/" + source).lstrip("/") or ".")
    return tuple(found)


def _missing(folders: Folders, folder: str, dockerfile: str, taken: tuple[str, ...]) -> tuple[str, ...]:
    context = folders.context(folder, dockerfile)
    return tuple(source for source in taken if not _is_there(folders, folder, context, source))


def _is_there(folders: Folders, folder: str, context: ListedContext, source: str) -> bool:
    # A copy of everything is meant to bring more than Dockerfiles.
    if source in (".", "*"):
        return folders.has_content(folder)
    found = context.matches(source)
    return any(
        context.kind(path) is not Kind.DIRECTORY or folders.has_content(posixpath.join(folder, path)) for path in found
    )


def _reason(folder: str, own: str, taken: tuple[str, ...]) -> str:
    named = [source for source in taken if source not in (".", "*")]
    shown = ", ".join(named[:3]) + (", …" if len(named) > 3 else "")
    if not named:
        return (
            "everything is copied, and there is something to copy"
            if folder == own
            else ("everything is copied, and the folders below have nothing but Dockerfiles")
        )
    return f"it has what is copied: {shown}" if folder == own else f"it is the nearest that has what is copied: {shown}"
