"""COPY and ADD as BuildKit does them, ``--link`` included.

Source: docopy and unpack in BuildKit's solver/llbsolver/file, Copy in github.com/tonistiigi/fsutil/copy, dispatchCopy
in frontend/dockerfile/dockerfile2llb/convert_copy.go.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from dataclasses import dataclass

from bakegen.dockerfile.ignore import IgnoreFile
from tests.simulator.tree import Failure, Node, Tree, wild


@dataclass(frozen=True)
class Transfer:
    """One COPY or ADD with values.

    Attributes:
        sources: paths in `origin`, wildcards among them.
        files: heredocs, name and text.
        destination: absolute, a ``/`` at its end where one was written.
        chown: numeric, None where none is given.
        chmod: None where none is given.
        exclude: patterns.
        unpack: whether archives are unpacked.
    """

    origin: Tree
    sources: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    destination: str
    chown: tuple[int, int] | None = None
    chmod: str | None = None
    exclude: tuple[str, ...] = ()
    unpack: bool = False


def transfer(tree: Tree, what: Transfer) -> None:
    """Carries a COPY out in `tree`. Raises `Failure`."""
    for source in what.sources:
        matches = wildcards(what.origin, source)
        if not matches and not has_wildcards(source):
            raise Failure(f"COPY: no {source}")
        for match in matches:
            if what.unpack and _unpack(tree, what, match):
                continue
            _copy(tree, what, what.origin, match)
    for name, text in what.files:
        inline = Tree()
        inline.nodes["/" + name] = Node("f", 0o644, 0, 0, text.encode("utf-8", "surrogateescape"))
        _copy(tree, what, inline, "/" + name)


def linked(tree: Tree, what: Transfer) -> None:
    """Carries a COPY --link out: a layer of its own, laid over `tree` without looking at what is below."""
    layer = Tree()
    transfer(layer, what)
    for path, node in sorted(layer.nodes.items()):
        there = tree.get(path)
        if path == "/":
            continue
        if there is not None and (node.kind != "d" or there.kind != "d"):
            tree.remove(path)
        tree.nodes[path] = node


def has_wildcards(path: str) -> bool:
    """Whether BuildKit takes a source for a pattern."""
    return any(sign in path for sign in "*?[")


def wildcards(origin: Tree, source: str) -> list[str]:
    """The paths in `origin` that a source means, in the order in which they are copied."""
    source = posixpath.normpath(posixpath.join("/", source))
    if not has_wildcards(source):
        return [source] if origin.rooted(source) in origin.nodes else []
    parts = source.split("/")[1:]
    first = next(index for index, part in enumerate(parts) if has_wildcards(part))
    top = origin.rooted("/" + "/".join(parts[:first]))
    wanted = parts[first:]
    found = []
    for at in sorted(origin.below(top), key=lambda path: path.split("/")):
        names = at[len(top.rstrip("/")) + 1 :].split("/")
        if len(names) == len(wanted) and all(wild(p, n) for p, n in zip(wanted, names, strict=True)):
            found.append(at)
    return found


def _copy(tree: Tree, what: Transfer, origin: Tree, source: str) -> None:
    uid, gid = what.chown or (0, 0)
    head, _ = posixpath.split(what.destination)
    # A destination that ends in / is a directory, and made before the source is looked at.
    tree.makedirs(tree.rooted(head), 0o755, uid, gid)
    target = tree.rooted(what.destination)
    real = origin.rooted(source)
    node = origin.get(real)
    if node is None:
        raise Failure(f"COPY: no {source}")
    there = tree.get(target)
    if node.kind == "d":
        tree.makedirs(target, 0o755, uid, gid)
        _Copier(tree, what, origin).directory(real, target)
        return
    if there is not None and there.kind == "d":
        target = posixpath.join(target, posixpath.basename(source))
    tree.makedirs(posixpath.dirname(target), 0o755, uid, gid)
    _Copier(tree, what, origin).leaf(node, target)


class _Copier:
    def __init__(self, tree: Tree, what: Transfer, origin: Tree) -> None:
        self.tree = tree
        self.what = what
        self.origin = origin

    def directory(self, source: str, target: str) -> None:
        """Copies what is in a directory; directories that are there take on mode and owner of their namesakes."""
        kept = _kept(self.origin, source, self.what.exclude)
        for at in self.origin.below(source):
            inner = at[len(source.rstrip("/")) :]
            if inner not in kept:
                continue
            node, place = self.origin.nodes[at], target.rstrip("/") + inner
            if node.kind != "d":
                self.leaf(node, place)
                continue
            there = self.tree.get(place)
            if there is not None and there.kind != "d":
                raise Failure(f"COPY: cannot copy to non-directory {place}")
            self.tree.nodes[place] = self.owned(node)

    def leaf(self, node: Node, target: str) -> None:
        there = self.tree.get(target)
        if there is not None and there.kind == "d":
            raise Failure(f"COPY: cannot replace the directory {target} with a file")
        self.tree.nodes[target] = self.owned(node)

    def owned(self, node: Node) -> Node:
        if self.what.chown is not None:
            node = node._replace(uid=self.what.chown[0], gid=self.what.chown[1])
        if self.what.chmod is not None and node.kind != "l":
            node = node._replace(mode=changed_mode(self.what.chmod, node.mode, node.kind == "d", 0))
        return node


def _kept(origin: Tree, source: str, exclude: tuple[str, ...]) -> set[str]:
    inner = {at[len(source.rstrip("/")) :] for at in origin.below(source)}
    if not exclude:
        return inner
    rules = IgnoreFile.of(exclude)
    kept = {path for path in inner if not rules.excludes(path[1:])}
    # A directory that is left out comes back for what a ! keeps below it.
    for path in sorted(kept):
        parent = posixpath.dirname(path)
        while parent != "/":
            kept.add(parent)
            parent = posixpath.dirname(parent)
    return kept


def _unpack(tree: Tree, what: Transfer, source: str) -> bool:
    node = what.origin.get(what.origin.rooted(source))
    if node is None or node.kind != "f" or not is_archive(node.data):
        return False
    uid, gid = what.chown or (0, 0)
    target = tree.rooted(what.destination)
    tree.makedirs(target, 0o755, uid, gid)
    with tarfile.open(fileobj=io.BytesIO(node.data)) as archive:
        for member in archive:
            place = posixpath.normpath(posixpath.join(target, member.name))
            owner = what.chown or (member.uid, member.gid)
            tree.makedirs(posixpath.dirname(place))
            there = tree.get(place)
            if there is not None and not (member.isdir() and there.kind == "d"):
                tree.remove(place)
            if member.isdir():
                tree.nodes[place] = Node("d", member.mode, *owner)
            elif member.issym():
                tree.nodes[place] = Node("l", 0o777, *owner, b"", member.linkname)
            else:
                stream = archive.extractfile(member)
                assert stream is not None
                tree.nodes[place] = Node("f", member.mode, *owner, stream.read())
    return True


def is_archive(data: bytes) -> bool:
    """Whether ADD unpacks a file of these bytes."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return archive.next() is not None
    except tarfile.TarError:
        return False


def changed_mode(text: str, mode: int, is_directory: bool, umask: int) -> int:
    """`mode` after ``chmod TEXT``: octal, or clauses such as ``u+x,go-w``. Raises `Failure`."""
    if text.isdigit():
        return int(text, 8)
    for clause in text.split(","):
        who = "".join(letter for letter in clause[:3] if letter in "ugoa")
        rest = clause[len(who) :]
        if not rest or rest[0] not in "+-=":
            raise Failure(f"chmod: {text}")
        bits = 0
        for letter in rest[1:]:
            if letter == "X":
                bits |= 1 if is_directory or mode & 0o111 else 0
            elif letter in "rwx":
                bits |= {"r": 4, "w": 2, "x": 1}[letter]
            else:
                raise Failure(f"chmod: {text}")
        classes = who.replace("a", "ugo") or "ugo"
        mask = 0
        for letter in set(classes):
            mask |= bits << {"u": 6, "g": 3, "o": 0}[letter]
        if not who:
            mask &= ~umask
        if rest[0] == "+":
            mode |= mask
        elif rest[0] == "-":
            mode &= ~mask
        else:
            cleared = sum(7 << {"u": 6, "g": 3, "o": 0}[letter] for letter in set(classes))
            mode = mode & ~cleared | mask
    return mode
