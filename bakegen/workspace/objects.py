"""Trees and blobs of a repository by their ids, from one git process that stays: nothing is checked out."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from bakegen.workspace.git import GitProblem, neutral_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TREE, LINK = "40000", "120000"
_MOST_LINKS = 40


class Entry(NamedTuple):
    """A name in a tree: git mode (without a leading zero) and object id."""

    mode: str
    oid: str


class Objects:
    """The objects of the repository that `folder` lies in; trees are kept, blobs are read again."""

    def __init__(self, folder: Path) -> None:
        self._command = neutral_command(folder)
        self._trees: dict[str, Mapping[str, Entry]] = {}

    def tree(self, oid: str) -> Mapping[str, Entry]:
        """What a tree holds, sorted by the bytes of the names.

        Raises:
            GitProblem: it is not here.
        """
        if oid not in self._trees:
            self._trees[oid] = _entries(self._read(oid), len(oid) // 2)
        return self._trees[oid]

    def blob(self, oid: str) -> bytes:
        """The bytes of a file; of a link, what it says.

        Raises:
            GitProblem: it is not here.
        """
        return self._read(oid)

    def _read(self, oid: str) -> bytes:
        try:
            return bytes(self._command.get_object_data(oid)[3])
        except (ValueError, OSError) as problem:
            raise GitProblem(f"the object {oid} is not in this clone: fetch all of its history") from problem

    def find(self, tree: str, path: str) -> tuple[str, Entry | None]:
        """Where a path leads from the top of a tree, links followed, and what is there.

        Args:
            tree: the id of the tree.
            path: relative to it.

        Returns:
            The path that it comes to, with ``..`` in front where it leads out of the tree, and its entry, if any.
        """
        todo = path.split("/")[::-1]
        done: list[str] = []
        above = [Entry(TREE, tree)]
        links = 0
        while todo:
            name = todo.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if not done:
                    return posixpath.join("..", *todo[::-1]), None
                done.pop()
                above.pop()
                continue
            entry = self.tree(above[-1].oid).get(name) if above[-1].mode == TREE else None
            if entry is None:
                return posixpath.normpath("/".join([*done, name, *todo[::-1]])), None
            if entry.mode != LINK:
                done.append(name)
                above.append(entry)
                continue
            links += 1
            told = self.blob(entry.oid).decode("utf-8", "surrogateescape")
            if links > _MOST_LINKS or told.startswith("/"):
                return "..", None
            todo += told.split("/")[::-1]
        return "/".join(done), above[-1]


def _entries(data: bytes, size: int) -> dict[str, Entry]:
    """The entries of a tree object: ``mode name NUL id`` each (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)."""
    found: list[tuple[bytes, Entry]] = []
    at = 0
    while at < len(data):
        blank, end = data.index(b" ", at), data.index(b"\0", at)
        oid = data[end + 1 : end + 1 + size].hex()
        found.append((data[blank + 1 : end], Entry(data[at:blank].decode("ascii"), oid)))
        at = end + 1 + size
    return {name.decode("utf-8", "surrogateescape"): entry for name, entry in sorted(found)}
