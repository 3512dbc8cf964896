"""A folder on disk that keeps a record of what it was asked.

The record is what a kept result rests on: it is asked again, and only where all of it is the same the result counts.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.workspace.disk import DiskFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.facts.model import Kind
    from bakegen.text import Source

Seen = tuple[str, str, str, str]
"""What was asked (``scan``, ``mode``, ``read``), the folder, the path in it, and a digest of the answer."""


class RecordingFolder:
    """A folder on disk that keeps a record of what it was asked."""

    def __init__(self, root: Path, record: dict[tuple[str, str, str], str]) -> None:
        self._folder = DiskFolder(root)
        self._root = str(root)
        self._record = record

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds."""
        found = self._folder.scan(path)
        self._note("scan", path, "\n".join(f"{kind} {name}" for name, kind in sorted(found.items())))
        return found

    def mode(self, path: str) -> int | None:
        """The permission bits."""
        found = self._folder.mode(path)
        self._note("mode", path, str(found))
        return found

    def read(self, path: str) -> Source | None:
        """The text of a regular file."""
        found = self._folder.read(path)
        self._note("read", path, "-" if found is None else found.text)
        return found

    def _note(self, what: str, path: str, answer: str) -> None:
        self._record[what, self._root, path] = digest(answer)


def unchanged(seen: Iterable[Seen]) -> bool:
    """Whether everything of a record is answered as it was."""
    for what, root, path, answer in seen:
        now: dict[tuple[str, str, str], str] = {}
        getattr(RecordingFolder(Path(root), now), what)(path)
        if now[what, root, path] != answer:
            return False
    return True


def digest(text: str) -> str:
    """A short digest of a text, for comparing only."""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
