"""What linting may know of the files around a Dockerfile, with a record of everything that was looked at."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile, ignore_file_names
from bakegen.facts.context import ListedContext
from bakegen.facts.model import LOCK_FILE, Evidence
from bakegen.text import Source
from bakegen.workspace.recording import RecordingFolder

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.dockerfile import Dockerfile
    from bakegen.facts.lockfile import Lock
    from bakegen.workspace.recording import Seen


class Neighbourhood:
    """The surroundings of one Dockerfile: the build context that it is likely built with, ignore file and lock.

    A Dockerfile does not say what it is built with. The nearest folder at or above it, up to the top of the work tree,
    that has all files it copies is taken; where none has them the context counts as unknown.
    """

    def __init__(self, path: Path, dockerfile: Dockerfile, context: Path | None = None) -> None:
        self.record: dict[tuple[str, str, str], str] = {}
        self._path = path
        self._dockerfile = dockerfile
        self._folder: Path | None = None
        self.ignore: Source | None = None
        listed = None
        self._up = _up(path)
        for candidate in [context] if context is not None else _candidates(self._up):
            ignore = self._ignore_file(path, candidate)
            rules = IgnoreFile.parse(ignore) if ignore is not None else IgnoreFile()
            listed = ListedContext(RecordingFolder(candidate, self.record), rules)
            if context is not None or self._fits(listed):
                self._folder, self.ignore = candidate, ignore
                break
            listed = None
        lock = self._lock()
        bases = {}
        if lock is not None:
            from bakegen.plan.locked import locked_bases  # only where there is a lock

            bases = locked_bases(dockerfile.source, lock, build_args={}, platform=None, contexts={})
        self.evidence = Evidence(bases, listed)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The record."""
        return tuple((*key, answer) for key, answer in sorted(self.record.items()))

    @property
    def ignore_text(self) -> str:
        """The text of the ignore file, "" where there is none or the context is not known."""
        return self.ignore.text if self.ignore is not None else ""

    def _read(self, folder: Path, name: str) -> Source | None:
        found = RecordingFolder(folder, self.record).read(name)
        return Source(str(folder / name), found.text) if found is not None else None

    def _ignore_file(self, path: Path, context: Path) -> Source | None:
        own, common = ignore_file_names(path.name)
        return self._read(path.parent, own) or self._read(context, common)

    def _lock(self) -> Lock | None:
        for folder in self._up:
            found = self._read(folder, LOCK_FILE)
            if found is not None:
                return _read_lock(found)
        return None

    def _fits(self, context: ListedContext) -> bool:
        """Whether all that surely must be in the context is there."""
        return all(context.matches(source) for source in self._sources)

    @cached_property
    def _sources(self) -> tuple[str, ...]:
        """What must be in the context, whichever folder that is."""
        reads = self._dockerfile.resolve().context_reads if self._dockerfile.ok else ()
        every = (source for read in reads if read.origin != "mount" for source in read.sources)
        return tuple(source for source in every if source.strip("./") and "$" not in source)


def _candidates(found: list[Path]) -> list[Path]:
    # Outside of a work tree only its own folder is surely meant.
    return found if (found[-1] / ".git").exists() else found[:1]


def _up(path: Path) -> list[Path]:
    """The folder of a file and those above it, up to the top of the work tree."""
    folder = path.resolve().parent
    found = []
    for one in (folder, *folder.parents):
        found.append(one)
        if (one / ".git").exists():
            break
    return found


@lru_cache(maxsize=8)
def _read_lock(source: Source) -> Lock:
    from bakegen.facts.lockfile import read_lock  # with all that reads it, which few files need

    return read_lock(source)
