"""The files of a folder as a tree that is read as far as it is asked for, each file hashed at most once.

`workspace.context` selects from it. A file's identity is its git mode and its git blob id: taken from git's
index where that is surely the file on disk, otherwise computed from the bytes.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.diagnostics import warning
from bakegen.workspace.files import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bakegen.diagnostics import Diagnostic
    from bakegen.workspace.gitindex import Listing

DIRECTORY_MODE = "40000"
_PIECE = 1024 * 1024


class Node:
    """One name in the tree. `path` is relative to the tree's folder, ``""`` for the folder itself."""

    __slots__ = ("_children", "_digest", "_identity", "kind", "name", "path")

    def __init__(self, name: str, path: str, kind: str) -> None:
        self.name = name
        self.path = path
        self.kind = kind
        """``directory``, ``file``, ``link`` or ``other`` (pipes, sockets, devices)."""
        self._children: tuple[Node, ...] | None = None
        self._identity: tuple[str, str] | None = None
        self._digest: str | None = None

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

    def children(self, node: Node) -> tuple[Node, ...]:
        """What a directory holds, sorted by the bytes of the names; nothing for other nodes."""
        if node._children is None:
            node._children = self._scan(node) if node.is_directory else ()
        return node._children

    def _scan(self, node: Node) -> tuple[Node, ...]:
        prefix = node.path + "/" if node.path else ""
        found: list[tuple[bytes, Node]] = []
        try:
            with os.scandir(self._absolute(node)) as entries:
                for entry in entries:
                    name = entry.name.decode("utf-8", "surrogateescape")
                    found.append((entry.name, Node(name, prefix + name, _kind(entry))))
        except OSError as problem:
            self._report(node.path or ".", f"cannot be listed: {(problem.strerror or str(problem)).lower()}")
        return tuple(child for _, child in sorted(found, key=lambda pair: pair[0]))

    def child(self, node: Node, name: str) -> Node | None:
        """The entry of that very name, upper and lower case told apart."""
        return next((child for child in self.children(node) if child.name == name), None)

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
            node._digest = directory_digest([(child.name, *self.entry(child)) for child in self.children(node)])
        return node._digest

    def entry(self, node: Node) -> tuple[str, str]:
        """Mode and id of a node as its directory's digest holds it."""
        return (DIRECTORY_MODE, self.digest(node)) if node.is_directory else self.identity(node)

    def _report(self, path: str, what: str) -> None:
        shown = str(self.root / path)
        self.diagnostics.append(warning("context-odd-file", f"{shown!r} in the build context {what}"))


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


def directory_digest(entries: list[tuple[str, str, str]]) -> str:
    """The digest of a directory that holds the (name, mode, id) given; no two contents share one.

    A name holds neither ``/`` nor NUL, so the NULs mark the parts off.
    """
    hasher = hashlib.sha256()
    for name, mode, oid in entries:
        hasher.update(f"{mode} {oid}\0{name}\0".encode("utf-8", "surrogateescape"))
    return hasher.hexdigest()
