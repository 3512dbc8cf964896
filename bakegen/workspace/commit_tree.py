"""The files of a repository as they were at a commit, in a temporary folder; another commit costs what differs.

The folder is a linked work tree that the repository does not know of: its git folder has a HEAD and an index of its
own, and takes objects, references and configuration from the repository (``commondir`` in
https://git-scm.com/docs/gitrepository-layout). So filters and line ends are those of any checkout, git answers there as
in any checkout, and nothing is written into the repository.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.workspace.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LINK = b"160000"
_SETTINGS = (f"core.hooksPath={os.devnull}", "core.sparseCheckout=false", "advice.detachedHead=false")
"""No hook of the repository runs for a tree that is none of a person's."""


class CommitTree:
    """A folder that holds what a commit has, as far as it is wanted; a context manager.

    Attributes:
        top: the folder; it stands for the top of the repository.
        submodules: paths of submodules in what is shown: their files are not there.

    Args:
        folder: a folder of the repository.
        paths: what is wanted, relative to the repository's top; "" is everything.
    """

    def __init__(self, folder: Path, paths: Sequence[str]) -> None:
        self.submodules: tuple[str, ...] = ()
        self._repository = Git(folder)
        self._paths = tuple(f":(top,literal){path}" for path in paths if path) if all(paths) else ()
        self._commit = ""
        self._temporary = tempfile.TemporaryDirectory(prefix="bakegen-commit-", ignore_cleanup_errors=True)
        place = Path(self._temporary.name).resolve()
        self.top = place / "tree"
        self._own = place / "git"
        self._git = Git(self.top, _SETTINGS)

    def __enter__(self) -> CommitTree:
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    def show(self, commit: str) -> bool:
        """Makes the folder hold what `commit` (a full id) has; out: whether that differs from what it held before.

        Raises:
            GitProblem: git cannot: the commit is not here, a filter fails, …
            OSError: the folder cannot be written.
        """
        if commit == self._commit:
            return False
        changed = self._changes(commit) if self._commit else None
        self._commit = ""  # whatever fails from here on leaves a folder that is no commit's
        if changed is None:
            self._start(commit)
            wanted: Iterable[bytes] = self._listed()
        elif changed:
            for path in changed:
                self._remove(path)
            self._git.run("read-tree", "-m", commit)
            there = frozenset(self._listed())
            wanted = [path for path in changed if path in there]
        else:
            self._git.run("read-tree", "-m", commit)
            wanted = ()
        if wanted:
            paths = b"".join(b"%s\0" % path for path in wanted)
            self._git.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=paths)
        (self._own / "HEAD").write_text(f"{commit}\n", "ascii")
        self._commit = commit
        return changed is None or bool(changed)

    def _changes(self, commit: str) -> list[bytes] | None:
        """The paths that differ from the commit shown; None where git attributes do, which any file may feel."""
        told = self._git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", self._commit, commit)
        if any(os.path.basename(path) == b".gitattributes" for path in told.split(b"\0")):  # noqa: PTH119 (bytes)
            return None
        if self._paths:
            told = self._git.run(
                "diff-tree", "-r", "-z", "--no-renames", "--name-only", self._commit, commit, "--", *self._paths
            )
        return [path for path in told.split(b"\0") if path]

    def _start(self, commit: str) -> None:
        """An empty folder with the index of `commit`."""
        common = self._repository.line("rev-parse", "--git-common-dir")
        for folder in (self.top, self._own):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        (self._own / "commondir").write_text(f"{(self._repository.folder / common).resolve()}\n", "utf-8")
        (self._own / "HEAD").write_text(f"{commit}\n", "ascii")
        (self.top / ".git").write_text(f"gitdir: {self._own}\n", "utf-8")
        self._git.run("read-tree", commit)

    def _listed(self) -> list[bytes]:
        """What the index has of the wanted paths, without submodules."""
        found: list[bytes] = []
        links: list[str] = []
        for item in self._git.run("ls-files", "-z", "-s", "--", *self._paths).split(b"\0"):
            head, tab, path = item.partition(b"\t")
            if head.startswith(_LINK):
                links.append(path.decode("utf-8", "surrogateescape"))
            elif tab:
                found.append(path)
        self.submodules = tuple(links)
        return found

    def _remove(self, path: bytes) -> None:
        """Removes a file, and the folders that are empty then: a context with an empty folder is another one."""
        place = os.path.join(os.fsencode(self.top), path)  # noqa: PTH118 (bytes)
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            os.unlink(place)  # noqa: PTH108 (bytes)
        with suppress(OSError):
            while (place := os.path.dirname(place)) != os.fsencode(self.top):  # noqa: PTH120 (bytes)
                os.rmdir(place)  # noqa: PTH106 (bytes)
