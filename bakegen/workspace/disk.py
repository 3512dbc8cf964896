"""A folder on disk as a build context is read: names with their kinds, modes, texts."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from bakegen.facts.model import Kind
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST_TEXT = 4 << 20


class DiskFolder:
    """A folder on disk; what cannot be read is as if it were not there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds."""
        try:
            with os.scandir(os.path.join(self.root, path)) as entries:  # noqa: PTH118
                return {entry.name: _kind(entry) for entry in entries}
        except OSError:
            return {}

    def mode(self, path: str) -> int | None:
        """The permission bits."""
        try:
            return stat.S_IMODE((self.root / path).lstat().st_mode)
        except OSError:
            return None

    def read(self, path: str) -> Source | None:
        """The text of a regular file; None for one that is larger than any manifest."""
        # As text: thousands are asked for, and most are not there.
        place = os.path.join(self.root, path)  # noqa: PTH118
        try:
            found = os.lstat(place)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_TEXT:
                return None
            with open(place, "rb") as file:  # noqa: PTH123
                return Source.from_bytes(path, file.read())
        except OSError:
            return None


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.SYMLINK
    if entry.is_dir():
        return Kind.DIRECTORY
    return Kind.FILE if entry.is_file() else Kind.OTHER
