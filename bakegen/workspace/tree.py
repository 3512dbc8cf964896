"""The files of a folder as a tree that is read as far as it is asked for, each file hashed at most once.

`workspace.context` selects from it. A file's identity is its git mode and its git blob id: taken from git's
index where that is surely the file on disk, otherwise computed from the bytes.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from bakegen.diagnostics import warning
from bakegen.workspace.files import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bakegen.diagnostics import Diagnostic
    from bakegen.workspace.gitindex import Listing

DIRECTORY_MODE = "40000"
_PIECE = 1024 * 1024
_NO_GIT = "leave it out of the context: write `.git` into the ignore file"


class Node:
    """One name in the tree. `path` is relative to the tree's folder, ``""`` for the folder itself."""

    __slots__ = ("_children", "_digest", "_identity", "_line", "_paths", "kind", "name", "path")

    def __init__(self, name: str, path: str, kind: str) -> None:
        self.name = name
        self.path = path
        self.kind = kind
        """``directory``, ``file``, ``link`` or ``other`` (pipes, sockets, devices)."""
        self._children: dict[str, Node] | None = None
        self._identity: tuple[str, str] | None = None
        self._digest: str | None = None
        self._paths: str | Literal[False] | None = None
        self._line: bytes | None = None

    @property
    def is_directory(self) -> bool:
        """True for a directory, not for a symlink to one."""
        return self.kind == "directory"


@dataclass
class FileTree:
    """A folder, its files as git knows them, and what was found wrong on the way.

    Attributes:
        root: the folder.
        load: gives git's listing of the folder; asked only when a file's identity is needed.
        hashed: how many files had to be read.
        diagnostics: things that cannot be read, or that are no files; a key can still be made.
    """

    root: Path
    load: Callable[[], Listing]
    hashed: int = 0
    diagnostics: list[Diagnostic] = field(default_factory=list)
    top: Node = field(default_factory=lambda: Node("", "", "directory"))
    _listing: Listing | None = None

    def _absolute(self, node: Node) -> bytes:
        """The path as bytes: names are told apart by their bytes, whatever the locale."""
        return b"%s/%s" % (os.fsencode(self.root), node.path.encode("utf-8", "surrogateescape"))

    def children(self, node: Node) -> Iterable[Node]:
        """What a directory holds, sorted by the bytes of the names; nothing for other nodes."""
        return self._entries(node).values()

    def child(self, node: Node, name: str) -> Node | None:
        """The entry of that very name, upper and lower case told apart."""
        return self._entries(node).get(name)

    def _entries(self, node: Node) -> dict[str, Node]:
        if node._children is None:
            node._children = self._scan(node) if node.is_directory else {}
        return node._children

    def _scan(self, node: Node) -> dict[str, Node]:
        prefix = node.path + "/" if node.path else ""
        found: list[tuple[bytes, Node]] = []
        try:
            with os.scandir(self._absolute(node)) as entries:
                for entry in entries:
                    name = entry.name.decode("utf-8", "surrogateescape")
                    found.append((entry.name, Node(name, prefix + name, _kind(entry))))
        except OSError as problem:
            self._report(node.path or ".", f"cannot be listed: {(problem.strerror or str(problem)).lower()}")
        found.sort(key=itemgetter(0))
        return {child.name: child for _, child in found}

    def paths_below(self, node: Node) -> str | None:
        """The paths of all that is below a directory, each after a newline, to be searched at once.

        None when that cannot be, as a name holds a newline itself.
        """
        if node._paths is None:
            found: list[str] = []
            for child in self.children(node):
                below = self.paths_below(child) if child.is_directory else ""
                if below is None or "\n" in child.name:
                    node._paths = False
                    return None
                found += ("\n", child.path, below)
            node._paths = "".join(found)
        return node._paths or ("" if node._paths == "" else None)

    def identity(self, node: Node) -> tuple[str, str]:
        """Git mode and blob id of a file or link; for what is neither, its kind and ``""``."""
        if node._identity is None:
            node._identity = self._known(node) or self._read(node)
        return node._identity

    @property
    def listing(self) -> Listing:
        """Git's listing, asked for at first use."""
        if self._listing is None:
            self._listing = self.load()
        return self._listing

    def _known(self, node: Node) -> tuple[str, str] | None:
        blob = self.listing.blobs.get(node.path)
        if blob is None or node.kind != ("link" if blob.mode == "120000" else "file"):
            return None
        if blob.size is not None:
            try:
                if os.lstat(self._absolute(node)).st_size != blob.size:
                    return None
            except OSError:
                return None
        return blob.mode, blob.oid

    def _read(self, node: Node) -> tuple[str, str]:
        path = self._absolute(node)
        try:
            if node.kind == "link":
                target = os.readlink(path)  # noqa: PTH115 (bytes)
                return "120000", _blob_id(self.listing.algorithm, len(target), [target])
            if node.kind == "file":
                return self._read_file(node, path)
            kind = kind_of(os.lstat(path).st_mode)
        except OSError as problem:
            self._report(node.path, f"cannot be read: {(problem.strerror or str(problem)).lower()}")
            return "unreadable", ""
        self._report(node.path, f"is {kind}, not a file")
        return kind, ""

    def _read_file(self, node: Node, path: bytes) -> tuple[str, str]:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb", buffering=0) as file:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise OSError(f"it became {kind_of(facts.st_mode)} while it was read")
            self.hashed += 1
            hasher = hashlib.new(self.listing.algorithm, b"blob %d\0" % facts.st_size, usedforsecurity=False)
            left = facts.st_size
            while piece := file.read(_PIECE):
                hasher.update(piece)
                left -= len(piece)
        if left:
            raise OSError("it changed while it was read")
        mode = "100755" if facts.st_mode & stat.S_IXUSR else "100644"
        return mode, hasher.hexdigest()

    def link_target(self, node: Node) -> str:
        """What a symlink says; ``""`` when it cannot be read."""
        try:
            return os.readlink(self._absolute(node)).decode("utf-8", "surrogateescape")  # noqa: PTH115 (bytes)
        except OSError:
            return ""

    def digest(self, node: Node) -> str:
        """The digest of everything below a directory; for the rest, see `identity`."""
        if node._digest is None:
            if node.name == ".git":
                self._report(node.path, "is git's own data: it differs on every machine, and the key with it", _NO_GIT)
            node._digest = directory_digest([self.line(child) for child in self.children(node)])
        return node._digest

    def line(self, node: Node) -> bytes:
        """A node with all that is below it, as its directory's digest holds it."""
        if node._line is None:
            mode, oid = (DIRECTORY_MODE, self.digest(node)) if node.is_directory else self.identity(node)
            node._line = entry_line(node.name, mode, oid)
        return node._line

    def _report(self, path: str, what: str, advice: str | None = None) -> None:
        shown = str(self.root / path)
        self.diagnostics.append(warning("context-odd-file", f"{shown!r} in the build context {what}", help=advice))


def _kind(entry: os.DirEntry[bytes]) -> str:
    if entry.is_symlink():
        return "link"
    if entry.is_file(follow_symlinks=False):
        return "file"
    return "directory" if entry.is_dir(follow_symlinks=False) else "other"


def _blob_id(algorithm: str, size: int, pieces: list[bytes]) -> str:
    hasher = hashlib.new(algorithm, b"blob %d\0" % size, usedforsecurity=False)
    for piece in pieces:
        hasher.update(piece)
    return hasher.hexdigest()


def entry_line(name: str, mode: str, oid: str) -> bytes:
    """An entry of a directory; a name holds neither ``/`` nor NUL, so the NULs mark the parts off."""
    return f"{mode} {oid}\0{name}\0".encode("utf-8", "surrogateescape")


def directory_digest(lines: Iterable[bytes]) -> str:
    """The digest of a directory that holds the entries given, sorted by name; no two contents share one."""
    return hashlib.sha256(b"".join(lines)).hexdigest()
