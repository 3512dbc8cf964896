"""Checks of the project and its repository: definitions, committed files, history, submodules, lock."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bakegen.workspace.doctor import mending
from bakegen.workspace.doctor.findings import Check, Finding, Result, Unseen
from bakegen.workspace.doctor.model import History

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.workspace.doctor.model import Facts

GROUP = "git"
_OLD_LOCK_DAYS = 30
_SHOWN = 3


def _definitions(facts: Facts) -> Iterator[Finding]:
    if facts.project is None:
        return
    if isinstance(facts.project, Unseen):
        yield Finding(Result.FAILURE, facts.project.reason, "bakegen render    # shows every error")
    else:
        yield Finding(Result.OK, f"{facts.project.count} images")


def _rendered(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    if plan is None:
        return
    if not plan.stale:
        yield Finding(Result.OK, "committed files are up to date")
        return
    more = f" and {len(plan.stale) - _SHOWN} more" if len(plan.stale) > _SHOWN else ""
    # Of many files the folders that they are in say enough.
    names = plan.stale if not more else dict.fromkeys(path.partition("/")[0] for path in plan.stale)
    seen = f"out of date: {', '.join(plan.stale[:_SHOWN])}{more}"
    yield Finding(Result.WARNING, seen, f"bakegen render\ngit add -- {shlex.join(names)}")


def _repository(facts: Facts) -> Iterator[Finding]:
    history = facts.history
    if isinstance(history, Unseen):
        yield Finding(Result.UNKNOWN, history.reason)
    elif isinstance(history, History):
        if history.facts.revision is not None:
            yield Finding(Result.OK, history.facts.branch or f"commit {history.facts.revision[:12]}")
            return
        reason = next(iter(history.facts.reasons), "it does not tell why")
        if facts.project is None and "not a git repository" in reason:
            return
        if "safe.directory" in reason:
            fix = 'git config --global --add safe.directory "$PWD"'
        elif "not installed" in reason:
            fix = "sudo apt-get install git"
        else:
            fix = "git init && git add -A && git commit -m 'First commit'"
        yield Finding(Result.WARNING if facts.plan is not None else Result.NOTE, reason, fix)


def _depth(facts: Facts) -> Iterator[Finding]:
    history, plan = facts.history, facts.plan
    if not isinstance(history, History) or plan is None or history.facts.revision is None:
        return
    provider = facts.machine.provider
    if history.facts.shallow:
        lost = "merge base not found" if not history.commits else f"{history.commits} of {history.wanted} commits"
        yield Finding(Result.WARNING, f"a shallow clone: {lost}", mending.more_history(provider))
    elif "names the branch" in history.problem:
        fix = f"{mending.fetch_branch(history.default)}    # or set `default-branch` in bakegen.yaml"
        yield Finding(Result.WARNING, history.problem, fix)
    elif history.problem:
        yield Finding(Result.NOTE, history.problem)
    else:
        yield Finding(Result.OK, f"the merge base with {history.default} is there")
    if history.partial:
        yield Finding(
            Result.NOTE, "a partial clone: files of earlier commits are not all there",
            "git fetch --refetch --no-filter origin", "partial", "explain and replay fetch nothing by themselves",
        )  # fmt: skip


def _default(facts: Facts) -> Iterator[Finding]:
    history, plan = facts.history, facts.plan
    if not isinstance(history, History) or plan is None or not history.facts.revision:
        return
    told = history.facts.default_branch
    if told is not None and told != history.default:
        seen = f"git says {told!r}, the project or its CI {history.default!r}"
        yield Finding(Result.WARNING, seen, f"set `default-branch: {told}` in bakegen.yaml")
    elif told is None and history.facts.remotes:
        seen = f"git does not tell; {history.default!r} is taken"
        yield Finding(Result.NOTE, seen, "git remote set-head origin --auto")
    else:
        yield Finding(Result.OK, history.default)


def _modules(facts: Facts) -> Iterator[Finding]:
    history, plan = facts.history, facts.plan
    if not isinstance(history, History) or plan is None:
        return
    needed = [one for one in history.modules if any(_meet(one, context) for context in plan.contexts)]
    if needed:
        fix = "git submodule update --init --recursive"
        if facts.machine.provider == mending.GITHUB:
            fix = "- uses: actions/checkout@v4\n  with:\n    submodules: recursive"
        elif facts.machine.provider == mending.GITLAB:
            fix = "variables:\n  GIT_SUBMODULE_STRATEGY: recursive"
        yield Finding(Result.FAILURE, f"not checked out, and in the context of a build: {', '.join(needed)}", fix)
    elif history.modules:
        yield Finding(Result.OK, "those that are not checked out are in no context")


def _meet(module: str, context: str) -> bool:
    one, other = f"{module.strip('/')}/", "" if context in (".", "") else f"{context.strip('/')}/"
    return one.startswith(other) or other.startswith(one)


def _override(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.history, History) and facts.history.tracked:
        names = " ".join(facts.history.tracked)
        fix = f"git rm --cached {names}\necho 'docker-bake.override.*' >> .gitignore"
        yield Finding(Result.WARNING, f"git tracks {names}", fix)


def _lock(facts: Facts) -> Iterator[Finding]:
    plan = facts.plan
    if plan is None or plan.lock_time is None:
        return
    days = int((facts.machine.now - plan.lock_time) // 86400)
    if days > _OLD_LOCK_DAYS:
        yield Finding(Result.NOTE, f"bakegen.lock was committed {days} days ago", "bakegen lock --update")
    else:
        yield Finding(Result.OK, f"bakegen.lock was committed {max(days, 0)} days ago")


CHECKS = (
    Check(
        "git-definitions", GROUP, "whether the project's definitions can be read", "nothing can be rendered without",
        _definitions,
    ),
    Check(
        "git-rendered", GROUP, "whether committed files are what `bakegen render` writes",
        "`docker buildx bake` builds what is committed", _rendered,
    ),
    Check(
        "git-repository", GROUP, "whether git is there, and trusts the repository (`safe.directory`)",
        "branch, changes and earlier commits are git's to tell", _repository,
    ),
    Check(
        "git-history", GROUP, "whether history reaches the merge base with the default branch; partial clones",
        "`explain`, `build --plan` and caches of earlier commits compare with it", _depth,
    ),
    Check(
        "git-default", GROUP, "whether git and the project mean the same default branch",
        "all branches read its caches", _default,
    ),
    Check(
        "git-submodules", GROUP, "submodules that are not checked out and that contexts need",
        "an image would be built without their files", _modules,
    ),
    Check(
        "git-override", GROUP, "whether git tracks `docker-bake.override.*`",
        "bake lays it over the bake file, on every branch", _override,
    ),
    Check("git-lock", GROUP, "the age of the lock file", "base images get security fixes", _lock),
)  # fmt: skip
