"""Layers as they are stored, to plain tar archives: gzip and zstd, told by their first bytes as containerd does."""

from __future__ import annotations

import importlib
import zlib
from typing import TYPE_CHECKING, Any

from bakegen.compare.tar import Damaged, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 16
_UNPACKED = 1 << 20
_SMALL_PIECE = 1 << 12  # where the module gives all that comes of a piece: 128 MiB at worst


class NoZstd(Damaged):
    """It is packed with zstd, and this Python cannot unpack that."""

    def __init__(self) -> None:
        super().__init__("it is packed with zstd, which takes Python 3.14 or the package `zstandard`")


def unpacked(stream: Stream) -> Stream | None:
    """What `stream` holds, unpacked; None where it is not packed, and `stream` then still has all of it.

    Raises:
        NoZstd: there is no module that unpacks it. What reads the result raises `Damaged` where it is broken.
    """
    start = stream.peek(4)
    if start.startswith(_GZIP):
        return _gunzip(stream)
    if start == _ZSTD:
        return _unzstd(stream)
    return None


def _gunzip(packed: Stream) -> Stream:
    def pieces() -> Iterator[bytes]:
        unpacker = zlib.decompressobj(31)
        data = packed.take(_PIECE)
        while data:
            try:
                out = unpacker.decompress(data, _UNPACKED)
            except zlib.error as problem:
                raise Damaged(f"it is badly packed: {problem}") from None
            if out:
                yield out
            if unpacker.eof:
                data = unpacker.unused_data or packed.take(_PIECE)
                if not data.strip(b"\0"):  # the end, or padding, which gzip(1) takes too
                    return
                unpacker = zlib.decompressobj(31)
            else:
                data = unpacker.unconsumed_tail or packed.take(_PIECE)
        raise Damaged("it is cut off")

    return _stream(pieces())


def _unzstd(packed: Stream) -> Stream:
    try:
        zstd: Any = importlib.import_module("compression.zstd")
    except ImportError:
        return _unzstd_by_package(packed)

    def pieces() -> Iterator[bytes]:
        unpacker = zstd.ZstdDecompressor()
        data = packed.take(_PIECE)
        while data or not unpacker.needs_input:
            try:
                out = unpacker.decompress(data, _UNPACKED)
            except zstd.ZstdError as problem:
                raise Damaged(f"it is badly packed: {problem}") from None
            if out:
                yield out
            if unpacker.eof:
                data = unpacker.unused_data or packed.take(_PIECE)
                if not data:
                    return
                unpacker = zstd.ZstdDecompressor()
            else:
                data = packed.take(_PIECE) if unpacker.needs_input else b""
        raise Damaged("it is cut off")

    return _stream(pieces())


def _unzstd_by_package(packed: Stream) -> Stream:
    try:
        zstd: Any = importlib.import_module("zstandard")
    except ImportError:
        raise NoZstd from None

    def pieces() -> Iterator[bytes]:
        data = packed.take(_SMALL_PIECE)
        while data:
            unpacker = zstd.ZstdDecompressor().decompressobj()
            while not unpacker.eof:
                if not data:
                    raise Damaged("it is cut off")
                try:
                    out = unpacker.decompress(data)
                except zstd.ZstdError as problem:
                    raise Damaged(f"it is badly packed: {problem}") from None
                if out:
                    yield out
                data = unpacker.unused_data if unpacker.eof else packed.take(_SMALL_PIECE)
            data = data or packed.take(_SMALL_PIECE)

    return _stream(pieces())


def _stream(pieces: Iterator[bytes]) -> Stream:
    return Stream(lambda _: next(pieces, b""))
