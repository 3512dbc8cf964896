"""Gathers what proofs may rest on: the listing of a build context, the history of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.references import context_name
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.workspace.disk import DiskFolder
from bakegen.workspace.git import Git, GitProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bakegen.facts.model import HistoryFacts, PlatformFacts

COMMITS = 500
"""How many commits of history count."""


class GitHistory:
    """How often the files of a folder changed in its last `COMMITS` commits, merges left out."""

    def __init__(self, commits: Sequence[frozenset[str]]) -> None:
        self._commits = commits
        self._known: dict[tuple[str, tuple[str, ...]], int] = {}

    def changes(self, path: str, exclude: Sequence[str] = ()) -> int | None:
        """In how many commits something at or below `path` changed."""
        path = path.strip("/").removeprefix("./")
        path = "" if path == "." else path
        key = (path, tuple(exclude))
        if key not in self._known:
            rules = IgnoreFile.of(exclude)
            self._known[key] = sum(
                any(_within(one, path) and not (exclude and rules.excludes(one)) for one in commit)
                for commit in self._commits
            )
        return self._known[key]


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")


def history(folder: Path, ignore: IgnoreFile) -> HistoryFacts | None:
    """The history of `folder` as far as the context holds it; None without git, or where it is cut off."""
    git = Git(folder)
    try:
        if git.line("rev-parse", "--is-shallow-repository") == "true":
            return None
        raw = git.run(
            "log", f"--max-count={COMMITS}", "--no-merges", "--no-renames", "--relative", "--name-only", "-z",
            "--format=%x01", "--", ".",
        )  # fmt: skip
    except GitProblem:
        return None
    commits = []
    verdicts: dict[str, bool] = {}
    for block in raw.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        names = [name for name in block.replace("\n", "\0").split("\0") if name]
        for name in names:
            if name not in verdicts:
                verdicts[name] = ignore.excludes(name)
        commits.append(frozenset(name for name in names if not verdicts[name]))
    return GitHistory(commits) if commits else None


def gather(folder: Path | None, ignore: IgnoreFile, bases: Mapping[str, PlatformFacts]) -> Evidence:
    """All evidence about a build context and its base images.

    Args:
        folder: the build context; None where it is not a folder here.
        ignore: its ignore file.
        bases: facts by image name, as FROM has it.
    """
    named = dict(bases) | {context_name(name): facts for name, facts in bases.items()}
    if folder is None:
        return Evidence(named)
    return Evidence(named, ListedContext(DiskFolder(folder), ignore), history(folder, ignore))
