"""A filesystem in memory: directories, files, links, modes, numeric owners, and paths resolved through links."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_LINKS = 40


class Failure(Exception):
    """What a system call refuses; a build in which a command passes it on fails."""


class Beyond(Failure):
    """What the toy world cannot do; no command's failure, so no ``||`` takes it."""


class Node(NamedTuple):
    """What stands at a path: `kind` is ``d``, ``f`` or ``l``; `data` a file's bytes, `link` a link's text."""

    kind: str
    mode: int
    uid: int = 0
    gid: int = 0
    data: bytes = b""
    link: str = ""


def directory(mode: int = 0o755, uid: int = 0, gid: int = 0) -> Node:
    """A directory."""
    return Node("d", mode, uid, gid)


def file(data: str | bytes = b"", mode: int = 0o644, uid: int = 0, gid: int = 0) -> Node:
    """A file; text is kept as UTF-8."""
    return Node("f", mode, uid, gid, data.encode() if isinstance(data, str) else data)


def link(target: str, uid: int = 0, gid: int = 0) -> Node:
    """A symbolic link."""
    return Node("l", 0o777, uid, gid, b"", target)


class Who(NamedTuple):
    """Who makes a system call; root may do everything."""

    uid: int = 0
    gid: int = 0


ROOT = Who()


class Tree:
    """A filesystem; `nodes` maps clean absolute paths to what stands there, ``/`` always among them.

    `frozen` are paths under which nothing may be changed: read-only mounts.
    """

    __slots__ = ("frozen", "nodes")

    def __init__(self, nodes: dict[str, Node] | None = None) -> None:
        self.nodes = {"/": directory()} if nodes is None else nodes
        self.frozen: tuple[str, ...] = ()

    def copy(self) -> Tree:
        """Another tree that is alike."""
        return Tree(dict(self.nodes))

    def get(self, path: str) -> Node | None:
        """What stands at a clean path; links on the way are not followed."""
        return self.nodes.get(path)

    def names(self, path: str) -> list[str]:
        """The sorted names in a directory."""
        start = path if path.endswith("/") else path + "/"
        size = len(start)
        return sorted(at[size:] for at in self.nodes if at.startswith(start) and at != start and "/" not in at[size:])

    def below(self, path: str) -> list[str]:
        """All paths below `path`, parents first."""
        start = path if path.endswith("/") else path + "/"
        return sorted(at for at in self.nodes if at.startswith(start) and at != "/")

    def subtree(self, path: str) -> dict[str, Node]:
        """What is at and below `path`, by path relative to it ("" for itself)."""
        found = {at[len(path) if path != "/" else 0 :]: self.nodes[at] for at in self.below(path)}
        if path in self.nodes:
            found[""] = self.nodes[path]
        return dict(sorted(found.items()))

    def remove(self, path: str) -> None:
        """Takes away what is at and below `path`."""
        for at in self.below(path):
            del self.nodes[at]
        self.nodes.pop(path, None)

    def graft(self, path: str, nodes: dict[str, Node]) -> None:
        """Puts a `subtree` at `path`, in the place of what is there."""
        self.remove(path)
        for at, node in nodes.items():
            self.nodes[(path.rstrip("/") + at) or "/"] = node

    def rooted(self, path: str) -> str:
        """`path` with all links followed, also the last; what is missing counts as it is written.

        As RootPath of github.com/containerd/continuity/fs does, which BuildKit's file operations use.
        """
        return self._walk(path, last=True, who=None)

    def locate(self, path: str, who: Who = ROOT, *, last: bool = True) -> str:
        """`path` as the kernel finds it. Raises `Failure` where a directory on the way is missing or closed."""
        return self._walk(path, last=last, who=who)

    def _walk(self, path: str, *, last: bool, who: Who | None) -> str:
        wanted = [part for part in path.split("/") if part not in ("", ".")]
        wanted.reverse()
        at, hops = "/", 0
        while wanted:
            part = wanted.pop()
            node = self.nodes.get(at)
            if who is not None:
                if node is None or node.kind != "d":
                    raise Failure(f"{path}: no directory {at}")
                if not may(node, who, 1):
                    raise Failure(f"{path}: {at} is closed")
            if part == "..":
                at = posixpath.dirname(at)
                continue
            step = at.rstrip("/") + "/" + part
            node = self.nodes.get(step)
            if node is not None and node.kind == "l" and (wanted or last):
                hops += 1
                if hops > _MAX_LINKS:
                    raise Failure(f"{path}: too many links")
                if node.link.startswith("/"):
                    at = "/"
                wanted += [piece for piece in reversed(node.link.split("/")) if piece not in ("", ".")]
            else:
                at = step
        return at

    # What follows are system calls: they ask `who` may do what.

    def writable(self, path: str) -> None:
        """Raises `Failure` where `path` is in a read-only mount."""
        for top in self.frozen:
            if path == top or path.startswith(top + "/"):
                raise Failure(f"{path}: read-only")

    def _enter(self, path: str, who: Who) -> None:
        """Raises `Failure` unless `who` may add a name to the directory above `path`."""
        parent = posixpath.dirname(path)
        node = self.nodes.get(parent)
        if node is None or node.kind != "d":
            raise Failure(f"{path}: no directory {parent}")
        if not may(node, who, 3):
            raise Failure(f"{path}: {parent} is not writable")
        self.writable(path)

    def stat(self, path: str, who: Who = ROOT) -> Node | None:
        """What is at `path`, links followed; None where nothing is or it cannot be reached."""
        try:
            return self.nodes.get(self.locate(path, who))
        except Failure:
            return None

    def lstat(self, path: str, who: Who = ROOT) -> Node | None:
        """What is at `path`, a link at its end not followed."""
        try:
            return self.nodes.get(self.locate(path, who, last=False))
        except Failure:
            return None

    def read(self, path: str, who: Who = ROOT) -> bytes:
        """The bytes of a file. Raises `Failure`."""
        node = self.nodes.get(self.locate(path, who))
        if node is None or node.kind != "f":
            raise Failure(f"{path}: no file")
        if not may(node, who, 4):
            raise Failure(f"{path}: not readable")
        return node.data

    def write(self, path: str, data: bytes, who: Who = ROOT, *, append: bool = False, mode: int = 0o666) -> None:
        """Writes a file: one that is there keeps its mode and owner. Raises `Failure`."""
        at = self.locate(path, who)
        node = self.nodes.get(at)
        if node is None:
            if path.endswith("/"):
                raise Failure(f"{path}: is to be a directory")
            self._enter(at, who)
            self.nodes[at] = Node("f", mode & ~0o022, who.uid, who.gid, data)
            return
        if node.kind != "f":
            raise Failure(f"{path}: no file")
        if not may(node, who, 2):
            raise Failure(f"{path}: not writable")
        self.writable(at)
        self.nodes[at] = node._replace(data=node.data + data if append else data)

    def mkdir(self, path: str, who: Who = ROOT, mode: int = 0o777) -> None:
        """Makes one directory. Raises `Failure` where something is there."""
        at = self.locate(path, who, last=False)
        if at in self.nodes:
            raise Failure(f"{path}: exists")
        self._enter(at, who)
        self.nodes[at] = Node("d", mode & ~0o022, who.uid, who.gid)

    def symlink(self, target: str, path: str, who: Who = ROOT) -> None:
        """Makes a link. Raises `Failure` where something is there."""
        at = self.locate(path, who, last=False)
        if at in self.nodes:
            raise Failure(f"{path}: exists")
        self._enter(at, who)
        self.nodes[at] = Node("l", 0o777, who.uid, who.gid, b"", target)

    def unlink(self, path: str, who: Who = ROOT, *, recursive: bool = False) -> None:
        """Takes a name away, with `recursive` all below it. Raises `Failure`."""
        at = self.locate(path, who, last=False)
        node = self.nodes.get(at)
        if node is None:
            raise Failure(f"{path}: missing")
        if at == "/":
            raise Failure("/ stays")
        if node.kind == "d" and not recursive:
            raise Failure(f"{path}: a directory")
        for one in reversed([at, *self.below(at)]):
            self._leave(one, who)
            del self.nodes[one]

    def _leave(self, path: str, who: Who) -> None:
        self._enter(path, who)
        parent = self.nodes[posixpath.dirname(path)]
        if parent.mode & 0o1000 and who.uid not in (0, parent.uid, self.nodes[path].uid):
            raise Failure(f"{path}: sticky")

    def rename(self, old: str, new: str, who: Who = ROOT) -> None:
        """Moves one clean path to another in the place of what is there. Raises `Failure`."""
        node = self.nodes.get(old)
        if node is None:
            raise Failure(f"{old}: missing")
        there = self.nodes.get(new)
        if old == new or new.startswith(old + "/"):
            raise Failure(f"{old}: into itself")
        if there is not None and (there.kind == "d") != (node.kind == "d"):
            raise Failure(f"{new}: another kind")
        if there is not None and there.kind == "d" and self.names(new):
            raise Failure(f"{new}: not empty")
        self._leave(old, who)
        self._enter(new, who)
        if there is not None:
            self._leave(new, who)
        moved = self.subtree(old)
        self.remove(old)
        self.graft(new, moved)

    def chmod(self, at: str, mode: int, who: Who = ROOT) -> None:
        """Sets the mode of a clean path. Raises `Failure`."""
        node = self.nodes[at]
        if who.uid not in (0, node.uid):
            raise Failure(f"{at}: not the owner")
        self.writable(at)
        self.nodes[at] = node._replace(mode=mode)

    def chown(self, at: str, uid: int, gid: int, who: Who = ROOT) -> None:
        """Sets owner and group of a clean path. Raises `Failure`."""
        node = self.nodes[at]
        if who.uid != 0 and (uid, gid) != (node.uid, node.gid):
            raise Failure(f"{at}: only root")
        self.writable(at)
        # The kernel drops these bits of a file when root gives it away, too.
        mode = node.mode & ~0o6000 if node.kind == "f" else node.mode
        self.nodes[at] = node._replace(uid=uid, gid=gid, mode=mode)

    def makedirs(self, path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> None:
        """Makes the missing directories of a path without links. Raises `Failure` where a file is in the way."""
        missing = []
        at = path
        while at not in self.nodes:
            missing.append(at)
            at = posixpath.dirname(at)
        top = self.nodes[at]
        if top.kind != "d":
            raise Failure(f"{path}: {at} is no directory")
        for one in reversed(missing):
            self.nodes[one] = Node("d", mode, uid, gid)

    def glob(self, pattern: str, who: Who = ROOT) -> list[str]:
        """The paths that a shell's pattern means, sorted; empty for none."""
        found = ["/"] if pattern.startswith("/") else [""]
        for part in pattern.split("/"):
            if not part:
                continue
            following: list[str] = []
            for at in found:
                if "*" not in part and "?" not in part:
                    following.append(posixpath.join(at, part))
                    continue
                try:
                    real = self.locate(at or "/", who)
                except Failure:
                    continue
                node = self.nodes.get(real)
                if node is not None and node.kind == "d" and may(node, who, 4):
                    names = (name for name in self.names(real) if name[0] != "." or part[0] == ".")
                    following += [posixpath.join(at, name) for name in names if wild(part, name)]
            found = following
        return sorted(at for at in found if self.lstat(at, who) is not None)


def may(node: Node, who: Who, bits: int) -> bool:
    """Whether `who` has the rights `bits` (4 read, 2 write, 1 search) at a node."""
    if who.uid == 0:
        return True
    if node.uid == who.uid:
        granted = node.mode >> 6
    elif node.gid == who.gid:
        granted = node.mode >> 3
    else:
        granted = node.mode
    return granted & bits == bits


def wild(pattern: str, name: str) -> bool:
    """Whether one name matches a pattern of ``*`` and ``?``."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(wild(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and wild(pattern[1:], name[1:])


def planted(entries: Iterable[tuple[str, Node]]) -> Tree:
    """A tree of the given entries and the directories above them."""
    tree = Tree()
    for path, node in entries:
        tree.makedirs(posixpath.dirname(path))
        tree.nodes[path] = node
    return tree


def differences(one: Tree, other: Tree, ignored: Iterable[str] = ()) -> Iterator[str]:
    """What differs between two trees beyond what the globs `ignored` declare, one line each.

    As for `bakegen verify`: ``/a/**`` covers all below ``/a`` and whether that directory is there; a directory that
    only one side has, and that holds nothing but what is covered, is covered too.
    """
    globs = tuple(ignored)
    found: dict[str, str] = {}
    for path in sorted(one.nodes.keys() | other.nodes.keys(), reverse=True):
        first, second = one.nodes.get(path), other.nodes.get(path)
        if first == second or any(declared(glob, path) for glob in globs):
            continue
        only = first or second
        if first is None or second is None:
            assert only is not None
            inside = [*one.below(path), *other.below(path)]
            covered = not any(below in found for below in inside)
            holder = any(glob.endswith("/**") and declared(glob[:-3], path) for glob in globs)
            if only.kind == "d" and covered and (inside or holder):
                continue
        found[path] = f"{path}: {_show(first)} | {_show(second)}"
    yield from (found[path] for path in sorted(found))


def declared(glob: str, path: str) -> bool:
    """Whether a glob covers a path: ``*`` stays in a name, ``**`` is any number of names, at the end at least one."""
    if glob.endswith("/**"):
        glob += "/*"
    return _declared(tuple(p for p in glob.split("/") if p), tuple(p for p in path.split("/") if p))


def _declared(glob: tuple[str, ...], path: tuple[str, ...]) -> bool:
    if not glob:
        return not path
    if glob[0] == "**":
        return any(_declared(glob[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and wild(glob[0], path[0]) and _declared(glob[1:], path[1:])


def _show(node: Node | None) -> str:
    if node is None:
        return "missing"
    what = node.link if node.kind == "l" else node.data[:60].decode("utf-8", "replace")
    return f"{node.kind} {node.mode:04o} {node.uid}:{node.gid} {what!r}"
