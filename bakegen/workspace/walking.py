"""The commits of a branch in the order in which a CI has built them: those of pull requests before their merges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.explaining.replay.model import Commit
from bakegen.workspace.git import Git, GitProblem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FORMAT = "--format=%H%x00%T%x00%ct%x00%P%x00%s"


def walk(folder: Path, count: int, revision: str, *, pulls: bool = True) -> list[Commit]:
    """The newest commits of a branch, the oldest first.

    The branch is what first parents make. The other commits that a merge brought are taken for one pull request; they
    stand before it, the oldest first.

    Args:
        folder: a folder of the repository.
        count: how many commits of the branch itself there are to be.
        revision: the newest commit.
        pulls: whether the commits of pull requests are wanted.

    Raises:
        GitProblem: there is no such commit, or git fails.
    """
    git = Git(folder)
    tip = git.line("rev-parse", "-q", "--verify", f"{revision}^{{commit}}", ok=(0, 1, 128))
    if not tip:
        git.run("rev-parse", "--git-dir")  # tells why, where there is no repository
        raise GitProblem(f"there is no commit {revision!r} in this clone")
    line = git.run("rev-list", "--first-parent", f"--max-count={count}", tip, "--").decode("ascii").split()[::-1]
    listed = [*_told(git, line[0], "--max-count=1"), *_told(git, tip, f"^{line[0]}", "--topo-order", "--reverse")]
    known = {commit.oid: (commit, parents) for commit, parents in listed}
    seen = set(line)
    found: list[Commit] = []
    for oid in line:
        commit, parents = known[oid]
        brought = _brought(parents[1:], known, seen) if pulls and oid != line[0] else set()
        seen |= brought
        found += [replace(one, pull=oid) for at, (one, _) in known.items() if at in brought] if brought else []
        found.append(commit)
    return found


def _brought(tips: tuple[str, ...], known: Mapping[str, tuple[Commit, tuple[str, ...]]], seen: set[str]) -> set[str]:
    """What is reachable from the other parents of a merge and came with nothing before it."""
    found: set[str] = set()
    todo = list(tips)
    while todo:
        oid = todo.pop()
        if oid in known and oid not in seen and oid not in found:
            found.add(oid)
            todo += known[oid][1]
    return found


def _told(git: Git, *arguments: str) -> list[tuple[Commit, tuple[str, ...]]]:
    """The commits that git lists, with their parents."""
    told = git.run("log", _FORMAT, *arguments, "--").decode("utf-8", "replace")
    found = []
    for line in told.split("\n"):
        oid, *rest = line.split("\0", 4)
        if rest:
            tree, when, parents, subject = rest
            found.append((Commit(oid, tree, int(when), subject), tuple(parents.split())))
    return found


def changed_files(folder: Path, commit: str) -> list[str]:
    """The paths that a commit changed, against its first parent; none where git cannot tell."""
    try:
        told = Git(folder).run("diff-tree", "-r", "-m", "--first-parent", "-z", "--no-commit-id", "--name-only", commit)
    except GitProblem:
        return []
    return [path for path in told.decode("utf-8", "surrogateescape").split("\0") if path]
