"""The root filesystem of an image as facts need it: layers read by their headers alone, then asked by path."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.compare.layer import Keeper
from bakegen.compare.model import Entry, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READ = frozenset({"passwd", "group", "os-release"})
_READ_LIMIT = 1024 * 1024
_LINKS = 255  # as many are followed for one path, then it leads nowhere
_ROOT = Entry(Kind.DIRECTORY)  # engines leave the root itself as they make it, whatever layers say


class Headers(Keeper):
    """Reads no file but the few that facts are made of."""

    def read(self, path: str, size: int, pieces: Iterator[bytes]) -> tuple[str, bytes | None]:
        """No digest, and the bytes of /etc/passwd and its like."""
        if size <= _READ_LIMIT and posixpath.basename(path) in _READ:
            return "", b"".join(pieces)
        for _ in pieces:
            pass
        return "", None


class Root:
    """A root filesystem: its directories with what is in them, and where links lead."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """`entries` as `bakegen.compare.flatten` gives them."""
        self.entries = entries
        self.inside: dict[str, list[str]] = {"/": []}
        for path, entry in self.entries.items():
            if entry.kind is Kind.DIRECTORY:
                self.inside[path] = []
            above, name = posixpath.split(path)
            self.inside[above].append(name)

    def entry(self, path: str) -> Entry | None:
        """What stands at `path` itself, an absolute path in its shortest form."""
        return _ROOT if path == "/" else self.entries.get(path)

    def find(self, path: str) -> Entry | None:
        """What `path` leads to, links followed to the end; None for nothing, or for links in a circle."""
        place = "/"
        waiting = path.split("/")[::-1]
        links = 0
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                place = posixpath.dirname(place)
                continue
            entry = self.entry(place)
            if entry is None or entry.kind is not Kind.DIRECTORY:
                return None
            following = posixpath.join(place, part)
            entry = self.entry(following)
            if entry is None:
                return None
            if entry.kind is Kind.SYMLINK:
                links += 1
                if links > _LINKS:
                    return None
                if entry.target.startswith("/"):
                    place = "/"
                waiting += entry.target.split("/")[::-1]
            else:
                place = following
        return self.entry(place)

    def folders(self, path: str) -> list[str]:
        """The sorted names of the directories in the directory `path`, links left out."""
        return [name for name in self.inside[path] if posixpath.join(path, name) in self.inside]

    def links(self) -> Iterator[tuple[str, Entry, Entry | None]]:
        """Every symbolic link: its path, itself, what it leads to."""
        for path, entry in self.entries.items():
            if entry.kind is Kind.SYMLINK:
                yield path, entry, self.find(path)

    def text(self, path: str) -> str | None:
        """The text of one of the files that are read; None where there is none."""
        found = self.find(path)
        return None if found is None or found.text is None else found.text.decode("utf-8", "surrogateescape")
