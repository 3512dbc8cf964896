"""Packs with zstd: with Python 3.14's own module or the package `zstandard`."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from bakegen.errors import EngineError


class Compressor(Protocol):
    """Takes bytes and gives packed ones, some of them later."""

    def compress(self, data: bytes, /) -> bytes:
        """Takes more."""
        ...

    def flush(self) -> bytes:
        """Gives all that is left, and ends."""
        ...


def compressor(level: int) -> Compressor:
    """What packs one stream, in the thread that gives it the bytes.

    Raises:
        EngineError: this Python cannot pack with zstd.
    """
    try:
        own: Any = importlib.import_module("compression.zstd")
    except ImportError:
        return _by_package(level)
    made: Compressor = own.ZstdCompressor(level)
    return made


def _by_package(level: int) -> Compressor:
    try:
        package: Any = importlib.import_module("zstandard")
    except ImportError:
        raise EngineError("artifacts need zstd: use Python 3.14 or install bakegen[zstd]") from None
    made: Compressor = package.ZstdCompressor(level=level).compressobj()
    return made
