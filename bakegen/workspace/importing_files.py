"""The files of a repository as importing sees them, and definitions laid over them before they are written."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.errors import BakegenError
from bakegen.text import Source
from bakegen.values import dataclass
from bakegen.workspace.files import ProjectFiles, read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bakegen.text import Location

_LARGEST = 4 * 1024 * 1024
_MOST = 200_000
_SKIPPED = frozenset({".git", ".hg", ".svn", ".bakegen", "node_modules", ".venv", "__pycache__", ".tox", ".mypy_cache"})


class RepositoryFiles:
    """The files below a folder, without those that git ignores; `only`: these files and what is in these folders."""

    def __init__(self, root: Path, only: Sequence[str] = ()) -> None:
        self.root = root.resolve()
        self._only = tuple(os.path.normpath(one).replace(os.sep, "/") for one in only)
        self._read: dict[str, bytes | None] = {}

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.root.name

    @cached_property
    def all_paths(self) -> tuple[str, ...]:
        """All files, whatever was asked for."""
        return tuple(sorted(_from_git(self.root) or _walked(self.root)))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files to look at."""
        return tuple(path for path in self.all_paths if self._wanted(path))

    def _wanted(self, path: str) -> bool:
        return not self._only or any(one in (".", path) or path.startswith(f"{one}/") for one in self._only)

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where it is none, or larger than anything that a person writes."""
        if path not in self._read:
            place = (self.root / path).resolve()
            data, problem = (b"", "outside") if not place.is_relative_to(self.root) else read_regular(place, _LARGEST)
            self._read[path] = None if problem is not None else data
        return self._read[path]


def _from_git(root: Path) -> list[str]:
    """What git has below `root` or does not ignore; nothing where there is no git."""
    from bakegen.workspace.git import Git, GitProblem

    try:
        told = Git(root).run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    except (BakegenError, GitProblem, OSError):
        return []
    names = {os.fsdecode(name) for name in told.split(b"\0") if name}
    return [name for name in names if not _SKIPPED & set(name.split("/")) and (root / name).is_file()]


def _walked(root: Path) -> list[str]:
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED)
        start = os.path.relpath(folder, root).replace(os.sep, "/")
        found += [name if start == "." else f"{start}/{name}" for name in files]
        if len(found) > _MOST:
            break
    return found


@dataclass(frozen=True)
class LaidOver(ProjectFiles):
    """A project's files with others over them that are not written yet."""

    texts: Mapping[str, str] | None = None

    def read(self, path: str, location: Location | None = None, *, limit: int = 0) -> Source:
        """As `ProjectFiles.read`."""
        text = (self.texts or {}).get(os.path.normpath(path))
        if text is not None:
            return Source(path, text)
        return super().read(path, location, **({"limit": limit} if limit else {}))

    def exists(self, path: str, location: Location | None = None) -> bool:
        """As `ProjectFiles.exists`."""
        name = os.path.normpath(path)
        texts = self.texts or {}
        return name in texts or any(one.startswith(f"{name}/") for one in texts) or super().exists(path, location)

    def folders(self, path: str) -> Sequence[str]:
        """As `ProjectFiles.folders`."""
        start = "" if os.path.normpath(path) == "." else f"{os.path.normpath(path)}/"
        inside = (one.removeprefix(start) for one in self.texts or {} if one.startswith(start))
        new = {one.partition("/")[0] for one in inside if "/" in one}
        return sorted({*super().folders(path), *new})
