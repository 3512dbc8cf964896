"""Which branches are there: from a list that somebody gives, or from the remote repository itself.

Whoever deletes by this list must not believe a wrong one: a list that cannot be read, is empty, or lacks the default
branch is refused. Remote-tracking branches never count: they are as old as the last fetch.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.diagnostics import error, one_line
from bakegen.errors import EngineError, InputError
from bakegen.workspace.git import Git, GitProblem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII)
_HEADS = "refs/heads/"
_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class LiveBranches:
    """The branches that are there.

    Attributes:
        names: raw names, without ``refs/heads/``.
        commits: the commit of each, as far as it is known.
        source: where they are from, for people.
    """

    names: frozenset[str]
    commits: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


def read_branches(root: Path, default: str, *, file: Path | None = None, remote: str = "origin") -> LiveBranches:
    """The branches of the repository.

    Args:
        root: a folder of it.
        default: the default branch, which has to be among them.
        file: a list to take instead: a branch a line, or what ``git ls-remote --heads`` prints; ``-`` is stdin.
        remote: the remote that is asked where there is no `file`. A repository without any remote tells itself.

    Raises:
        InputError: the list cannot be read, is empty, or lacks the default branch.
        EngineError: the remote cannot be asked.
    """
    found = _from_file(file) if file is not None else _from_git(Git(root), remote)
    if default not in found.names:
        lacks = f"does not have the default branch {default}" if found.names else "is empty"
        help = "nothing is concluded from such a list; --branches FILE gives another, --default-branch another name"
        raise InputError([error("branch-list", f"{found.source} {lacks}", help=help)])
    return found


def read_pull_requests(file: Path) -> frozenset[str]:
    """The numbers of open pull requests in `file`: a number a line (``12`` or ``#12``), or the one word ``none``.

    Raises:
        InputError: it is something else; an empty file is refused, because a failed command leaves one, too.
    """
    words = _text(file, "--pull-requests").split()
    if words == ["none"]:
        return frozenset()
    numbers = [word.removeprefix("#") for word in words]
    if not numbers or not all(re.fullmatch(r"[0-9]{1,20}", number, re.ASCII) for number in numbers):
        said = f"{str(file)!r} is no list of pull requests" if numbers else f"{str(file)!r} is empty"
        help = "write the number of each open one on a line, or the word none where none is open"
        raise InputError([error("pull-request-list", said, help=help)])
    return frozenset(numbers)


def _from_file(file: Path) -> LiveBranches:
    named = "the list of branches"
    names: dict[str, str] = {}
    for line in _text(file, "--branches").splitlines():
        words = line.split()
        if len(words) == 2 and _COMMIT.fullmatch(words[0]):
            commit, name = words
        elif len(words) == 1:
            commit, name = "", words[0]
        elif not words:
            continue
        else:
            said = f"{one_line(line)!r} in {str(file)!r} is no branch"
            help = "write a branch a line, or what `git ls-remote --heads` prints"
            raise InputError([error("branch-list", said, help=help)])
        if name.startswith("refs/") and not name.startswith(_HEADS):
            continue
        names[name.removeprefix(_HEADS)] = commit
    return LiveBranches(frozenset(names), {name: commit for name, commit in names.items() if commit}, named)


def _from_git(git: Git, remote: str) -> LiveBranches:
    try:
        remotes = git.run("remote").decode("utf-8", "surrogateescape").split()
        if remote in remotes:
            listed, source = git.run("ls-remote", "--heads", "--quiet", remote), f"the remote {remote}"
        elif remotes:
            help = f"there are {', '.join(remotes)}: name one with --remote, or give a list with --branches FILE"
            raise InputError([error("branch-list", f"there is no remote {remote}", help=help)])
        elif git.line("rev-parse", "--is-shallow-repository") == "true":
            said = "this clone has no remote and is cut off: it does not tell which branches there are"
            raise InputError([error("branch-list", said, help="give a list with --branches FILE")])
        else:
            listed = git.run("for-each-ref", "--format=%(objectname) %(refname)", _HEADS)
            source = "this repository, which has no remote,"
    except GitProblem as problem:
        raise EngineError(f"which branches there are is not known: {problem} (--branches FILE gives a list)") from None
    names: dict[str, str] = {}
    for line in listed.decode("utf-8", "surrogateescape").splitlines():
        commit, _, name = line.replace("\t", " ").partition(" ")
        if name.startswith(_HEADS):
            names[name.removeprefix(_HEADS)] = commit
    return LiveBranches(frozenset(names), names, source)


def _text(file: Path, option: str) -> str:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(_LIMIT + 1)
        else:
            with file.open("rb") as stream:
                data = stream.read(_LIMIT + 1)
        if len(data) > _LIMIT:
            raise InputError([error("branch-list", f"{str(file)!r} of {option} is too large")])
        return data.decode("utf-8", "surrogateescape")
    except OSError as problem:
        said = f"{str(file)!r} of {option} cannot be read: {(problem.strerror or str(problem)).lower()}"
        raise InputError([error("branch-list", said)]) from None
