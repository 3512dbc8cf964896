"""What changed between two commits, or a commit and the work tree, and what of it runs again: reads both, compares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.errors import InputError
from bakegen.explaining.chains import Chains
from bakegen.explaining.compare import compare
from bakegen.plan.model import TargetKind
from bakegen.workspace.commits import Past, fallback_commits
from bakegen.workspace.context import Contexts
from bakegen.workspace.evidence import locked_bases
from bakegen.workspace.git import Git, GitProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.dockerfile import BaseImage
    from bakegen.explaining.compare import JudgedTarget
    from bakegen.explaining.model import Files, Side
    from bakegen.plan.keys import SourcePattern
    from bakegen.plan.model import Plan, Recipe, Target
    from bakegen.text import Location, Source
    from bakegen.workspace.project import Workspace


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


@dataclass(frozen=True)
class Explained:
    """What `explain` found.

    Attributes:
        since: the full id of the commit that is compared with.
        until: that of the newer one; "" for the work tree.
        targets: what becomes of each target, in the order of the plan.
        plan: the plan of the newer side.
    """

    since: str
    until: str
    targets: tuple[JudgedTarget, ...]
    plan: Plan


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


def explain(workspace: Workspace, since: str, until: str, wanted: Sequence[str]) -> Explained:
    """What becomes of `wanted` targets (their names, on the newer side) and of those that they build on.

    Args:
        workspace: the project as it is now.
        since: the full id of the commit whose steps are taken to be in the cache.
        until: the full id of the newer commit; "" for the work tree.
        wanted: names of targets; all images without any.

    Raises:
        InputError: one of the commits cannot be read.
    """
    with Past(workspace, ()) as past:
        then = _opened(past, since)
        now = _opened(past, until) if until else workspace
        names = list(wanted) or images(now.plan)
        new = _side(now, past.show(until) if until else Contexts(workspace.files), names)
        old = _side(then, past.show(since), images(then.plan))
    return Explained(since, until, compare(old, new, new.targets), now.plan)


def images(plan: Plan) -> list[str]:
    """The targets that are images: stages and platforms of them are built for their caches alone."""
    return [name for name, target in plan.targets.items() if target.kind is TargetKind.IMAGE]


def _opened(past: Past, commit: str) -> Workspace:
    found = past.at(commit)
    if found.opened is None:
        raise InputError([error("no-project", f"the project of commit {commit[:12]} cannot be read: {found.problem}")])
    return found.opened


def _side(workspace: Workspace, contexts: Contexts, wanted: Sequence[str]) -> Side:
    def bases(target: Target, platform: str | None) -> Mapping[str, BaseImage]:
        source = target.recipe.source
        if workspace.lock is None or source is None or not target.variant.flag("pin", True):
            return {}
        variant = target.variant
        found = locked_bases(
            source,
            workspace.lock,
            build_args=variant.mapping("args"),
            platform=platform,
            contexts=variant.mapping("contexts"),
        )
        return {name: facts.image for name, facts in found.items()}

    return Chains(workspace.plan, ContextFiles(contexts), bases).side(wanted)
