"""Packs an artifact: parts of what it takes of an exported stage, each a tar archive in zstd, beside each other.

Sorted, without owners and, unless they are kept, times, so that equal files give equal bytes.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bakegen.errors import EngineError
from bakegen.workspace.artifact_layout import chosen, entries_of_archive, in_parts, names
from bakegen.workspace.together import together
from bakegen.workspace.zstd import compressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import BinaryIO

    from bakegen.workspace.artifact_layout import Entry

_PIECE = 1 << 20
_END = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True, slots=True)
class Part:
    """A packed part: its file, digest and size, and the digest of the tar archive in it."""

    path: Path
    digest: str
    size: int
    plain_digest: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed artifact.

    Attributes:
        parts: its parts.
        entries: how many files, folders and links there are.
        content: where times are kept, a digest of all but the times; "" elsewhere.
    """

    parts: tuple[Part, ...]
    entries: int
    content: str = ""


class _Sink(Protocol):
    def update(self, data: bytes, /) -> object: ...


class _Packer:
    """Takes the bytes of a tar archive and writes them packed."""

    def __init__(self, file: BinaryIO, level: int) -> None:
        self._file = file
        self._compressor = compressor(level)
        self.digest = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes) -> None:
        self._store(self._compressor.compress(data))

    def end(self) -> None:
        self._store(self._compressor.flush())

    def _store(self, data: bytes) -> None:
        if data:
            self.digest.update(data)
            self.size += len(data)
            self._file.write(data)


def pack(source: Path, takes: Callable[[str], bool], folder: Path, level: int, *, times: bool = False) -> Packed:
    """Packs what `takes` wants of the tar archive `source` into files in `folder`.

    Folders that hold something come along. Times are whole seconds where they are kept: images know no others.

    Raises:
        EngineError: nothing is taken, a device or the like is, or the archive cannot be read.
    """
    try:
        parts = in_parts(chosen(entries_of_archive(source, times=times), takes))
        stopped = threading.Event()
        works = [
            partial(_pack, part, folder / f"part-{number}", level, times, stopped) for number, part in enumerate(parts)
        ]
        packed = together(works, os.cpu_count() or 1, stopped.set)
    except (OSError, tarfile.TarError) as problem:
        raise EngineError(f"what the engine exported cannot be packed: {problem}") from None
    content = _joined(untimed for _, untimed in packed) if times else ""
    return Packed(tuple(part for part, _ in packed), names(parts), content)


def plain_digests(parts: Iterable[Iterable[Entry]]) -> list[str]:
    """The digests of the tar archives of parts.

    Raises:
        EngineError, OSError: a file cannot be read.
    """
    stopped = threading.Event()
    works = [partial(_plain_digest, part, stopped) for part in parts]
    return together(works, os.cpu_count() or 1, stopped.set)


def _plain_digest(part: Iterable[Entry], stopped: threading.Event) -> str:
    digest = hashlib.sha256()
    _write(part, (digest,), (), stopped)
    return f"sha256:{digest.hexdigest()}"


def _pack(part: Iterable[Entry], path: Path, level: int, times: bool, stopped: threading.Event) -> tuple[Part, str]:
    plain, untimed = hashlib.sha256(), hashlib.sha256()
    with path.open("wb") as file:
        packer = _Packer(file, level)
        _write(part, (plain, packer), (untimed,) if times else (), stopped)
        packer.end()
    digest, plain_digest = f"sha256:{packer.digest.hexdigest()}", f"sha256:{plain.hexdigest()}"
    return Part(path, digest, packer.size, plain_digest), untimed.hexdigest()


def _write(part: Iterable[Entry], sinks: Iterable[_Sink], untimed: Iterable[_Sink], stopped: threading.Event) -> None:
    """Gives `sinks` the tar archive of a part, and `untimed` the same without times."""
    everyone = (*sinks, *untimed)
    opened: tuple[str, BinaryIO] | None = None
    try:
        for entry in part:
            header = entry.header()
            for sink in sinks:
                sink.update(header)
            for sink in untimed:
                sink.update(entry.header(timed=False))
            if not entry.size:
                continue
            if opened is None or opened[0] != entry.file:
                if opened is not None:
                    opened[1].close()
                opened = (entry.file, open(entry.file, "rb", buffering=0))  # noqa: PTH123, SIM115
            _copy(entry, opened[1].fileno(), everyone, stopped)
    finally:
        if opened is not None:
            opened[1].close()
    for sink in everyone:
        sink.update(_END)


def _copy(entry: Entry, handle: int, sinks: Iterable[_Sink], stopped: threading.Event) -> None:
    at, left = entry.start, entry.size
    while left > 0:
        if stopped.is_set():
            raise EngineError("packing was stopped")
        data = os.pread(handle, min(left, _PIECE), at)
        if not data:
            raise EngineError(f"{entry.name!r} is cut off")
        at += len(data)
        left -= len(data)
        if not left:
            data += bytes(-entry.size % tarfile.BLOCKSIZE)
        for sink in sinks:
            sink.update(data)


def _joined(digests: Iterable[str]) -> str:
    return f"sha256:{hashlib.sha256(' '.join(digests).encode()).hexdigest()}"
