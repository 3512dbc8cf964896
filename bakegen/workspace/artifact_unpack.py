"""Unpacks an artifact into a folder that did not exist: nothing lands outside of it, nothing is written through a link.

Files and folders get their rights (without set-user-id and its like) and belong to who unpacks. Symbolic links are
made as they are, wherever they point to; nothing that is unpacked goes through one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bakegen.compare.packing import unpacked
from bakegen.compare.tar import Damaged, Members, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bakegen.compare.tar import Header

_RIGHTS = 0o777
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def unpack(read: Callable[[int], bytes], folder: Path) -> int:
    """Unpacks the archive that `read` gives into `folder`, which must be there and empty.

    Args:
        read: gives up to n bytes, none at the end; all is read, to the last byte.
        folder: where to; what is in it after an exception is not to be used.

    Returns:
        How many files, folders and links there were.

    Raises:
        Damaged: it cannot be read, or wants what no artifact has; the message says which.
        OSError: it cannot be written.
    """
    packed = Stream(read)
    plain = unpacked(packed) or packed
    made = _Folder(folder)
    members = Members(plain)
    while (header := members.next()) is not None:
        made.add(header, members.read(header))
    plain.drain()
    packed.drain()
    made.finish()
    return made.count


class _Folder:
    """What has been unpacked so far; a path is real because every folder on it was made here."""

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        self._folders: dict[str, int] = {"": -1}
        self._files: set[str] = set()
        self._others: set[str] = set()
        self.count = 0

    def add(self, header: Header, pieces: Iterator[bytes]) -> None:
        """Makes one member."""
        name = _checked(header.name)
        self.count += 1
        if header.type == "5":
            if name and self._folders.get(name, -1) >= 0:
                raise Damaged(f"{name!r} is in it twice")
            self._folder(name)
            self._folders[name] = header.mode & _RIGHTS
            return
        if not name or name in self._folders or name in self._files or name in self._others:
            raise Damaged(f"{header.name!r} is in it twice")
        self._folder(name.rpartition("/")[0])
        path = f"{self._root}/{name}"
        if header.type == "0":
            self._file(path, header.mode & _RIGHTS, pieces)
            self._files.add(name)
        elif header.type == "1":
            target = _checked(header.target)
            if target not in self._files:
                raise Damaged(f"{name!r} is a hard link to {target!r}, which is no file before it")
            os.link(f"{self._root}/{target}", path, follow_symlinks=False)
            self._files.add(name)
        elif header.type == "2":
            os.symlink(header.target, path)  # noqa: PTH211
            self._others.add(name)
        else:
            raise Damaged(f"{name!r} is no file, folder or link")

    def finish(self) -> None:
        """Gives folders their rights, the inner ones first: a folder may be closed to us then."""
        for name in sorted(self._folders, key=len, reverse=True):
            mode = self._folders[name]
            if mode >= 0:
                os.chmod(f"{self._root}/{name}", mode)  # noqa: PTH101

    def _folder(self, name: str) -> None:
        if name in self._folders:
            return
        if name in self._files or name in self._others:
            raise Damaged(f"{name!r} is no folder, and something is to be in it")
        self._folder(name.rpartition("/")[0])
        os.mkdir(f"{self._root}/{name}", 0o700)  # noqa: PTH102
        self._folders[name] = -1

    def _file(self, path: str, mode: int, pieces: Iterator[bytes]) -> None:
        handle = os.open(path, _NEW, 0o600)
        try:
            for piece in pieces:
                while piece:
                    piece = piece[os.write(handle, piece) :]
            os.fchmod(handle, mode)
        finally:
            os.close(handle)


def _checked(name: str) -> str:
    """`name` as a path in the folder; "" is the folder itself."""
    plain = name.removeprefix("./").rstrip("/")
    if plain in ("", "."):
        return ""
    if plain.startswith("/") or "\0" in plain or any(part in ("", ".", "..") for part in plain.split("/")):
        raise Damaged(f"{name!r} would not be in the folder")
    return plain
