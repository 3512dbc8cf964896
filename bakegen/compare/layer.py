"""One layer of an image, read in one pass: its changes in order, file contents as hashes."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.compare.model import Kind
from bakegen.compare.tar import Damaged, Members, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.compare.tar import Header

_KINDS = {
    "0": Kind.FILE,
    "2": Kind.SYMLINK,
    "3": Kind.CHARACTER_DEVICE,
    "4": Kind.BLOCK_DEVICE,
    "5": Kind.DIRECTORY,
    "6": Kind.FIFO,
}
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
LARGEST_TEXT = 16 * 1024
_MOST_TEXT = 64 * 1024 * 1024
_MOST_MEMBERS = 5_000_000
_LONGEST_PATH = 16 * 1024


@dataclass(slots=True)
class Keeper:
    """Keeps the bytes of small text files, so that they can be shown, until there are `room` of them."""

    room: int = _MOST_TEXT

    def read(self, path: str, size: int, pieces: Iterator[bytes]) -> tuple[str, bytes | None]:
        """The digest of the file `path`, and its bytes where they are kept; all pieces are to be taken."""
        hashed = hashlib.sha256()
        if not 0 < size <= min(LARGEST_TEXT, self.room):
            for piece in pieces:
                hashed.update(piece)
            return hashed.hexdigest(), None
        data = b"".join(pieces)
        hashed.update(data)
        if b"\0" in data:
            return hashed.hexdigest(), None
        self.room -= len(data)
        return hashed.hexdigest(), data


@dataclass(frozen=True, slots=True)
class Change:
    """A path that a layer makes; `kind` None is a hard link to `target`, an absolute path."""

    path: str
    kind: Kind | None
    mode: int
    uid: int
    gid: int
    xattrs: tuple[tuple[str, bytes], ...]
    target: str
    device: tuple[int, int] | None
    size: int
    digest: str
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer does to those below it: first it removes, then it makes.

    Attributes:
        removed: paths that whiteouts name.
        emptied: directories that are opaque: nothing from below is seen in them.
        changes: what it makes, in the archive's order.
    """

    removed: tuple[str, ...]
    emptied: tuple[str, ...]
    changes: tuple[Change, ...]


def read_layer(stream: Stream, keeper: Keeper) -> Layer:
    """The layer that the plain tar archive `stream` holds, read to its end.

    The rules of names and whiteouts are those of the OCI image specification (layer.md) and, where it is silent,
    of containerd (pkg/archive/tar.go): names are cleaned below the root, the root itself is left alone.

    Raises:
        Damaged: it is no layer.
    """
    members = Members(stream)
    removed: list[str] = []
    emptied: list[str] = []
    changes: list[Change] = []
    count = 0
    while (header := members.next()) is not None:
        count += 1
        if count > _MOST_MEMBERS:
            raise Damaged(f"it has more than {_MOST_MEMBERS} members")
        path = _clean(header.name)
        if path == "/":
            continue
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            emptied.append(folder or "/")
        elif name.startswith(_WHITEOUT * 2):
            continue  # left over from aufs
        elif name.startswith(_WHITEOUT):
            if name[len(_WHITEOUT) :] in ("", ".", ".."):
                raise Damaged(f"it has a whiteout of no name: {path!r}")
            removed.append(f"{folder}/{name[len(_WHITEOUT) :]}")
        else:
            changes.append(_change(path, header, members, keeper))
    return Layer(tuple(removed), tuple(emptied), tuple(changes))


def _clean(name: str) -> str:
    if len(name) > _LONGEST_PATH or "\0" in name:
        raise Damaged("it has a path that no system takes")
    return "/" + posixpath.normpath("/" + name).lstrip("/")


def _change(path: str, header: Header, members: Members, keeper: Keeper) -> Change:
    size, digest, text = 0, "", None
    target = ""
    kind = _KINDS.get(header.type)
    if kind is Kind.FILE:
        size = header.size
        digest, text = keeper.read(path, size, members.read(header))
    elif kind is None:
        target = _clean(header.target)
    elif kind is Kind.SYMLINK:
        target = header.target
    device = header.device if kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE) else None
    xattrs = tuple(sorted(header.xattrs.items())) if header.xattrs else ()
    # Linux gives every symbolic link the mode 0777, whatever the archive says.
    mode = 0o777 if kind is Kind.SYMLINK else header.mode
    return Change(path, kind, mode, header.uid, header.gid, xattrs, target, device, size, digest, text)
