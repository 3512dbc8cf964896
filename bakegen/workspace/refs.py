"""The branches and tags of a repository by name: what can stand where a command asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.workspace.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST = "--count=500"
_NEWEST = "--sort=-committerdate"


def branches(folder: Path) -> list[str]:
    """The branches of the repository around `folder` and of its remotes, newest first, without a remote's name.

    Raises:
        GitProblem: there is no git or no repository.
    """
    found = _refs(folder, "%(refname:lstrip=2)", "refs/heads")
    remote = (name for name in _refs(folder, "%(refname:lstrip=3)", "refs/remotes") if name != "HEAD")
    return list(dict.fromkeys((*found, *remote)))


def revisions(folder: Path) -> Iterator[tuple[str, str]]:
    """The names of branches, remotes' branches and tags, as git takes them, each with what it is.

    Raises:
        GitProblem: as `branches`.
    """
    yield "HEAD", "the checked-out commit"
    for where, kind in (("refs/heads", "a branch"), ("refs/remotes", "a remote's branch"), ("refs/tags", "a tag")):
        yield from ((name, kind) for name in _refs(folder, "%(refname:short)", where))


def _refs(folder: Path, form: str, where: str) -> list[str]:
    said = Git(folder).run("for-each-ref", _MOST, _NEWEST, f"--format={form}", where)
    return said.decode("utf-8", "replace").split()
