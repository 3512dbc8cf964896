"""Packs an artifact: what it takes of an exported stage as a tar archive that depends on nothing else, in zstd.

Sorted, without times and owners' names, so that equal files give equal bytes. Format: POSIX.1-2008 pax(1), ustar
where that is enough.
"""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.errors import EngineError
from bakegen.workspace.zstd import compressor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

_PIECE = 1 << 20
_END = bytes(2 * tarfile.BLOCKSIZE)
_RIGHTS = 0o777
_KINDS = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE)


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed artifact: its file, digest and size, the digest and size of the tar archive in it, what it holds."""

    path: Path
    digest: str
    size: int
    plain_digest: str
    plain_size: int
    entries: int


class _Sink:
    """Takes the bytes of a tar archive and writes them packed."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self._compressor = compressor(level)
        self._plain, self._packed = hashlib.sha256(), hashlib.sha256()
        self._plain_size = self._packed_size = 0

    def write(self, data: bytes) -> None:
        self._plain.update(data)
        self._plain_size += len(data)
        self._store(self._compressor.compress(data))

    def end(self, path: Path, entries: int) -> Packed:
        self.write(_END)
        self._store(self._compressor.flush())
        digests = (f"sha256:{one.hexdigest()}" for one in (self._packed, self._plain))
        return Packed(path, next(digests), self._packed_size, next(digests), self._plain_size, entries)

    def _store(self, data: bytes) -> None:
        if data:
            self._packed.update(data)
            self._packed_size += len(data)
            self._file.write(data)


def pack(source: Path, takes: Callable[[str], bool], path: Path, level: int) -> Packed:
    """Packs what `takes` wants of the tar archive `source` into `path`.

    Folders that hold something come along. A hard link whose file is left out becomes a file.

    Raises:
        EngineError: nothing is taken, a device or the like is, or the archive cannot be read.
    """
    try:
        with tarfile.open(source, "r:", errors="surrogateescape", encoding="utf-8") as archive, path.open("wb") as file:
            chosen = _chosen(archive, takes)
            sink = _Sink(file, level)
            for name in sorted(chosen, key=lambda name: name.split("/")):
                _write(archive, name, chosen, sink)
            return sink.end(path, len(chosen))
    except (OSError, tarfile.TarError) as problem:
        raise EngineError(f"what the engine exported cannot be packed: {problem}") from None


def _chosen(archive: tarfile.TarFile, takes: Callable[[str], bool]) -> dict[str, tarfile.TarInfo]:
    """What is packed, by its path."""
    members = {_path(member.name): member for member in archive}
    members.pop("", None)
    chosen: dict[str, tarfile.TarInfo] = {}
    for name, member in members.items():
        if not takes(name):
            continue
        if member.type not in _KINDS:
            raise EngineError(f"{name!r} is no file, folder or link, and cannot be in an artifact")
        chosen[name] = member
        while (name := name.rpartition("/")[0]) and name not in chosen:
            if name in members:
                chosen[name] = members[name]
    if not any(not member.isdir() for member in chosen.values()):
        raise EngineError("its paths take no file of the stage")
    return chosen


def _path(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _write(archive: tarfile.TarFile, name: str, chosen: dict[str, tarfile.TarInfo], sink: _Sink) -> None:
    found = chosen[name]
    made = tarfile.TarInfo(name)
    made.mode = found.mode & _RIGHTS
    made.uid, made.gid = found.uid, found.gid
    if found.isdir():
        made.type = tarfile.DIRTYPE
    elif found.issym():
        made.type, made.linkname = tarfile.SYMTYPE, found.linkname
    elif found.islnk() and (first := _first(archive, found, chosen)) != name:
        made.type, made.linkname = tarfile.LNKTYPE, first
    else:
        found = _target(archive, found)
        made.size = found.size
    sink.write(made.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
    if made.isreg():
        _copy(archive, found, sink)


def _target(archive: tarfile.TarFile, found: tarfile.TarInfo) -> tarfile.TarInfo:
    """The member that has the bytes."""
    while found.islnk():
        found = archive.getmember(found.linkname)
    return found


def _first(archive: tarfile.TarFile, found: tarfile.TarInfo, chosen: dict[str, tarfile.TarInfo]) -> str:
    """Of all names of a file that are packed the first."""
    target = _target(archive, found)
    return _path(target.name) if _path(target.name) in chosen else _path(found.name)


def _copy(archive: tarfile.TarFile, found: tarfile.TarInfo, sink: _Sink) -> None:
    file = archive.extractfile(found)
    assert file is not None
    left = found.size
    while left > 0:
        data = file.read(min(left, _PIECE))
        if not data:
            raise EngineError(f"what the engine exported is cut off in {found.name!r}")
        sink.write(data)
        left -= len(data)
    sink.write(bytes(-found.size % tarfile.BLOCKSIZE))
