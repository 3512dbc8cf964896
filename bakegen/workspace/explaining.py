"""What changed between two commits, or a commit and the work tree, and what of it runs again: reads both, compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.errors import InputError
from bakegen.explaining.chains import Chains, unpinned
from bakegen.explaining.compare import compare
from bakegen.explaining.costing import seconds_of
from bakegen.explaining.explanation import Explanation
from bakegen.plan.locked import locked_bases
from bakegen.plan.model import TargetKind
from bakegen.workspace.advising import advise
from bakegen.workspace.commits import Past, fallback_commits
from bakegen.workspace.context import Contexts
from bakegen.workspace.git import Git, GitProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.building.costs import Costs
    from bakegen.dockerfile import BaseImage
    from bakegen.explaining.model import Files, Side
    from bakegen.plan.keys import SourcePattern
    from bakegen.plan.model import Plan, Recipe, Target
    from bakegen.text import Location, Source
    from bakegen.workspace.project import Workspace


Wanted = Callable[["Plan"], "Sequence[str]"]
"""Picks targets by their names."""


class ContextFiles:
    """The files that sources mean in contexts, each read once; see `bakegen.explaining.chains.Reads`."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._ignores: dict[str, IgnoreFile] = {}
        self._known: dict[tuple[str, str, SourcePattern], Files] = {}

    def files(self, folder: str, ignore: Source | None, pattern: SourcePattern, place: Location | None) -> Files:
        """Path -> mode and object id of all that `pattern` selects in `folder`."""
        text = ignore.text if ignore is not None else ""
        key = (folder, text, pattern)
        if key not in self._known:
            if text not in self._ignores:
                self._ignores[text] = IgnoreFile.parse(ignore) if ignore is not None else IgnoreFile()
            lines = self._contexts.lines(folder, self._ignores[text], [pattern], place)
            self._known[key] = {line.path: f"{line.mode} {line.oid}" for line in lines}
        return self._known[key]


def commit_of(workspace: Workspace, revision: str) -> str:
    """The full id of a commit that a person names.

    Raises:
        InputError: there is none of that name.
    """
    try:
        found = Git(workspace.root).line("rev-parse", "-q", "--verify", f"{revision}^{{commit}}", ok=(0, 1, 128))
    except GitProblem as problem:
        raise InputError([error("no-commit", str(problem))]) from None
    if not found:
        help = "a shallow clone has only the newest: fetch more of its history"
        raise InputError([error("no-commit", f"there is no commit {revision!r} in this clone", help=help)])
    return found


def default_since(workspace: Workspace, default: str) -> str:
    """The commit to compare with where none is named: the merge base with the default branch, or the one before.

    Raises:
        InputError: that cannot be told.
    """
    found = fallback_commits(workspace.root, default, 1)
    if not found.commits:
        reason = found.problem or "there is no earlier commit"
        raise InputError([error("no-commit", f"nothing to compare with: {reason}", help="name a commit with --since")])
    return found.commits[0]


def images(plan: Plan) -> list[str]:
    """The targets that are images: stages and platforms of them are built for their caches alone."""
    return [name for name, target in plan.targets.items() if target.kind is TargetKind.IMAGE]


def explain(
    workspace: Workspace,
    since: str,
    until: str,
    wanted: Wanted = images,
    costs: Costs | None = None,
    *,
    advised: bool = False,
) -> Explanation:
    """What becomes of `wanted` targets and of those that they build on.

    Args:
        workspace: the project as it is now.
        since: the full id of the commit whose steps are taken to be in the cache.
        until: the full id of the newer commit; "" for the work tree.
        wanted: picks the names of targets out of the newer plan.
        costs: what is known of earlier builds.
        advised: whether it is also worked out what would have helped.

    Raises:
        InputError: one of the commits cannot be read.
    """
    with Past(workspace, ()) as past:
        old, new = _Commit(past, since, workspace), _Commit(past, until, workspace)
        plan = new.workspace.plan
        old.unpinned = new.unpinned = unpinned(old.workspace.plan) | unpinned(plan)
        # Stages and platforms of an image have its steps.
        names = list(dict.fromkeys(plan.targets[name].of or name for name in wanted(plan)))
        after = new.side(names)
        targets = compare(old.side(images(old.workspace.plan)), after, after.targets)
        known = seconds_of(after.targets.values(), costs) if costs is not None else {}
        return Explanation(since, until, targets, known, advise(old, new, targets, known) if advised else {})


class _Commit:
    """A project at a commit, or in the work tree; see `bakegen.workspace.advising.AtSide`."""

    def __init__(self, past: Past, commit: str, now: Workspace) -> None:
        self.workspace = now
        self.unpinned: frozenset[str] = frozenset()
        self._past = past
        self._commit = commit
        self._incomplete: Mapping[str, str] = {}
        self._known: tuple[Contexts, ContextFiles] | None = None
        if commit:
            found = past.at(commit)
            if found.opened is None:
                message = f"the project of commit {commit[:12]} cannot be read: {found.problem}"
                raise InputError([error("no-project", message)])
            self.workspace, self._incomplete = found.opened, found.incomplete

    def side(self, wanted: Sequence[str], recipes: Mapping[str, Recipe] | None = None) -> Side:
        """The chains of `wanted` targets, some with another Dockerfile."""
        return _chains(self.workspace, self._files(), self.unpinned, recipes or {}, self._incomplete).side(wanted)

    def shown(self) -> Contexts | None:
        """Makes the files be those of the commit; None for the work tree, where they are there anyway."""
        return self._past.show(self._commit) if self._commit else None

    def _files(self) -> ContextFiles:
        """The files of this side, read once for as long as they are shown."""
        contexts = self.shown()
        if self._known is None or (contexts is not None and self._known[0] is not contexts):
            contexts = contexts or Contexts(self.workspace.files)
            self._known = (contexts, ContextFiles(contexts))
        return self._known[1]


def steps_of(
    workspace: Workspace,
    contexts: Contexts,
    wanted: Sequence[str],
    unpinned: frozenset[str],
    recipes: Mapping[str, Recipe] | None = None,
) -> Side:
    """The chains of `wanted` targets of a project, with what is in its contexts; `unpinned`, `recipes` as in `Chains`.

    Raises:
        InputError: a context cannot be read.
    """
    return _chains(workspace, ContextFiles(contexts), unpinned, recipes or {}, {}).side(wanted)


def _chains(
    workspace: Workspace,
    reads: ContextFiles,
    unpinned: frozenset[str],
    recipes: Mapping[str, Recipe],
    problems: Mapping[str, str],
) -> Chains:
    return Chains(workspace.plan, reads, base_facts(workspace), recipes, unpinned, problems)


def base_facts(workspace: Workspace) -> Callable[[Target, str | None], Mapping[str, BaseImage]]:
    """What the lock of a project knows of the base images of a target for a platform, by name."""

    def bases(target: Target, platform: str | None) -> Mapping[str, BaseImage]:
        source, variant = target.recipe.source, target.variant
        if workspace.lock is None or source is None or not variant.flag("pin", True):
            return {}
        args, contexts = variant.mapping("args"), variant.mapping("contexts")
        found = locked_bases(source, workspace.lock, build_args=args, platform=platform, contexts=contexts)
        return {name: facts.image for name, facts in found.items()}

    return bases
