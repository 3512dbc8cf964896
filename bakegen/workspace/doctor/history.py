"""Asks git what `explain`, `build` and `replay` will ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.workspace.commits import fallback_commits
from bakegen.workspace.doctor.model import History
from bakegen.workspace.git import Git, GitProblem, git_facts

if TYPE_CHECKING:
    from pathlib import Path

_OVERRIDES = ("docker-bake.override.hcl", "docker-bake.override.json")


def ask_git(folder: Path, default: str, wanted: int) -> History:
    """What git tells of `folder`: `wanted` commits of the branch `default` are to be compared with."""
    facts = git_facts(folder)
    git = Git(folder)
    line = fallback_commits(folder, default, wanted)
    return History(
        facts,
        commits=len(line.commits),
        wanted=wanted,
        problem=line.problem,
        partial=bool(_lines(git, "config", "--get-regexp", r"^remote\..*\.(promisor|partialclonefilter)$", ok=(0, 1))),
        modules=tuple(
            entry.split()[1] for entry in _lines(git, "submodule", "status") if entry.startswith("-") and " " in entry
        ),
        tracked=tuple(_lines(git, "ls-files", "--", *_OVERRIDES)),
        default=default,
    )


def _lines(git: Git, *arguments: str, ok: tuple[int, ...] = (0,)) -> list[str]:
    try:
        return git.run(*arguments, ok=ok).decode("utf-8", "replace").splitlines()
    except GitProblem:
        return []
