"""A project as it was at earlier commits: its plan and content keys, read from a temporary tree.

The tree is a linked work tree that the repository does not know of: a git folder of its own that holds only HEAD and
an index, and takes objects, references and configuration from the repository (``commondir`` in
https://git-scm.com/docs/gitrepository-layout). So filters and line ends are those of any checkout, and nothing is
written into the repository.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bakegen.plan.content import ContentKey
    from bakegen.plan.model import Plan
    from bakegen.workspace.context import Line
    from bakegen.workspace.project import Workspace


@dataclass(frozen=True, slots=True)
class CommitLine:
    """Some commits, the newest first, each the first parent of the one before.

    Attributes:
        commits: their full ids.
        branch: the branch that they are of, "" where they are just those below the one that is checked out.
        problem: why there are none, or not more: a clause for people; "" where there are as many as were wanted, or all.
    """

    commits: tuple[str, ...]
    branch: str = ""
    problem: str = ""


@dataclass(frozen=True)
class AtCommit:
    """A project at a commit.

    Attributes:
        commit: its full id.
        plan: what was planned there, None where that cannot be told.
        keys: target name -> content key with all inputs.
        problem: why there is no plan, a clause for people.
    """

    commit: str
    plan: Plan | None
    keys: Mapping[str, ContentKey] = field(default_factory=dict)
    problem: str = ""


def fallback_commits(root: Path, default: str, count: int) -> CommitLine:
    """The commits of the branch `default` that a build at HEAD is compared with: from the merge base on, `count` at most.

    HEAD itself is among them only where tracked files differ from it. Never raises: `CommitLine.problem`.
    """
    raise NotImplementedError


def ancestor_commits(root: Path, count: int) -> CommitLine:
    """The commits below HEAD, and HEAD where tracked files differ from it; `count` at most. Never raises."""
    raise NotImplementedError


class Past:
    """A project at other commits; a context manager, for what it writes into a temporary folder.

    Args:
        workspace: the project as it is now.
        wanted: names of the targets whose keys are worked out, with all that they build on.
    """

    def __init__(self, workspace: Workspace, wanted: Iterable[str]) -> None:
        raise NotImplementedError

    def at(self, commit: str) -> AtCommit:
        """The project at `commit`; known ones are not read again. Never raises: `AtCommit.problem`."""
        raise NotImplementedError

    def lines(self, commit: str, target: str, context: str | None = None) -> tuple[Line, ...]:
        """The files behind the digest of a target's context (None), or of a named one, as they were at `commit`.

        Nothing where that cannot be told.
        """
        raise NotImplementedError
