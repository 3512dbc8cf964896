"""Packs with zstd, on all processors: with Python 3.14's own module or the package `zstandard`."""

from __future__ import annotations

import importlib
import os
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
    """What packs one stream; how many processors there are does not change what comes out.

    Raises:
        EngineError: this Python cannot pack with zstd.
    """
    # At least one worker: zstd without workers gives other bytes.
    workers = max(1, os.cpu_count() or 1)
    try:
        own: Any = importlib.import_module("compression.zstd")
    except ImportError:
        return _by_package(level, workers)
    parameter = own.CompressionParameter
    options = {parameter.compression_level: level, parameter.nb_workers: workers}
    made: Compressor = own.ZstdCompressor(options=options)
    return made


def _by_package(level: int, workers: int) -> Compressor:
    try:
        package: Any = importlib.import_module("zstandard")
    except ImportError:
        raise EngineError("artifacts need zstd: use Python 3.14 or install bakegen[zstd]") from None
    made: Compressor = package.ZstdCompressor(level=level, threads=workers).compressobj()
    return made
