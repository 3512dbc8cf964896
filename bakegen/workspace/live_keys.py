"""Which content keys are needed: those of the checkout, and those that each branch has or has just had."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bakegen.errors import InputError
from bakegen.plan.artifacts import artifact_references
from bakegen.plan.content import content_keys
from bakegen.plan.model import TargetKind
from bakegen.plan.names import split_reference
from bakegen.plan.refs import key_reference
from bakegen.workspace.commits import Past
from bakegen.workspace.context import Contexts
from bakegen.workspace.git import Git, GitProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bakegen.plan.content import ContentKey
    from bakegen.plan.model import Plan
    from bakegen.workspace.live_branches import LiveBranches
    from bakegen.workspace.project import Workspace

_FIRST_TIME = 100_000_000
"""In March 1973; git takes smaller numbers for something else than seconds."""


def live_keys(workspace: Workspace, branches: LiveBranches, grace: float) -> tuple[dict[str, str], str]:
    """The references of all content keys that are needed -> who needs them, and why that is not known, or "".

    A branch needs the keys of its newest commit and of every first parent of the last `grace` seconds, with the one
    before: a build of one of these may be under way. Where one of them cannot be worked out, nothing is known.
    """
    images = [name for name, target in workspace.plan.targets.items() if target.kind is TargetKind.IMAGE]
    contexts = Contexts(workspace.files)
    found: dict[str, str] = {}
    try:
        keys = content_keys(workspace.plan, contexts, images)
        artifacts = artifact_references(workspace.plan, workspace.plan.artifacts.values(), contexts)
    except InputError as problem:
        return {}, next((one.message for one in problem.diagnostics), "the files cannot be read")
    found |= dict.fromkeys(_references(workspace.plan, keys, artifacts.values()), "this checkout")
    without = sorted(branches.names - branches.commits.keys())
    if without:
        return {}, f"the commit of branch {without[0]} is not in the list of branches"
    with Past(workspace, None) as past:
        for branch, tip in sorted(branches.commits.items()):
            try:
                commits = _recent(Git(workspace.root), tip, grace)
            except GitProblem:
                return {}, f"the newest commit of branch {branch} is not in this clone (fetch all branches first)"
            for commit in commits:
                then = past.at(commit)
                if then.plan is None:
                    if then.problem == "there is no project":
                        continue
                    return {}, f"those of branch {branch} cannot be worked out: {then.problem}"
                if cut := next((one.unknown for one in then.keys.values() if "submodule" in one.unknown), ""):
                    return {}, f"those of branch {branch} cannot be worked out: {cut}"
                references = past.artifacts(commit)
                if references is None:
                    return {}, f"those of the artifacts of branch {branch} cannot be worked out"
                for reference in _references(then.plan, then.keys, references.values()):
                    found.setdefault(reference, f"branch {branch}")
    return found, ""


def _recent(git: Git, tip: str, grace: float) -> list[str]:
    """The newest commit of a branch, those of the last `grace` seconds, and the one before them."""
    git.run("rev-parse", "--quiet", "--verify", f"{tip}^{{commit}}")
    since = max(_FIRST_TIME, int(time.time() - grace))
    listed = git.run("rev-list", "--first-parent", f"--since={since}", tip, "--").decode("ascii").split()
    before = git.run("rev-list", "--first-parent", f"--until={since}", "--max-count=1", tip, "--").decode("ascii")
    return list(dict.fromkeys([tip, *listed, *before.split()]))


def _references(plan: Plan, keys: Mapping[str, ContentKey], artifacts: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, one in keys.items():
        repository = plan.targets[name].repository
        if one.key is not None and repository is not None:
            yield key_reference(repository, one.key)
    yield from (reference for _, reference in artifacts)


def by_repository(references: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """References of keys with who needs them, as repository -> tag -> who."""
    found: dict[str, dict[str, str]] = {}
    for reference, who in references.items():
        repository, tag, _ = split_reference(reference)
        found.setdefault(repository, {})[tag or "latest"] = who
    return found
