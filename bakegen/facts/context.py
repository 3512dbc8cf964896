"""The build context as a listing with the ignore file applied: the `ContextFacts` that workspace and tests use."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Protocol

from bakegen.dockerfile.patterns import PatternError, compile_wildcard, has_wildcards
from bakegen.facts.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.dockerfile.ignore import IgnoreFile, State
    from bakegen.text import Source


class Folder(Protocol):
    """A folder as it lies there, the ignore file not applied; paths are relative, "" is the folder itself."""

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds."""
        ...

    def mode(self, path: str) -> int | None:
        """The permission bits; None for nothing."""
        ...

    def read(self, path: str) -> Source | None:
        """The text of a regular file; None where there is none."""
        ...


class ListedContext:
    """A folder through its ignore file, read as far as it is asked about."""

    def __init__(self, folder: Folder, ignore: IgnoreFile) -> None:
        self._folder = folder
        self._ignore = ignore
        self._scans: dict[str, Mapping[str, Kind]] = {}
        self._states: dict[str, tuple[bool, State]] = {"": (False, ignore.start)}
        self._children: dict[str, tuple[str, ...]] = {}
        self._holds: dict[str, bool] = {}
        self._kinds: dict[str, Kind | None] = {}

    def kind(self, path: str) -> Kind | None:
        """What stands at `path`, None for nothing or for what the ignore file leaves out."""
        if path not in self._kinds:
            self._kinds[path] = self._kind(_clean(path))
        return self._kinds[path]

    def _kind(self, path: str) -> Kind | None:
        if not path:
            return Kind.DIRECTORY
        parent, name = posixpath.split(path)
        if self.kind(parent) is not Kind.DIRECTORY:
            return None
        kind = self._scan(parent).get(name)
        return kind if kind is not None and self._there(parent, name, kind) else None

    def mode(self, path: str) -> int | None:
        """The permission bits at `path`."""
        path = _clean(path)
        return None if self.kind(path) is None else self._folder.mode(path)

    def read(self, path: str) -> Source | None:
        """The text of a regular file."""
        path = _clean(path)
        return self._folder.read(path) if self.kind(path) is Kind.FILE else None

    def children(self, path: str) -> Sequence[str] | None:
        """The sorted names in a directory."""
        path = _clean(path)
        if self.kind(path) is not Kind.DIRECTORY:
            return None
        if path not in self._children:
            scan = self._scan(path)
            self._children[path] = tuple(sorted(name for name in scan if self._there(path, name, scan[name])))
        return self._children[path]

    def matches(self, pattern: str) -> Sequence[str]:
        """The sorted paths that a source of COPY means.

        Source: ResolveWildcards in BuildKit's vendored fsutil/copy: each component is matched by Go's filepath.Match.
        """
        pattern = _clean(pattern)
        if not has_wildcards(pattern):
            return (pattern,) if self.kind(pattern) is not None else ()
        found = [""]
        for part in pattern.split("/"):
            if not has_wildcards(part):
                found = [one for one in (posixpath.join(path, part) for path in found) if self.kind(one) is not None]
                continue
            try:
                match = compile_wildcard(part)
            except PatternError:
                return ()
            found = [
                posixpath.join(path, child) for path in found for child in self.children(path) or () if match(child)
            ]
        return tuple(sorted(found))

    def _scan(self, path: str) -> Mapping[str, Kind]:
        if path not in self._scans:
            self._scans[path] = self._folder.scan(path)
        return self._scans[path]

    def _state(self, path: str) -> tuple[bool, State]:
        if path not in self._states:
            _, state = self._state(posixpath.dirname(path))
            self._states[path] = self._ignore.enter(state, path)
        return self._states[path]

    def _there(self, parent: str, name: str, kind: Kind) -> bool:
        path = posixpath.join(parent, name)
        if kind is not Kind.DIRECTORY:
            return not self._ignore.verdict(self._state(parent)[1], path)
        excluded, state = self._state(path)
        if not excluded:
            return True
        # The directory comes along when an exception brings something in it back.
        if path not in self._holds:
            self._holds[path] = bool(state.rules) and any(
                self._there(path, child, below) for child, below in self._scan(path).items()
            )
        return self._holds[path]


class MemoryFolder:
    """A folder made of texts, for examples: path -> text.

    A text that begins with ``-> `` is a symbolic link, one that begins with ``(664) `` a file of that mode.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        from bakegen.text import Source

        self._files = {path: Source(path, text) for path, text in files.items()}
        self._tree: dict[str, dict[str, Kind]] = {"": {}}
        for path, text in sorted(files.items()):
            at = ""
            *folders, name = path.split("/")
            for folder in folders:
                self._tree[at][folder] = Kind.DIRECTORY
                at = posixpath.join(at, folder)
                self._tree.setdefault(at, {})
            self._tree[at][name] = Kind.SYMLINK if text.startswith("-> ") else Kind.FILE

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory."""
        return self._tree.get(path, {})

    def mode(self, path: str) -> int | None:
        """0755 for directories, 0644 for files whose text says nothing else."""
        if path in self._tree:
            return 0o755
        file = self._files.get(path)
        if file is None:
            return None
        given, bracket, _ = file.text[1:6].partition(") ")
        return int(given, 8) if bracket and file.text[0] == "(" and set(given) <= set("01234567") else 0o644

    def read(self, path: str) -> Source | None:
        """The text of a file."""
        return self._files.get(path)


def _clean(path: str) -> str:
    return posixpath.normpath("/" + path).lstrip("/")
