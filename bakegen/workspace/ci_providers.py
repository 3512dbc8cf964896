"""What each provider's variables say about a build: one reader each, and nothing is guessed.

`bakegen.workspace.ci` settles the rest the same way for all. Sources: each provider's page of predefined variables.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.definition.events import BuildEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVENT_LIMIT = 32 * 1024 * 1024
"""The largest event file that is read; GitHub's own limit for a payload is 25 MB."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one provider's variables say. `fork` is None where nothing tells; `doubt` is a reason for mistrust.

    `event` is what they say of it beyond pull request, tag and branch, None where that is all.
    """

    branch: str | None = None
    base: str | None = None
    default: str | None = None
    pull_request: str | None = None
    tag: str | None = None
    fork: bool | None = None
    doubt: str = ""
    notes: tuple[str, ...] = ()
    event: BuildEvent | None = None


class Variables:
    """Environment variables by name; empty ones and unexpanded Azure macros count as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, *names: str) -> str | None:
        """The first of these that is set."""
        for name in names:
            value = self._environ.get(name, "").strip()
            if value and not value.startswith("$("):
                return value
        return None

    def branch(self, *names: str) -> str | None:
        """The first of these that is set, as a branch's plain name."""
        return plain(self.get(*names))


def plain(ref: str | None) -> str | None:
    """The name of a branch without ``refs/heads/``; None where nothing is left."""
    return ref.removeprefix("refs/heads/") or None if ref is not None else None


def _github(variables: Variables) -> Seen:
    event, doubt = _github_event(variables.get("GITHUB_EVENT_PATH"))
    name = variables.get("GITHUB_EVENT_NAME") or ""
    default = _text(event, "repository", "default_branch")
    in_branch = variables.get("GITHUB_REF_TYPE") == "branch"
    ref = plain(variables.get("GITHUB_REF_NAME"))
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
    if not doubt and name not in (*_GITHUB_PUSHES, "merge_group"):
        doubt = f"a {name or 'nameless'} event may build anything, whatever the branch is called"
    if variables.get("GITHUB_REF_TYPE") == "tag":
        return Seen(tag=ref or "?", default=default, doubt=doubt)
    branch = ref if in_branch else None
    if name == "merge_group":
        base = plain(_text(event, "merge_group", "base_ref"))
        return Seen(branch=branch, base=base, default=default, doubt=doubt, notes=("a merge queue's own branch",))
    return Seen(branch=branch, default=default, doubt=doubt, event=_GITHUB_EVENTS.get(name))


# Events whose commit is one of the repository's own. workflow_run, issue_comment and others run in the name
# of the default branch, and their workflows often check out a pull request.
_GITHUB_PUSHES = ("push", "schedule", "workflow_dispatch", "repository_dispatch", "create", "release")
_GITHUB_EVENTS = {
    "schedule": BuildEvent.NIGHTLY,
    "workflow_dispatch": BuildEvent.MANUAL,
    "repository_dispatch": BuildEvent.MANUAL,
}


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


def _gitlab(variables: Variables) -> Seen:
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
    return Seen(
        branch=variables.branch("CI_COMMIT_BRANCH"),
        default=default,
        tag=variables.get("CI_COMMIT_TAG"),
        event=_GITLAB_SOURCES.get(variables.get("CI_PIPELINE_SOURCE") or ""),
    )


_GITLAB_SOURCES = {
    "schedule": BuildEvent.NIGHTLY,
    "web": BuildEvent.MANUAL,
    "api": BuildEvent.MANUAL,
    "trigger": BuildEvent.MANUAL,
    "chat": BuildEvent.MANUAL,
}


def _jenkins(variables: Variables) -> Seen:
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
    # BUILD_CAUSE is there with the plug-in EnvInject alone; `bakegen ci jenkins` sets BAKEGEN_EVENT itself.
    causes = (variables.get("BUILD_CAUSE") or "").split(",")
    event = next((found for cause, found in _JENKINS_CAUSES.items() if cause in causes), None)
    return Seen(branch=branch, default=branch if primary else None, tag=tag, event=event)


_JENKINS_CAUSES = {"TIMERTRIGGER": BuildEvent.NIGHTLY, "MANUALTRIGGER": BuildEvent.MANUAL}


def _circleci(variables: Variables) -> Seen:
    branch = variables.branch("CIRCLE_BRANCH")
    url = variables.get("CIRCLE_PULL_REQUEST")
    number = variables.get("CIRCLE_PR_NUMBER") or (url.rstrip("/").rpartition("/")[2] if url else None)
    of_fork = re.fullmatch(r"pull/([0-9]+)(?:/.*)?", branch or "")
    if number is None and of_fork:
        # A fork's pull request builds a branch of this name; a branch of ours may have it too.
        return Seen(pull_request=of_fork[1])
    fork = variables.get("CIRCLE_PR_REPONAME") is not None or of_fork is not None
    return Seen(branch=branch, pull_request=number, fork=fork, tag=variables.get("CIRCLE_TAG"))


def _buildkite(variables: Variables) -> Seen:
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
    return Seen(
        branch=variables.branch("BUILDKITE_BRANCH"),
        default=default,
        tag=variables.get("BUILDKITE_TAG"),
        event=_BUILDKITE_SOURCES.get(variables.get("BUILDKITE_SOURCE") or ""),
    )


_BUILDKITE_SOURCES = {"schedule": BuildEvent.NIGHTLY, "ui": BuildEvent.MANUAL, "api": BuildEvent.MANUAL}


def _same_place(url: str) -> str:
    """Host and path of a clone URL: ``git@host:a/b.git`` and ``https://host/a/b`` are the same."""
    match = re.fullmatch(r"(?:[a-z+]+://)?(?:[^@/]*@)?([^/:]+)(?::[0-9]+(?=/))?[:/]+(.*?)(?:\.git)?/*", url, re.I)
    return f"{match[1]}/{match[2]}".lower() if match else url


def _azure(variables: Variables) -> Seen:
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
    event = _AZURE_REASONS.get(variables.get("BUILD_REASON") or "")
    if source.startswith("refs/tags/"):
        return Seen(tag=source.removeprefix("refs/tags/"), event=event)
    return Seen(branch=plain(source) if source.startswith("refs/heads/") else None, event=event)


_AZURE_REASONS = {"Schedule": BuildEvent.NIGHTLY, "Manual": BuildEvent.MANUAL}


def _bitbucket(variables: Variables) -> Seen:
    return Seen(
        branch=variables.branch("BITBUCKET_BRANCH"),
        base=variables.branch("BITBUCKET_PR_DESTINATION_BRANCH"),
        pull_request=variables.get("BITBUCKET_PR_ID"),
        tag=variables.get("BITBUCKET_TAG"),
    )


PROVIDERS: tuple[tuple[str, str, Callable[[Variables], Seen]], ...] = (
    ("GitHub Actions", "GITHUB_ACTIONS", _github),
    ("GitLab CI", "GITLAB_CI", _gitlab),
    ("Jenkins", "JENKINS_URL", _jenkins),
    ("CircleCI", "CIRCLECI", _circleci),
    ("Buildkite", "BUILDKITE", _buildkite),
    ("Azure Pipelines", "BUILD_BUILDURI", _azure),
    ("Bitbucket Pipelines", "BITBUCKET_BUILD_NUMBER", _bitbucket),
)
"""Name, the variable that only this provider sets, and the reader; the first one that fits counts."""
