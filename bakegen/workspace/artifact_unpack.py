"""Unpacks an artifact into a folder that did not exist: nothing lands outside of it, nothing is written through a link.

Files and folders get their rights (without set-user-id and its like) and belong to who unpacks. Symbolic links are
made as they are, wherever they point to; nothing that is unpacked goes through one. Long runs of zeros become holes.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from bakegen.compare.packing import unpacked
from bakegen.compare.tar import Damaged, Members, Stream
from bakegen.workspace.files import write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bakegen.compare.tar import Header

_RIGHTS = 0o777
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_SECOND = 1_000_000_000
_HOLE = bytes(64 * 1024)


class Unpacking:
    """A folder that parts of an artifact are unpacked into, by several threads at once.

    A path is real because every folder on it was made here, and its name is taken before anything of it is there.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` must be there and empty; what is in it after an exception is not to be used."""
        self._root = os.fspath(folder)
        # One moment for all that has no time of its own: nothing of it is newer than anything else.
        self._now = time.time_ns()
        self._lock = threading.Lock()
        self._folders: dict[str, Header | None] = {"": None}
        self._others: set[str] = set()

    def part(self, read: Callable[[int], bytes]) -> None:
        """Unpacks the archive that `read` gives: up to n bytes, none at the end; all is read, to the last byte.

        Raises:
            Damaged: it cannot be read, or wants what no artifact has; the message says which.
            OSError: it cannot be written.
        """
        packed = Stream(read)
        plain = unpacked(packed) or packed
        members = Members(plain)
        folders: set[str] = set()
        files: set[str] = set()
        while (header := members.next()) is not None:
            name = _checked(header.name)
            if header.type == "5":
                if name in folders:
                    raise Damaged(f"{name!r} is in it twice")
                folders.add(name)
                self._add_folder(name, header)
            else:
                self._add(name, header, members.read(header), files)
        plain.drain()
        packed.drain()

    def finish(self) -> int:
        """Gives folders their rights and times, the inner ones first: a folder may be closed to us then.

        Returns:
            How many files, folders and links there were.
        """
        for name in sorted(self._folders, key=len, reverse=True):
            header = self._folders[name]
            path = f"{self._root}/{name}"
            if header is not None:
                os.chmod(path, header.mode & _RIGHTS)  # noqa: PTH101
            if name:
                moment = self._moment(header)
                os.utime(path, ns=(moment, moment))
        return len(self._others) + sum(header is not None for header in self._folders.values())

    def _add_folder(self, name: str, header: Header) -> None:
        with self._lock:
            known = self._folders.get(name)
            if known is not None and (known.mode, known.mtime) != (header.mode, header.mtime):
                raise Damaged(f"{name!r} is in it twice")
            self._folder(name)
            self._folders[name] = header

    def _add(self, name: str, header: Header, pieces: Iterator[bytes], files: set[str]) -> None:
        """Makes a member that is no folder; `files` are those that its part has had before."""
        with self._lock:
            if name in self._folders or name in self._others:
                raise Damaged(f"{header.name!r} is in it twice")
            self._folder(name.rpartition("/")[0])
            self._others.add(name)
        path = f"{self._root}/{name}"
        moment = self._moment(header)
        if header.type == "0":
            _write(path, header.mode & _RIGHTS, moment, header.size, pieces)
            files.add(name)
        elif header.type == "1":
            target = _checked(header.target)
            if target not in files:
                raise Damaged(f"{name!r} is a hard link to {target!r}, which is no file before it")
            os.link(f"{self._root}/{target}", path, follow_symlinks=False)
            files.add(name)
        elif header.type == "2":
            os.symlink(header.target, path)  # noqa: PTH211
            if os.utime in os.supports_follow_symlinks:
                os.utime(path, ns=(moment, moment), follow_symlinks=False)
        else:
            raise Damaged(f"{name!r} is no file, folder or link")

    def _folder(self, name: str) -> None:
        if name in self._folders:
            return
        if name in self._others:
            raise Damaged(f"{name!r} is no folder, and something is to be in it")
        self._folder(name.rpartition("/")[0])
        os.mkdir(f"{self._root}/{name}", 0o700)  # noqa: PTH102
        self._folders[name] = None

    def _moment(self, header: Header | None) -> int:
        return header.mtime * _SECOND if header is not None and header.mtime else self._now


def _write(path: str, mode: int, moment: int, size: int, pieces: Iterator[bytes]) -> None:
    handle = os.open(path, _NEW, 0o600)
    try:
        ends_in_hole = False
        for piece in pieces:
            ends_in_hole = _write_piece(handle, piece)
        if ends_in_hole:
            os.ftruncate(handle, size)
        os.fchmod(handle, mode)
        os.utime(handle, ns=(moment, moment))
    finally:
        os.close(handle)


def _write_piece(handle: int, piece: bytes) -> bool:
    """Writes all of `piece` but its runs of zeros, which are stepped over; returns whether it ends in one."""
    begin = at = 0
    while at < len(piece):
        if piece.startswith(_HOLE, at):
            write_all(handle, memoryview(piece)[begin:at])
            os.lseek(handle, len(_HOLE), os.SEEK_CUR)
            begin = at + len(_HOLE)
        at += len(_HOLE)
    write_all(handle, memoryview(piece)[begin:])
    return begin == len(piece)


def _checked(name: str) -> str:
    """`name` as a path in the folder; "" is the folder itself."""
    plain = name.removeprefix("./").rstrip("/")
    if plain in ("", "."):
        return ""
    if plain.startswith("/") or "\0" in plain or any(part in ("", ".", "..") for part in plain.split("/")):
        raise Damaged(f"{name!r} would not be in the folder")
    return plain
