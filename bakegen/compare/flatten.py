"""Lays layers over each other: the root filesystem that a container would see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.compare.model import Entry, Kind
from bakegen.compare.tar import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bakegen.compare.layer import Change, Layer

_MOST_LINKS = 255


class _Inode:
    """What one or more paths lead to."""

    __slots__ = ("change", "gid", "kind", "mode", "paths", "uid", "xattrs")

    def __init__(self, change: Change | None) -> None:
        # A directory that no layer describes is made as containerd makes it: root's, 0755.
        self.change = change
        self.kind = Kind.DIRECTORY if change is None or change.kind is None else change.kind
        self.paths: list[str] = []
        self.mode, self.uid, self.gid = 0o755, 0, 0
        self.xattrs: tuple[tuple[str, bytes], ...] = ()
        if change is not None:
            self.describe(change)

    def describe(self, change: Change) -> None:
        """Takes owner, mode and attributes; of a hard link too, as containerd's createTarFile does."""
        if change.kind is not None or self.kind is not Kind.SYMLINK:
            self.mode = change.mode
        self.uid, self.gid = change.uid, change.gid
        if change.kind is not None:
            self.xattrs = change.xattrs
        elif change.xattrs:
            self.xattrs = tuple(sorted((dict(self.xattrs) | dict(change.xattrs)).items()))

    def entry(self, links: tuple[str, ...]) -> Entry:
        """What the paths show."""
        own = self.change
        if own is None or self.kind is Kind.DIRECTORY:
            return Entry(Kind.DIRECTORY, self.mode, self.uid, self.gid, self.xattrs)
        return Entry(
            self.kind,
            self.mode,
            self.uid,
            self.gid,
            self.xattrs,
            own.target,
            own.device,
            own.size,
            own.digest,
            links,
            own.text,
        )


class _Node:
    """A name in a directory; `layer` is the number of the layer that made it."""

    __slots__ = ("children", "inode", "layer")

    def __init__(self, inode: _Inode, layer: int) -> None:
        self.inode = inode
        self.layer = layer
        self.children: dict[str, _Node] | None = {} if inode.kind is Kind.DIRECTORY else None


def flatten(layers: Iterable[Layer]) -> dict[str, Entry]:
    """The root filesystem of `layers`, lowest first: absolute path -> entry, sorted, without the root itself.

    A layer's whiteouts hide what is below it, never what it holds itself. A directory upon a directory keeps what
    is in it; anything else takes the place of what was there. Where a parent of a path is a symbolic link of a
    lower layer, it becomes a directory, as on the overlay filesystem; one of the same layer is followed.

    Raises:
        Damaged: a hard link leads to nothing.
    """
    root = _Node(_Inode(None), -1)
    for number, layer in enumerate(layers):
        _apply(root, layer, number)
    return _entries(root)


def _apply(root: _Node, layer: Layer, number: int) -> None:
    for path in layer.emptied:
        node = _find(root, path)
        if node is not None and node.children is not None:
            node.children.clear()
    for path in layer.removed:
        folder, _, name = path.rpartition("/")
        parent = _find(root, folder or "/")
        if parent is not None and parent.children is not None:
            parent.children.pop(name, None)
    for change in layer.changes:
        folder, _, name = change.path.rpartition("/")
        siblings = _directory(root, folder, number)
        if change.kind is None:
            siblings[name] = _linked(root, change, number)
            continue
        old = siblings.get(name)
        node = _Node(_Inode(change), number)
        if old is not None and old.children is not None and node.children is not None:
            node.children = old.children
        siblings[name] = node


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _find(root: _Node, path: str) -> _Node | None:
    """What stands at `path`; links are not followed."""
    node = root
    for part in _parts(path):
        following = None if node.children is None else node.children.get(part)
        if following is None:
            return None
        node = following
    return node


def _directory(root: _Node, path: str, number: int) -> dict[str, _Node]:
    """The children of the directory `path`, which is made where it is missing."""
    assert root.children is not None
    above: list[dict[str, _Node]] = [root.children]
    waiting = _parts(path)[::-1]
    followed = 0
    while waiting:
        part = waiting.pop()
        if part == ".":
            continue
        if part == "..":
            if len(above) > 1:
                above.pop()
            continue
        node = above[-1].get(part)
        if node is not None and node.inode.kind is Kind.SYMLINK and node.layer == number:
            followed += 1
            if followed > _MOST_LINKS:
                raise Damaged(f"the symbolic links above {path!r} lead in a circle")
            assert node.inode.change is not None
            target = node.inode.change.target
            if target.startswith("/"):
                del above[1:]
            waiting += _parts(target)[::-1]
            continue
        if node is None or node.children is None:
            node = above[-1][part] = _Node(_Inode(None), number)
        assert node.children is not None
        above.append(node.children)
    return above[-1]


def _linked(root: _Node, change: Change, number: int) -> _Node:
    folder, _, name = change.target.rpartition("/")
    target = _find(root, change.target) or _directory(root, folder, number).get(name)
    if target is None:
        raise Damaged(f"the hard link {change.path!r} leads to {change.target!r}, which is not there")
    if target.children is not None:
        raise Damaged(f"the hard link {change.path!r} leads to {change.target!r}, a directory")
    target.inode.describe(change)
    return _Node(target.inode, number)


def _entries(root: _Node) -> dict[str, Entry]:
    found: list[tuple[str, _Inode]] = []
    for path, inode in _walk(root):
        inode.paths.append(path)
        found.append((path, inode))
    # Components sort as tuples would, so that a directory is followed by what is in it.
    made: dict[int, Entry] = {}
    entries: dict[str, Entry] = {}
    for path, inode in found:
        entry = made.get(id(inode))
        if entry is None:
            links = tuple(sorted(inode.paths)) if len(inode.paths) > 1 else ()
            entry = inode.entry(links)
            if links:
                made[id(inode)] = entry
        entries[path] = entry
    return entries


def _walk(root: _Node) -> Iterator[tuple[str, _Inode]]:
    waiting: list[tuple[str, _Node]] = [("", root)]
    while waiting:
        path, node = waiting.pop()
        if path:
            yield path, node.inode
        if node.children:
            waiting += [(f"{path}/{name}", child) for name, child in sorted(node.children.items(), reverse=True)]
