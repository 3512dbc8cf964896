"""What goes into an artifact and how it is laid out: entries of an exported stage or of a folder, sorted, in parts.

Parts are layers of their own, so that they are packed, sent and unpacked beside each other. How entries are laid out
depends on nothing but their names, kinds and sizes.
"""

from __future__ import annotations

import os
import stat
import tarfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

PART = 32 * 1024 * 1024
"""How many bytes of files begin a new part; zstd's threads cut their work at the same size at its highest level."""

MOST_PARTS = 32
"""Engines stack some 120 layers; an image that is built from an artifact has others too."""

_RIGHTS = 0o777
_KINDS = {
    tarfile.REGTYPE: tarfile.REGTYPE,
    tarfile.AREGTYPE: tarfile.REGTYPE,
    tarfile.LNKTYPE: tarfile.LNKTYPE,
    tarfile.SYMTYPE: tarfile.SYMTYPE,
    tarfile.DIRTYPE: tarfile.DIRTYPE,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or link.

    Attributes:
        name: its path.
        kind: the type of tar, `REGTYPE`, `LNKTYPE`, `SYMTYPE` or `DIRTYPE`; b"" for what no artifact can have.
        mode: its rights.
        mtime: when it was changed, in whole seconds; 0 where times are not kept.
        size: how many bytes a file has.
        target: what a symbolic link says, or the path of the file that a hard link is another name of.
        file, start: where the bytes of a file are.
    """

    name: str
    kind: bytes
    mode: int
    mtime: int = 0
    size: int = 0
    target: str = ""
    file: str = ""
    start: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == tarfile.DIRTYPE

    def header(self, *, timed: bool = True) -> bytes:
        """Its header in a tar archive, POSIX.1-2008 pax(1), ustar where that is enough."""
        made = tarfile.TarInfo(self.name)
        made.type, made.mode, made.size, made.linkname = self.kind, self.mode, self.size, self.target
        made.mtime = self.mtime if timed else 0
        return made.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def entries_of_archive(path: Path, *, times: bool) -> dict[str, Entry]:
    """What is in a tar archive, by path; a hard link names the path of its file.

    Raises:
        OSError, tarfile.TarError: it cannot be read.
    """
    found: dict[str, Entry] = {}
    with tarfile.open(path, "r:", errors="surrogateescape", encoding="utf-8") as archive:
        for member in archive:
            name = _path(member.name)
            if not name:
                continue
            kind = _KINDS.get(member.type, b"")
            found[name] = Entry(
                name,
                kind,
                member.mode & _RIGHTS,
                max(0, int(member.mtime)) if times else 0,
                member.size if kind == tarfile.REGTYPE else 0,
                _path(member.linkname) if kind == tarfile.LNKTYPE else member.linkname,
                os.fspath(path),
                member.offset_data,
            )
    return found


def entries_of_folder(folder: Path, *, times: bool) -> dict[str, Entry]:
    """What is in a folder of this machine, by path, hard links of a file told by its number.

    Raises:
        OSError: it cannot be read.
    """
    found: dict[str, Entry] = {}
    first: dict[tuple[int, int], str] = {}
    waiting = [""]
    while waiting:
        within = waiting.pop()
        with os.scandir(f"{os.fspath(folder)}/{within}") as listed:
            here = sorted(listed, key=lambda one: one.name)
        for one in here:
            facts = one.stat(follow_symlinks=False)
            name = f"{within}/{one.name}" if within else one.name
            kind, target = _of_mode(facts.st_mode), ""
            if kind == tarfile.SYMTYPE:
                target = os.readlink(one.path)  # noqa: PTH115
            elif kind == tarfile.REGTYPE and facts.st_nlink > 1:
                target = first.setdefault((facts.st_dev, facts.st_ino), name)
                kind = tarfile.REGTYPE if target == name else tarfile.LNKTYPE
                target = "" if target == name else target
            elif kind == tarfile.DIRTYPE:
                waiting.append(name)
            # Rights of symbolic links mean nothing, and are all of them where they are written.
            mode = _RIGHTS if kind == tarfile.SYMTYPE else stat.S_IMODE(facts.st_mode)
            mtime = max(0, int(facts.st_mtime)) if times else 0
            size = facts.st_size if kind == tarfile.REGTYPE else 0
            found[name] = Entry(name, kind, mode, mtime, size, target, one.path)
    return found


def chosen(entries: Mapping[str, Entry], takes: Callable[[str], bool]) -> list[Entry]:
    """What `takes` wants of `entries`, sorted; folders that hold something come along.

    Of the names of one file the first is the file, whatever name it had it by, and the others are hard links to it.

    Raises:
        EngineError: nothing is taken, or a device or the like is.
    """
    wanted: dict[str, Entry] = {}
    for name, entry in entries.items():
        if not takes(name):
            continue
        if not entry.kind:
            raise EngineError(f"{name!r} is no file, folder or link, and cannot be in an artifact")
        wanted[name] = entry
        up = name
        while (up := up.rpartition("/")[0]) and up not in wanted:
            if up in entries:
                wanted[up] = entries[up]
    if all(entry.is_folder for entry in wanted.values()):
        raise EngineError("its paths take no file of the stage")
    firsts: dict[str, str] = {}
    found = []
    for name in sorted(wanted, key=lambda name: name.split("/")):
        entry = wanted[name]
        if entry.kind in (tarfile.REGTYPE, tarfile.LNKTYPE):
            file = _file(entry, entries)
            first = firsts.setdefault(file.name, name)
            entry = replace(file, name=name)
            if first != name:
                entry = replace(entry, kind=tarfile.LNKTYPE, size=0, target=first)
        elif entry.kind == tarfile.SYMTYPE:
            entry = replace(entry, mode=_RIGHTS)
        found.append(entry)
    return found


def in_parts(entries: Sequence[Entry]) -> list[list[Entry]]:
    """`entries`, which are sorted, in parts; each has the folders that its entries are in, too."""
    largest = max(PART, -(-sum(entry.size for entry in entries) // MOST_PARTS))
    folders = {entry.name: entry for entry in entries if entry.is_folder}
    parts = [_Part(folders)]
    where: dict[str, _Part] = {}
    for entry in entries:
        if parts[-1].size >= largest:
            parts.append(_Part(folders))
        part = where.get(entry.target, parts[-1]) if entry.kind == tarfile.LNKTYPE else parts[-1]
        part.add(entry)
        if entry.kind == tarfile.REGTYPE:
            where[entry.name] = part
    return [part.entries for part in parts if part.entries]


class _Part:
    def __init__(self, folders: Mapping[str, Entry]) -> None:
        self._folders = folders
        self._has: set[str] = set()
        self.entries: list[Entry] = []
        self.size = 0

    def add(self, entry: Entry) -> None:
        if entry.name in self._has:
            return
        up = entry.name.rpartition("/")[0]
        if up and up not in self._has and up in self._folders:
            self.add(self._folders[up])
        self._has.add(entry.name)
        self.entries.append(entry)
        self.size += entry.size


def names(parts: Iterable[Iterable[Entry]]) -> int:
    """How many different names there are."""
    return len({entry.name for part in parts for entry in part})


def _file(entry: Entry, entries: Mapping[str, Entry]) -> Entry:
    """The entry that has the bytes."""
    seen = set()
    while entry.kind == tarfile.LNKTYPE:
        seen.add(entry.name)
        if entry.target in seen or entry.target not in entries:
            raise EngineError(f"{entry.name!r} is a hard link to {entry.target!r}, which is no file")
        entry = entries[entry.target]
    return entry


def _of_mode(mode: int) -> bytes:
    if stat.S_ISREG(mode):
        return tarfile.REGTYPE
    if stat.S_ISDIR(mode):
        return tarfile.DIRTYPE
    return tarfile.SYMTYPE if stat.S_ISLNK(mode) else b""


def _path(name: str) -> str:
    plain = name.removeprefix("./").strip("/")
    return "" if plain == "." else plain
