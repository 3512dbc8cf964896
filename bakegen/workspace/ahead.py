"""Reads ahead in a thread of its own, so that what is read next travels while what came is worked on."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_PIECES = 64
_PIECE = 256 * 1024
_BEAT = 0.2


class Ahead:
    """The bytes of `read`, some 16 MB ahead of who takes them; its exception comes where its bytes would."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """`read` gives up to n bytes, none at the end; it is called in the thread."""
        self._read = read
        self._pieces: queue.Queue[bytes | BaseException] = queue.Queue(_PIECES)
        self._over = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Ahead:
        """Begins."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """Ends it."""
        self.stop()

    def stop(self) -> None:
        """Nothing is read any more when this returns; calling it twice does no harm."""
        self._over.set()
        self._thread.join()

    def read(self, size: int) -> bytes:
        """The next piece, of any length, whatever `size` is; nothing at the end."""
        if self._ended:
            return b""
        found = self._pieces.get()
        if isinstance(found, BaseException):
            self._ended = True
            raise found
        self._ended = not found
        return found

    def _run(self) -> None:
        try:
            while True:
                data = self._read(_PIECE)
                if not self._put(data) or not data:
                    return
        except BaseException as problem:
            self._put(problem)

    def _put(self, piece: bytes | BaseException) -> bool:
        while not self._over.is_set():
            try:
                self._pieces.put(piece, timeout=_BEAT)
            except queue.Full:
                continue
            return True
        return False
