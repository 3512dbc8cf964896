"""Reading files below the project's root, and writing them so that nothing is ever half-written.

Everything that a command reads from or writes to a user's project goes through here: paths are compared by
components after symlinks are resolved, and a write is a new file beside the old one that takes its place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.errors import InputError
from bakegen.text import Source
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile.ignore import IgnoreFile
    from bakegen.facts.model import Evidence
    from bakegen.text import Location

_WRITERS = 16
LARGEST_FILE = 16 * 1024 * 1024
"""No definition, template, Dockerfile or ignore file is larger; a bigger one is a mistake."""


@dataclass(frozen=True)
class ProjectFiles:
    """The files of one project.

    Attributes:
        root: the project's folder.
        outside: further folders, absolute or relative to the root, that the project was allowed to reach.
    """

    root: Path
    outside: tuple[str, ...] = ()

    def resolve(self, path: str, location: Location | None = None) -> Path:
        """Where `path` (relative to the root, or absolute) really is, symlinks resolved; it need not exist.

        Raises:
            InputError: it lies outside the root and the folders that were allowed, or is no path at all.
        """
        try:
            target = (self.root / path).resolve()
            roots = [self.root.resolve(), *((self.root / extra).resolve() for extra in self.outside)]
        except (OSError, RuntimeError, ValueError) as problem:
            raise InputError([error("bad-path", f"{path!r} is no usable path: {problem}", location)]) from None
        if any(target.is_relative_to(root) for root in roots):
            return target
        raise InputError([_outside(path, target, location)])

    def read(self, path: str, location: Location | None = None, *, limit: int = LARGEST_FILE) -> Source:
        """The text of a file, any bytes kept; `location` is where the path was named.

        Raises:
            InputError: it is missing, outside, not a regular file, not readable, or larger than `limit`.
        """
        target = self.resolve(path, location)
        data, problem = read_regular(target, limit)
        if problem is not None:
            raise InputError([error("unreadable-file", f"cannot read {path!r}: {problem}", location)])
        return Source.from_bytes(path, data)

    def read_if_there(self, path: str, location: Location | None = None) -> Source | None:
        """As `read`, but None where nothing has that name.

        Raises:
            InputError: something has that name, and it cannot be read.
        """
        return self.read(path, location) if self.exists(path, location) else None

    def exists(self, path: str, location: Location | None = None) -> bool:
        """Whether anything has that name.

        Raises:
            InputError: the path is outside.
        """
        return os.path.lexists(self.resolve(path, location))

    def folders(self, path: str) -> Sequence[str]:
        """The names of the folders in a folder; none where there is no such folder.

        Raises:
            InputError: the path is outside.
        """
        place = self.resolve(path)
        if not place.is_dir():
            return ()
        with os.scandir(place) as entries:
            return [entry.name for entry in entries if entry.is_dir()]

    def evidence(self, context: str, ignore: IgnoreFile, location: Location | None = None) -> Evidence:
        """What rewriting may rest on of a build context: its listing through `ignore`, and its history.

        Raises:
            InputError: it lies outside.
        """
        from bakegen.workspace.evidence import gather  # only who rewrites pays for it

        return gather(self.resolve(context, location), ignore, {})


def read_regular(path: Path, limit: int = LARGEST_FILE) -> tuple[bytes, str | None]:
    """The bytes of a regular file and None, or nothing and the reason; never waits on a FIFO or a device."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as problem:
        return b"", _reason(problem)
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            return b"", f"it is {kind_of(facts.st_mode)}, not a file"
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as problem:
        return b"", _reason(problem)
    finally:
        os.close(handle)
    if len(data) > limit:
        return b"", f"it is larger than {limit} bytes"
    return data, None


def kind_of(mode: int) -> str:
    """What a file of that mode is, with its article."""
    kinds = (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something unknown")


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()


def _outside(path: str, target: Path, location: Location | None) -> Diagnostic:
    return error(
        "outside-project",
        f"{path!r} is outside the project: it leads to {str(target)!r}",
        location,
        help="move it below the project's folder, or allow the folder explicitly",
    )


def write_atomic(path: Path, data: bytes, *, sync_folder: bool = True, umask: int | None = None) -> bool:
    """Makes `path` hold `data`; True when that changed anything.

    The bytes go to a new file of a unique name beside it, reach the disk, and take the old one's place in one
    step: a crash, a full disk or a second writer leaves either the old file or a new one, whole. The old file's
    permissions are kept, and a symlink is written through. Without `sync_folder` the caller makes new names
    last. `umask` saves asking for it, which is not safe while other threads make files.

    Raises:
        InputError: it could not be written; nothing is left behind.
    """
    import tempfile  # which takes a while to load

    path = Path(os.path.realpath(path))
    old, problem = read_regular(path, max(LARGEST_FILE, len(data)))
    if problem is None and old == data:
        return False
    temporary: str | None = None
    try:
        if path.is_dir():
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        Path(temporary).chmod(_mode_for(path, umask))
        Path(temporary).replace(path)
        temporary = None
        if sync_folder:
            _sync_folder(path.parent)
    except OSError as failed:
        raise InputError(
            [
                error(
                    "cannot-write",
                    f"cannot write {str(path)!r}: {_reason(failed)}",
                    help="nothing was changed; the file is as it was before",
                )
            ]
        ) from failed
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
    return True


def _mode_for(path: Path, umask: int | None) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0o666 & ~(current_umask() if umask is None else umask)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Writes all of `data` to an open file, however many calls that takes."""
    while data:
        data = data[os.write(handle, data) :]


def current_umask() -> int:
    """The mask of new files; asking sets it for a moment, so ask before other threads make files or processes."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Makes the new name last; where folders cannot be synced (Windows, some network disks) it is skipped."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Change:
    """One file to be written (`new` is its bytes) or deleted (`new` is None); `old` is None where there is none."""

    path: str
    old: bytes | None
    new: bytes | None

    @property
    def verb(self) -> str:
        """``create``, ``update`` or ``delete``."""
        return "create" if self.old is None else "delete" if self.new is None else "update"

    def diff(self) -> str:
        """A unified diff from what is on disk to what would be."""
        from difflib import unified_diff  # which takes a while to load

        before, after = _shown_lines(self.old), _shown_lines(self.new)
        lines = unified_diff(
            before,
            after,
            "/dev/null" if self.old is None else f"a/{self.path}",
            "/dev/null" if self.new is None else f"b/{self.path}",
        )
        return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _shown_lines(data: bytes | None) -> list[str]:
    text = (data or b"").decode("utf-8", "backslashreplace")
    return [line + "\n" for line in text.split("\n")[:-1]] + (
        [text.rpartition("\n")[2]] if text.rpartition("\n")[2] else []
    )


@dataclass
class Changes:
    """Everything that one command is about to write and delete: collected first, then shown or applied.

    ``render --check`` looks only at `pending` and `diff`; ``render`` calls `apply`.
    """

    files: ProjectFiles
    _pending: dict[str, Change] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)

    def write(self, path: str, content: str | bytes) -> None:
        """Plans that the file at `path`, relative to the project's root, holds `content`.

        Raises:
            InputError: the path is outside, or is something that cannot be replaced by a file.
        """
        new = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        old = self._old(path)
        self._kept.add(path)
        self._pending.pop(path, None)
        if old != new:
            self._pending[path] = Change(path, old, new)

    def remove(self, path: str, marker: str) -> bool:
        """Plans to delete a file of ours: one whose beginning holds `marker`. Anything else stays; False then.

        Raises:
            InputError: the path is outside.
        """
        if path in self._kept:
            return False
        target = self.files.root / path
        self.files.resolve(path)
        if target.is_symlink() or not target.is_file():
            return False
        data, problem = read_regular(target)
        if problem is not None or marker.encode("utf-8") not in data[:4096]:
            return False
        self._pending[path] = Change(path, data, None)
        return True

    def remove_stale(self, folder: str, marker: str, suffixes: Sequence[str] = ()) -> None:
        """Plans to delete every file right in `folder` that carries `marker` and was not planned to be written.

        Raises:
            InputError: the folder is outside.
        """
        place = self.files.resolve(folder)
        if not place.is_dir():
            return
        for name in sorted(entry.name for entry in place.iterdir()):
            if not suffixes or name.endswith(tuple(suffixes)):
                self.remove(f"{folder.rstrip('/')}/{name}" if folder not in ("", ".") else name, marker)

    def _old(self, path: str) -> bytes | None:
        target = self.files.resolve(path)
        if not os.path.lexists(target):
            return None
        data, problem = read_regular(target)
        if problem is not None:
            raise InputError([error("cannot-replace", f"cannot replace {path!r}: {problem}")])
        return data

    @property
    def pending(self) -> tuple[Change, ...]:
        """What would change, by path; empty when the disk is as planned."""
        return tuple(self._pending[path] for path in sorted(self._pending))

    def diff(self) -> str:
        """A unified diff of all that would change."""
        return "".join(change.diff() for change in self.pending)

    def apply(self) -> tuple[Change, ...]:
        """Writes and deletes; returns what was done. Deletions come last.

        Raises:
            InputError: something could not be written or deleted; the message says which file, others may be
                done, and each file is whole.
        """
        from concurrent.futures import ThreadPoolExecutor

        written = [change for change in self.pending if change.new is not None]
        deleted = [change for change in self.pending if change.new is None]
        write = partial(self._write, umask=current_umask())
        # Waiting for the disk is most of the work, and a disk takes many requests at once.
        with ThreadPoolExecutor(_WRITERS) as pool:
            targets = list(pool.map(write, written))
        for folder in sorted({target.parent for target in targets}):
            _sync_folder(folder)
        for change in deleted:
            try:
                self.files.resolve(change.path).unlink(missing_ok=True)
            except OSError as problem:
                raise InputError(
                    [error("cannot-delete", f"cannot delete {change.path!r}: {_reason(problem)}")]
                ) from problem
            del self._pending[change.path]
        return (*written, *deleted)

    def _write(self, change: Change, umask: int) -> Path:
        assert change.new is not None
        target = self.files.resolve(change.path)
        write_atomic(target, change.new, sync_folder=False, umask=umask)
        del self._pending[change.path]
        return target
