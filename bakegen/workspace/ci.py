"""Which branch is this? Flags first, then the CI's variables, then git; whatever stays unknown is said to be.

`bakegen.workspace.ci_providers` turns the variables of each provider into `Seen`; `detect` settles the rest the same
way for all: a tag is no branch, a pull request whose origin is unknown is not trusted, a guess is never made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.definition.events import BuildEvent
from bakegen.diagnostics import did_you_mean, error, printable
from bakegen.errors import InputError
from bakegen.plan.branch import BranchState
from bakegen.workspace.ci_providers import PROVIDERS, Seen, Variables, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.workspace.git import GitFacts

EVENT_VARIABLE = "BAKEGEN_EVENT"
"""The environment variable that says what started the build, where a provider tells nothing."""

_BUILT_IN_DEFAULT = "master"
_MERGE_QUEUE = "gh-readonly-queue/"


@dataclass(frozen=True, slots=True)
class BranchFlags:
    """What the command line said; None where it said nothing.

    `trust_tags` means that the build of a git tag is trusted as a push is: whoever may push a tag may push the images
    that `branch-tags` names.
    """

    branch: str | None = None
    base: str | None = None
    default_branch: str | None = None
    trusted: bool | None = None
    event: str | None = None
    trust_tags: bool = False


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

    Raises:
        InputError: ``BAKEGEN_EVENT`` is no event.
    """
    flags = flags or BranchFlags()
    provider, seen = _ask(Variables(environ))
    reasons: list[str] = []
    local = provider == "git"
    if local:
        reasons.append("no CI was recognised")
        provider = "git" if git is not None and git.root is not None else "none"
    else:
        reasons.append(f"{provider}: recognised by its variables")
    if local or provider == "unknown CI":
        seen = replace(seen, branch=plain(git.branch) if git is not None else None)
        reasons += _about_git(git)
    reasons += seen.notes
    default = _default(flags, default_branch, seen, git, reasons)
    trusted, fork = _trust(seen, local, flags.trust_tags, reasons)
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
    if state.slug is None and state.trusted and not (state.is_tag and flags.trust_tags):
        state = replace(state, trusted=False)
        reasons.append("the branch is unknown: caches are read only all the same")
    event, why = _event(flags, environ, seen, state)
    reasons.append(f"event {str(event)!r}: {why}")
    return replace(state, event=event, reasons=tuple(printable(reason) for reason in reasons))


def _event(flags: BranchFlags, environ: Mapping[str, str], seen: Seen, state: BranchState) -> tuple[BuildEvent, str]:
    """What started the build, and why that is believed."""
    for text, source in ((flags.event, "--event"), (environ.get(EVENT_VARIABLE, "").strip(), EVENT_VARIABLE)):
        if text:
            return _named_event(text, source), source
    if state.pull_request is not None or (state.branch or "").startswith(_MERGE_QUEUE):
        what = "a pull request" if state.pull_request is not None else "a merge queue"
        return BuildEvent.PULL_REQUEST, what
    if seen.event is BuildEvent.NIGHTLY:
        return BuildEvent.NIGHTLY, "a schedule"
    if state.is_tag:
        return BuildEvent.RELEASE, "a tag"
    if seen.event is BuildEvent.MANUAL:
        return BuildEvent.MANUAL, "somebody asked for it"
    if state.is_default:
        return BuildEvent.DEFAULT_BRANCH, "the default branch"
    return BuildEvent.BRANCH, "a branch" if state.branch is not None else "nothing tells more"


def _named_event(text: str, source: str) -> BuildEvent:
    try:
        return BuildEvent(text)
    except ValueError:
        help = did_you_mean(text, [str(one) for one in BuildEvent]) or "one of " + ", ".join(BuildEvent)
        raise InputError([error("unknown-event", f"{source} cannot be {text!r}", help=help)]) from None


def _ask(variables: Variables) -> tuple[str, Seen]:
    for name, sign, reader in PROVIDERS:
        if variables.get(sign) is not None:
            return name, reader(variables)
    if (variables.get("CI") or "").lower() in ("true", "1", "yes"):
        return "unknown CI", Seen(doubt="the CI is none that bakegen knows; say --branch and --trusted")
    return "git", Seen()


def _about_git(git: GitFacts | None) -> list[str]:
    if git is not None and git.branch is not None:
        return [f"git: branch {plain(git.branch)!r} is checked out"]
    told = git.reasons if git is not None else ()
    return [*(f"git: {reason}" for reason in told), "git does not tell the branch; say --branch"]


def _default(flags: BranchFlags, setting: str | None, seen: Seen, git: GitFacts | None, reasons: list[str]) -> str:
    asked = plain(flags.default_branch)
    for name, source in ((asked, "--default-branch"), (plain(setting), "the project's setting")):
        if name is not None:
            reasons.append(f"default branch {name!r}: {source}")
            if seen.default is not None and seen.default != name:
                reasons.append(f"note: the CI says that the default branch is {seen.default!r}")
            return name
    remote = plain(git.default_branch) if git is not None else None
    for name, source in ((seen.default, "the CI's variables"), (remote, "git's remote HEAD")):
        if name is not None:
            reasons.append(f"default branch {name!r}: {source}")
            return name
    reasons.append(f"default branch {_BUILT_IN_DEFAULT!r}: nothing tells, so the built-in one")
    return _BUILT_IN_DEFAULT


def _trust(seen: Seen, local: bool, tags: bool, reasons: list[str]) -> tuple[bool, bool]:
    in_pull_request = seen.pull_request is not None
    fork = in_pull_request and seen.fork is not False
    if seen.tag is not None and not (tags and not in_pull_request and not seen.doubt):
        reasons.append(f"tag {seen.tag!r}: a tag is no branch; caches are read only")
        if tags and seen.doubt:
            reasons.append(f"not trusted: {seen.doubt}")
        return False, fork
    if seen.tag is not None:
        reasons.append(f"tag {seen.tag!r}: --trust-tags, so what branch-tags names is pushed; caches are read only")
        return True, fork
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
    branch = plain(flags.branch)
    if branch is not None:
        reasons.append(f"branch {branch!r}: --branch")
        state = replace(state, branch=branch, pull_request=None, is_tag=False)
    elif flags.branch is not None:
        reasons.append("--branch is empty and counts as not given")
    base = plain(flags.base)
    if base is not None:
        reasons.append(f"base {base!r}: --base")
        state = replace(state, base=base)
    if flags.trusted is not None:
        reasons.append("trusted: --trusted" if flags.trusted else "not trusted: --untrusted")
        state = replace(state, trusted=flags.trusted)
    return state
