"""A project as it was at earlier commits: which commits there are, and its plan and content keys there.

The files are those of `bakegen.workspace.commit_tree`. Whatever cannot be known (no git, a shallow clone, definitions
that cannot be read) is said as a clause for people: nobody's build fails because of its history.
"""

from __future__ import annotations

import os
import posixpath
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import one_line
from bakegen.errors import InputError
from bakegen.plan.artifacts import artifact_references
from bakegen.plan.content import content_keys, context_reads, folder_reads
from bakegen.plan.model import TargetKind
from bakegen.workspace.commit_tree import CommitTree
from bakegen.workspace.context import Contexts
from bakegen.workspace.files import ProjectFiles
from bakegen.workspace.git import Git, GitProblem
from bakegen.workspace.project import find_root, open_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.plan.content import ContentKey
    from bakegen.plan.model import Plan, Target
    from bakegen.workspace.context import Line
    from bakegen.workspace.project import Workspace


@dataclass(frozen=True, slots=True)
class CommitLine:
    """Some commits, the newest first, each the first parent of the one before.

    Attributes:
        commits: their full ids.
        branch: the branch that they are of, "" where they are just those below the one that is checked out.
        problem: why there are none, or fewer than were wanted: a clause for people; "" where there are no more at all.
        head: the commit that is checked out, where it is among them because some files differ from it.
    """

    commits: tuple[str, ...]
    branch: str = ""
    problem: str = ""
    head: str = ""


@dataclass(frozen=True)
class AtCommit:
    """A project at a commit.

    Attributes:
        commit: its full id.
        plan: what was planned there, None where that cannot be told.
        keys: target name -> content key with all inputs.
        problem: why there is no plan, a clause for people.
        incomplete: target -> why its files are not all there.
        opened: the whole project; its files are those of the commit only while `Past.show` has shown it last.
    """

    commit: str
    plan: Plan | None
    keys: Mapping[str, ContentKey] = field(default_factory=dict)
    problem: str = ""
    incomplete: Mapping[str, str] = field(default_factory=dict)
    opened: Workspace | None = None


def fallback_commits(root: Path, default: str, count: int) -> CommitLine:
    """The commits of the branch `default` that a build here is compared with: from the merge base on, `count` at most.

    HEAD itself is among them only where the files below `root` differ from it. Where nothing names the branch, they
    are those below HEAD. Never raises: `CommitLine.problem`.
    """
    git = Git(root)
    try:
        for name in (f"refs/remotes/origin/{default}", f"refs/heads/{default}"):
            tip = git.line("rev-parse", "-q", "--verify", f"{name}^{{commit}}", ok=(0, 1, 128))
            if tip:
                break
        else:
            found = ancestor_commits(root, count)
            return replace(found, problem=found.problem or f"nothing in this clone names the branch {default}")
        base = git.line("merge-base", "HEAD", tip, ok=(0, 1))
        if not base:
            return CommitLine((), default, _cut_off(git) or f"HEAD has no commit in common with {default}")
        return replace(_first_parents(git, base, count), branch=default)
    except GitProblem as problem:
        return CommitLine((), default, str(problem))


def ancestor_commits(root: Path, count: int) -> CommitLine:
    """The commits below HEAD, and HEAD where the files below `root` differ from it; `count` at most. Never raises."""
    git = Git(root)
    try:
        if not (head := git.line("rev-parse", "-q", "--verify", "HEAD^{commit}", ok=(0, 1, 128))):
            git.run("rev-parse", "--git-dir")  # tells why, where there is no repository
            return CommitLine((), problem="there is no commit yet")
        return _first_parents(git, head, count)
    except GitProblem as problem:
        return CommitLine((), problem=str(problem))


def _first_parents(git: Git, start: str, count: int) -> CommitLine:
    listed = git.run("rev-list", "--first-parent", f"--max-count={count + 1}", start, "--").decode("ascii").split()
    head = ""
    if start == git.line("rev-parse", "HEAD"):
        if git.run("status", "--porcelain", "-z", "--", "."):
            head = start
        else:
            listed = listed[1:]  # what is built is this very commit
    commits = tuple(listed[:count])
    return CommitLine(commits, problem=_cut_off(git) if len(commits) < count else "", head=head)


def _cut_off(git: Git) -> str:
    if git.line("rev-parse", "--is-shallow-repository") != "true":
        return ""
    return "this is a shallow clone: fetch more of its history (fetch-depth of actions/checkout, GIT_DEPTH of GitLab)"


class Past:
    """A project at other commits; a context manager, for what it writes into a temporary folder.

    Args:
        workspace: the project as it is now.
        wanted: names of the targets whose keys are worked out, with all that they build on; None is all at a commit.
    """

    def __init__(self, workspace: Workspace, wanted: Iterable[str] | None) -> None:
        self._now = workspace
        self._wanted = tuple(wanted) if wanted is not None else None
        self._known: dict[str, AtCommit] = {}
        self._open = ExitStack()
        self._tree: CommitTree | None = None
        self._files: ProjectFiles | None = None
        self._contexts: Contexts | None = None
        self._shown: AtCommit | None = None
        self._problem = ""

    def __enter__(self) -> Past:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def at(self, commit: str) -> AtCommit:
        """The project at `commit`; known ones are not read again. Never raises: `AtCommit.problem`."""
        if commit not in self._known:
            try:
                self._known[commit] = self._read(commit)
            except (GitProblem, InputError, OSError) as problem:
                self._shown = None
                self._known[commit] = AtCommit(commit, None, problem=self._said(problem))
        return self._known[commit]

    def lines(self, commit: str, target: str, context: str | None = None) -> tuple[Line, ...]:
        """The files behind the digest of a target's context (None), or of a named one, as they were at `commit`.

        None at all where that cannot be told.
        """
        plan = self.at(commit).plan
        if plan is None or target not in plan.targets:
            return ()
        one = plan.targets[target]
        reads = context_reads(one) if context is None else folder_reads(one).get(context)
        try:
            return self._show(commit).lines(*reads) if reads is not None else ()
        except (GitProblem, InputError, OSError):
            self._shown = None
            return ()

    def artifacts(self, commit: str) -> dict[str, tuple[str, str]] | None:
        """The key and the reference of each artifact at `commit`, by title; None where that cannot be told."""
        plan = self.at(commit).plan
        if plan is None or not plan.artifacts:
            return None if plan is None else {}
        try:
            return artifact_references(plan, plan.artifacts.values(), self._show(commit))
        except (GitProblem, InputError, OSError):
            self._shown = None
            return None

    def show(self, commit: str) -> Contexts:
        """The files of `commit`, whose plan is known; those shown before are gone then.

        Raises:
            GitProblem: git cannot.
            OSError: they cannot be written.
        """
        self.at(commit)
        return self._show(commit)

    def _show(self, commit: str) -> Contexts:
        """The files of `commit`, where its plan is known."""
        tree, files = self._started()
        if tree.show(commit) or self._contexts is None:
            self._contexts = Contexts(files)
            self._shown = self._known[commit]
        return self._contexts

    def _read(self, commit: str) -> AtCommit:
        tree, files = self._started()
        differs = tree.show(commit)
        if not differs and self._shown is not None:
            return replace(self._shown, commit=commit)
        self._contexts = Contexts(files)
        if not _is_project(files.root):
            raise InputError([])
        then = open_files(files, self._now.environ, self._now.sets)
        images = [
            name
            for name in (then.plan.targets if self._wanted is None else self._wanted)
            if name in then.plan.targets and then.plan.targets[name].kind is TargetKind.IMAGE
        ]
        incomplete = self._incomplete(then.plan, tree)
        keys = content_keys(then.plan, self._contexts, images, incomplete)
        self._shown = AtCommit(commit, then.plan, keys, incomplete=incomplete, opened=then)
        return self._shown

    def _said(self, problem: Exception) -> str:
        if isinstance(problem, OSError):
            return os.strerror(problem.errno) if problem.errno else one_line(str(problem))
        if not isinstance(problem, InputError):
            return one_line(str(problem))
        first = next(iter(problem.diagnostics), None)
        if first is None:
            return "there is no project"
        said = first.message.replace(f"{self._tree.top}/", "") if self._tree is not None else first.message
        return f"its definitions cannot be read: {one_line(said)}"

    def _started(self) -> tuple[CommitTree, ProjectFiles]:
        if self._tree is not None and self._files is not None:
            return self._tree, self._files
        root = self._now.root.resolve()
        top = Path(Git(root).line("rev-parse", "--show-toplevel")).resolve()
        outside = [(root / one).resolve() for one in self._now.files.outside]
        inside = [one.relative_to(top).as_posix() for one in (root, *outside) if one.is_relative_to(top)]
        self._tree = self._open.enter_context(CommitTree(top, ["" if path == "." else path for path in inside]))
        moved = [self._tree.top / one.relative_to(top) if one.is_relative_to(top) else one for one in outside]
        self._files = ProjectFiles(self._tree.top / root.relative_to(top), tuple(map(str, moved)))
        return self._tree, self._files

    def _incomplete(self, plan: Plan, tree: CommitTree) -> dict[str, str]:
        """The targets that read files of a submodule, which the tree of a commit does not have."""
        if not tree.submodules:
            return {}
        assert self._files is not None
        prefix = self._files.root.relative_to(tree.top).as_posix()
        found: dict[str, str] = {}
        for name, target in plan.targets.items():
            for link in tree.submodules:
                if any(_meet(posixpath.normpath(f"{prefix}/{folder}"), link) for folder in _folders(target)):
                    found[name] = f"it reads files of the submodule {link}"
        return found


def _is_project(folder: Path) -> bool:
    try:
        return find_root(folder) == folder
    except InputError:
        return False


def _folders(target: Target) -> list[str]:
    reads = context_reads(target)
    return [one[0] for one in (*([reads] if reads is not None else []), *folder_reads(target).values())]


def _meet(folder: str, other: str) -> bool:
    """Whether one of two folders is, or is in, the other."""
    return folder == "." or folder == other or folder.startswith(f"{other}/") or other.startswith(f"{folder}/")
