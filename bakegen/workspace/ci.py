"""Which branch is this? Flags first, then the CI's variables, then git; whatever stays unknown is said to be.

Each provider has one reader here that turns its variables into `Seen`; `detect` settles the rest the same way
for all: a tag is no branch, a pull request whose origin is unknown is not trusted, a guess is never made.
Sources: each provider's page of predefined variables.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import printable
from bakegen.plan.branch import BranchState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.workspace.git import GitFacts

EVENT_LIMIT = 32 * 1024 * 1024
"""The largest event file that is read; GitHub's own limit for a payload is 25 MB."""

_BUILT_IN_DEFAULT = "master"


@dataclass(frozen=True, slots=True)
class BranchFlags:
    """What the command line said; None where it said nothing."""

    branch: str | None = None
    base: str | None = None
    default_branch: str | None = None
    trusted: bool | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one provider's variables say. `fork` is None where nothing tells; `doubt` is a reason for mistrust."""

    branch: str | None = None
    base: str | None = None
    default: str | None = None
    pull_request: str | None = None
    tag: str | None = None
    fork: bool | None = None
    doubt: str = ""
    notes: tuple[str, ...] = ()


class _Variables:
    """Environment variables by name; empty ones and unexpanded Azure macros count as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, *names: str) -> str | None:
        for name in names:
            value = self._environ.get(name, "").strip()
            if value and not value.startswith("$("):
                return value
        return None

    def branch(self, *names: str) -> str | None:
        return _plain(self.get(*names))


def _plain(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") or None if ref is not None else None


def detect(
    environ: Mapping[str, str],
    flags: BranchFlags | None = None,
    git: GitFacts | None = None,
    *,
    default_branch: str | None = None,
) -> BranchState:
    """The state of the branch, with the reason of every decision.

    `default_branch` is the project's setting where it is written down; it wins over what CI and git say,
    because the committed bake file names the same branch. The only file read is the event that
    ``GITHUB_EVENT_PATH`` points at.
    """
    flags = flags or BranchFlags()
    provider, seen = _ask(_Variables(environ))
    reasons: list[str] = []
    local = provider == "git"
    if local:
        reasons.append("no CI was recognised")
        provider = "git" if git is not None and git.root is not None else "none"
    else:
        reasons.append(f"{provider}: recognised by its variables")
    if local or provider == "unknown CI":
        seen = replace(seen, branch=_plain(git.branch) if git is not None else None)
        reasons += _about_git(git)
    reasons += seen.notes
    default = _default(flags, default_branch, seen, git, reasons)
    trusted, fork = _trust(seen, local, reasons)
    state = BranchState(
        branch=None if seen.tag is not None else seen.branch,
        base=seen.base,
        default=default,
        pull_request=seen.pull_request,
        is_tag=seen.tag is not None,
        trusted=trusted,
        provider=provider,
        fork=fork,
        local=local,
    )
    state = _apply(flags, state, reasons)
    if state.slug is None and state.trusted:
        state = replace(state, trusted=False)
        reasons.append("the branch is unknown: caches are read only all the same")
    return replace(state, reasons=tuple(printable(reason) for reason in reasons))


def _ask(variables: _Variables) -> tuple[str, Seen]:
    for name, sign, reader in _PROVIDERS:
        if variables.get(sign) is not None:
            return name, reader(variables)
    if (variables.get("CI") or "").lower() in ("true", "1", "yes"):
        return "unknown CI", Seen(doubt="the CI is none that bakegen knows; say --branch and --trusted")
    return "git", Seen()


def _about_git(git: GitFacts | None) -> list[str]:
    if git is not None and git.branch is not None:
        return [f"git: branch {_plain(git.branch)!r} is checked out"]
    told = git.reasons if git is not None else ()
    return [*(f"git: {reason}" for reason in told), "git does not tell the branch; say --branch"]


def _default(flags: BranchFlags, setting: str | None, seen: Seen, git: GitFacts | None, reasons: list[str]) -> str:
    asked = _plain(flags.default_branch)
    for name, source in ((asked, "--default-branch"), (_plain(setting), "the project's setting")):
        if name is not None:
            reasons.append(f"default branch {name!r}: {source}")
            if seen.default is not None and seen.default != name:
                reasons.append(f"note: the CI says that the default branch is {seen.default!r}")
            return name
    remote = _plain(git.default_branch) if git is not None else None
    for name, source in ((seen.default, "the CI's variables"), (remote, "git's remote HEAD")):
        if name is not None:
            reasons.append(f"default branch {name!r}: {source}")
            return name
    reasons.append(f"default branch {_BUILT_IN_DEFAULT!r}: nothing tells, so the built-in one")
    return _BUILT_IN_DEFAULT


def _trust(seen: Seen, local: bool, reasons: list[str]) -> tuple[bool, bool]:
    in_pull_request = seen.pull_request is not None
    fork = in_pull_request and seen.fork is not False
    if seen.tag is not None:
        reasons.append(f"tag {seen.tag!r}: a tag is no branch; caches are read only")
        return False, fork
    if in_pull_request:
        of = f"pull request {seen.pull_request}"
        if seen.fork is None:
            reasons.append(f"{of}: nothing tells whether it comes from a fork, so it is not trusted")
        elif seen.fork:
            reasons.append(f"{of}: comes from a fork, so it is not trusted")
        else:
            reasons.append(f"{of}: comes from this repository")
    if seen.branch is not None:
        reasons.append(f"branch {seen.branch!r}")
    if seen.base is not None:
        reasons.append(f"base {seen.base!r}")
    if seen.doubt:
        reasons.append(f"not trusted: {seen.doubt}")
    if local:
        reasons.append("not trusted: a build outside CI reads shared caches and writes none")
        return False, fork
    trusted = not fork and not seen.doubt
    if trusted and seen.branch is None and not in_pull_request:
        reasons.append("the branch is unknown: caches are read only")
        return False, fork
    if trusted:
        reasons.append("trusted: the commit is in this repository")
    return trusted, fork


def _apply(flags: BranchFlags, state: BranchState, reasons: list[str]) -> BranchState:
    branch = _plain(flags.branch)
    if branch is not None:
        reasons.append(f"branch {branch!r}: --branch")
        state = replace(state, branch=branch, pull_request=None, is_tag=False)
    elif flags.branch is not None:
        reasons.append("--branch is empty and counts as not given")
    base = _plain(flags.base)
    if base is not None:
        reasons.append(f"base {base!r}: --base")
        state = replace(state, base=base)
    if flags.trusted is not None:
        reasons.append("trusted: --trusted" if flags.trusted else "not trusted: --untrusted")
        state = replace(state, trusted=flags.trusted)
    return state


def _github(variables: _Variables) -> Seen:
    event, doubt = _github_event(variables.get("GITHUB_EVENT_PATH"))
    name = variables.get("GITHUB_EVENT_NAME") or ""
    default = _text(event, "repository", "default_branch")
    in_branch = variables.get("GITHUB_REF_TYPE") == "branch"
    ref = _plain(variables.get("GITHUB_REF_NAME"))
    if name in ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"):
        head = _text(event, "pull_request", "head", "repo", "full_name")
        ours = variables.get("GITHUB_REPOSITORY")
        fork = None if doubt or head is None or ours is None else head.lower() != ours.lower()
        number = _text(event, "pull_request", "number") or _number_of(variables.get("GITHUB_REF"))
        return Seen(
            branch=variables.branch("GITHUB_HEAD_REF"),
            base=variables.branch("GITHUB_BASE_REF"),
            default=default,
            pull_request=number or "unknown",
            fork=fork,
            doubt=doubt,
        )
    if variables.get("GITHUB_REF_TYPE") == "tag":
        return Seen(tag=ref or "?", default=default)
    branch = ref if in_branch else None
    if name == "merge_group":
        base = _plain(_text(event, "merge_group", "base_ref"))
        return Seen(branch=branch, base=base, default=default, doubt=doubt, notes=("a merge queue's own branch",))
    if not doubt and name not in _GITHUB_PUSHES:
        doubt = f"a {name or 'nameless'} event may build anything, whatever the branch is called"
    return Seen(branch=branch, default=default, doubt=doubt)


# Events whose commit is one of the repository's own. workflow_run, issue_comment and others run in the name
# of the default branch, and their workflows often check out a pull request.
_GITHUB_PUSHES = ("push", "schedule", "workflow_dispatch", "repository_dispatch", "create", "release")


def _github_event(path: str | None) -> tuple[object, str]:
    if path is None:
        return None, "GITHUB_EVENT_PATH is not set"
    try:
        with Path(path).open("rb") as file:
            data = file.read(EVENT_LIMIT + 1)
        if len(data) > EVENT_LIMIT:
            return None, f"the event file is larger than {EVENT_LIMIT} bytes"
        event: object = json.loads(data)
    except OSError as reason:
        return None, f"the event file cannot be read: {reason.strerror or type(reason).__name__}"
    except (ValueError, RecursionError):
        return None, "the event file is not JSON"
    if not isinstance(event, dict):
        return None, "the event file is not a JSON object"
    return event, ""


def _text(value: object, *path: str) -> str | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _number_of(ref: str | None) -> str | None:
    match = re.fullmatch(r"refs/pull/([0-9]{1,20})/(?:merge|head)", ref or "")
    return match[1] if match else None


def _gitlab(variables: _Variables) -> Seen:
    default = variables.branch("CI_DEFAULT_BRANCH")
    number = variables.get("CI_MERGE_REQUEST_IID")
    if number is not None:
        source = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
        target = variables.get("CI_MERGE_REQUEST_PROJECT_ID")
        return Seen(
            branch=variables.branch("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
            base=variables.branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
            default=default,
            pull_request=number,
            fork=None if source is None or target is None else source != target,
        )
    number = variables.get("CI_EXTERNAL_PULL_REQUEST_IID")
    if number is not None:
        source = variables.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY")
        target = variables.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY")
        return Seen(
            branch=variables.branch("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"),
            base=variables.branch("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"),
            default=default,
            pull_request=number,
            fork=None if source is None or target is None else source != target,
        )
    return Seen(branch=variables.branch("CI_COMMIT_BRANCH"), default=default, tag=variables.get("CI_COMMIT_TAG"))


def _jenkins(variables: _Variables) -> Seen:
    number = variables.get("CHANGE_ID")
    if number is not None:
        return Seen(
            branch=variables.branch("CHANGE_BRANCH"),
            base=variables.branch("CHANGE_TARGET"),
            pull_request=number,
            fork=variables.get("CHANGE_FORK") is not None,
        )
    number = variables.get("ghprbPullId")
    if number is not None:
        return Seen(
            branch=variables.branch("ghprbSourceBranch"),
            base=variables.branch("ghprbTargetBranch"),
            pull_request=number,
        )
    tag = variables.get("TAG_NAME")
    branch = variables.branch("BRANCH_NAME")
    if branch is None:
        branch = (variables.branch("GIT_BRANCH") or "").removeprefix("origin/") or None
        branch = None if branch in ("detached", "HEAD") else branch
    primary = (variables.get("BRANCH_IS_PRIMARY") or "").lower() == "true"
    return Seen(branch=branch, default=branch if primary else None, tag=tag)


def _circleci(variables: _Variables) -> Seen:
    branch = variables.branch("CIRCLE_BRANCH")
    url = variables.get("CIRCLE_PULL_REQUEST")
    number = variables.get("CIRCLE_PR_NUMBER") or (url.rstrip("/").rpartition("/")[2] if url else None)
    of_fork = re.fullmatch(r"pull/([0-9]+)(?:/.*)?", branch or "")
    if number is None and of_fork:
        # A fork's pull request builds a branch of this name; a branch of ours may have it too.
        return Seen(pull_request=of_fork[1])
    fork = variables.get("CIRCLE_PR_REPONAME") is not None or of_fork is not None
    return Seen(branch=branch, pull_request=number, fork=fork, tag=variables.get("CIRCLE_TAG"))


def _buildkite(variables: _Variables) -> Seen:
    default = variables.branch("BUILDKITE_PIPELINE_DEFAULT_BRANCH")
    number = variables.get("BUILDKITE_PULL_REQUEST")
    if number is not None and number != "false":
        theirs, ours = variables.get("BUILDKITE_PULL_REQUEST_REPO"), variables.get("BUILDKITE_REPO")
        return Seen(
            branch=variables.branch("BUILDKITE_BRANCH"),
            base=variables.branch("BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
            default=default,
            pull_request=number,
            fork=None if theirs is None or ours is None else _same_place(theirs) != _same_place(ours),
        )
    return Seen(branch=variables.branch("BUILDKITE_BRANCH"), default=default, tag=variables.get("BUILDKITE_TAG"))


def _same_place(url: str) -> str:
    """Host and path of a clone URL: ``git@host:a/b.git`` and ``https://host/a/b`` are the same."""
    match = re.fullmatch(r"(?:[a-z+]+://)?(?:[^@/]*@)?([^/:]+)(?::[0-9]+(?=/))?[:/]+(.*?)(?:\.git)?/*", url, re.I)
    return f"{match[1]}/{match[2]}".lower() if match else url


def _azure(variables: _Variables) -> Seen:
    number = variables.get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID")
    source = variables.get("BUILD_SOURCEBRANCH") or ""
    if number is None:
        number = _number_of(source)
    if number is not None:
        fork = (variables.get("SYSTEM_PULLREQUEST_ISFORK") or "").lower()
        return Seen(
            branch=variables.branch("SYSTEM_PULLREQUEST_SOURCEBRANCH"),
            base=variables.branch("SYSTEM_PULLREQUEST_TARGETBRANCH"),
            pull_request=number,
            fork={"true": True, "false": False}.get(fork),
        )
    if source.startswith("refs/tags/"):
        return Seen(tag=source.removeprefix("refs/tags/"))
    return Seen(branch=_plain(source) if source.startswith("refs/heads/") else None)


def _bitbucket(variables: _Variables) -> Seen:
    return Seen(
        branch=variables.branch("BITBUCKET_BRANCH"),
        base=variables.branch("BITBUCKET_PR_DESTINATION_BRANCH"),
        pull_request=variables.get("BITBUCKET_PR_ID"),
        tag=variables.get("BITBUCKET_TAG"),
    )


_PROVIDERS: tuple[tuple[str, str, Callable[[_Variables], Seen]], ...] = (
    ("GitHub Actions", "GITHUB_ACTIONS", _github),
    ("GitLab CI", "GITLAB_CI", _gitlab),
    ("Jenkins", "JENKINS_URL", _jenkins),
    ("CircleCI", "CIRCLECI", _circleci),
    ("Buildkite", "BUILDKITE", _buildkite),
    ("Azure Pipelines", "BUILD_BUILDURI", _azure),
    ("Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER", _bitbucket),
)
