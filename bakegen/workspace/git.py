"""The one place that talks to git: which branch and commit this is, and which blob each tracked file is.

Everything that cannot be learned is an explicit unknown with a reason, never a guess and never a crash.
`workspace.ci` puts the facts beside what the CI says; `workspace.context` uses the blobs.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.workspace.gitindex import Blob, Listing, read_listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from git import Git as Command

__all__ = ["Blob", "Git", "GitFacts", "GitProblem", "Listing", "git_facts", "neutral_command", "tracked_files"]

_TIMEOUT = 120
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
_SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.trustctime=true", "-c", "core.checkStat=default")
"""Git is to look at the files itself, and closely: a change that it overlooks would be a wrong content key."""

_LEADING_ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
)
"""Variables that a git hook sets: they are about the repository of the hook, not about the folder we look at."""


class GitProblem(Exception):
    """Git could not answer; the message is the reason, fit to be shown."""


@dataclass(frozen=True, slots=True)
class GitFacts:
    """What git knows about a folder; None is "unknown", and `reasons` says why.

    Attributes:
        root: the work tree's top folder.
        branch: the checked-out branch, also one without commits; None when HEAD is detached.
        revision: the full id of the checked-out commit.
        default_branch: the branch that ``origin/HEAD`` points to.
        shallow: whether history is cut off.
        worktree: whether this is a linked work tree (``git worktree add``).
        dirty: whether tracked files differ from the commit, or untracked ones exist; None unless asked for.
        remotes: name -> URL, without user names and passwords.
        reasons: one sentence for each fact that is unknown.
    """

    root: str | None = None
    branch: str | None = None
    revision: str | None = None
    default_branch: str | None = None
    shallow: bool | None = None
    worktree: bool = False
    dirty: bool | None = None
    remotes: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


class Git:
    """Runs git in one folder, through GitPython's command interface; `settings` are ``name=value`` for its ``-c``."""

    def __init__(self, folder: Path, settings: Sequence[str] = ()) -> None:
        self.folder = folder
        self._settings = (*_SETTINGS, *(part for setting in settings for part in ("-c", setting)))

    def run(self, *arguments: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """What ``git <arguments>`` prints, as bytes.

        Raises:
            GitProblem: there is no git, no repository, or git failed with a code not in `ok`.
        """
        status, out, problem = self._execute(arguments, stdin)
        if status in ok:
            return out
        raise GitProblem(_reason(problem, arguments))

    def _execute(self, arguments: Sequence[str], stdin: bytes | None) -> tuple[int, bytes, str]:
        if not self.folder.is_dir():
            raise GitProblem(f"{self.folder} is not a folder")
        try:
            from git import Git as Command
            from git.exc import GitCommandError, GitCommandNotFound
        except ImportError as missing:  # GitPython refuses to be imported where there is no git
            raise GitProblem("git is not installed, or not on PATH") from missing
        try:
            with _neutral_environment(), tempfile.TemporaryFile() as source:
                if stdin is not None:
                    source.write(stdin)
                    source.seek(0)
                status, out, problem = Command(str(self.folder)).execute(
                    ["git", *self._settings, *arguments],
                    istream=source,
                    with_extended_output=True,
                    with_exceptions=False,
                    stdout_as_string=False,
                    strip_newline_in_stdout=False,
                    kill_after_timeout=_TIMEOUT if os.name != "nt" else None,
                    env=_ENVIRONMENT,
                )
        except GitCommandNotFound as missing:
            raise GitProblem("git is not installed, or not on PATH") from missing
        except (GitCommandError, OSError) as failed:
            raise GitProblem(f"git could not be run: {failed}") from failed
        return status, _to_bytes(out), _to_bytes(problem).decode("utf-8", "replace")

    def line(self, *arguments: str, ok: Sequence[int] = (0,)) -> str:
        """The first line that git prints, without its end; undecodable bytes become surrogates."""
        return self.run(*arguments, ok=ok).decode("utf-8", "surrogateescape").partition("\n")[0]


def neutral_command(folder: Path) -> Command:
    """Git's commands in a folder, for what talks to one process for long; see `Git` for everything else.

    Raises:
        GitProblem: there is no git.
    """
    try:
        from git import Git as GitCommand
    except ImportError as missing:
        raise GitProblem("git is not installed, or not on PATH") from missing
    command = GitCommand(str(folder))
    command.update_environment(**_ENVIRONMENT, GIT_DIR=Git(folder).line("rev-parse", "--absolute-git-dir"))
    return command


def _to_bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


@contextmanager
def _neutral_environment() -> Iterator[None]:
    saved = {name: os.environ.pop(name) for name in _LEADING_ELSEWHERE if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(saved)


def _reason(problem: str, arguments: Sequence[str]) -> str:
    text = problem.strip()
    if "dubious ownership" in text:
        return (
            "git does not trust this repository, because another user owns it: run "
            "`git config --global --add safe.directory <path>`"
        )
    if "not a git repository" in text:
        return "this is not a git repository"
    if "must be run in a work tree" in text:
        return "this is a bare git repository, without files"
    first = next((line for line in text.splitlines() if line.strip()), "no message")
    return f"`git {arguments[0]}` failed: {without_user(first)}"


_URL_USER = re.compile(r"(?<=://)[^/@\s]*(?:@[^/@\s]*)*@(?=[^/\s])")
_SCP_USER = re.compile(r"^[^/@:\s]+@(?=[^/:\s]+:)")


def without_user(text: str) -> str:
    """The text without user names and passwords in its URLs (``https://user:token@host``, ``git@host:path``)."""
    return _SCP_USER.sub("", _URL_USER.sub("", text))


def git_facts(folder: Path, *, status: bool = False) -> GitFacts:
    """What git knows about `folder`; `status` asks for `dirty` too, which reads the whole work tree."""
    git = Git(folder)
    reasons: list[str] = []
    try:
        answer = git.run("rev-parse", "--is-bare-repository", "--is-shallow-repository", "--absolute-git-dir")
        bare, shallow, git_dir = answer.decode("utf-8", "surrogateescape").split("\n")[:3]
        common = git.line("rev-parse", "--git-common-dir")
    except GitProblem as problem:
        return GitFacts(reasons=(str(problem),))
    root = None
    if bare == "true":
        reasons.append("this is a bare git repository, without files")
    else:
        root = _ask(git, reasons, "the top folder", "rev-parse", "--show-toplevel")
    branch, revision = _head(git, reasons)
    default = git.line("symbolic-ref", "-q", "refs/remotes/origin/HEAD", ok=(0, 1, 128))
    dirty = None
    if status and root is not None:
        try:
            dirty = bool(git.run("status", "--porcelain", "-z", "--untracked-files=normal"))
        except GitProblem as problem:
            reasons.append(f"whether files are changed is unknown: {problem}")
    if not default.startswith("refs/remotes/origin/"):
        reasons.append(
            "the default branch is unknown: there is no origin/HEAD (`git remote set-head origin -a` sets it)"
        )
    return GitFacts(
        root=root,
        branch=branch,
        revision=revision,
        default_branch=default.removeprefix("refs/remotes/origin/") or None,
        shallow=shallow == "true",
        worktree=(folder / common).resolve() != Path(git_dir).resolve(),
        dirty=dirty,
        remotes=_remotes(git),
        reasons=tuple(reasons),
    )


def _ask(git: Git, reasons: list[str], what: str, *arguments: str) -> str | None:
    try:
        return git.line(*arguments) or None
    except GitProblem as problem:
        reasons.append(f"{what} is unknown: {problem}")
        return None


def _head(git: Git, reasons: list[str]) -> tuple[str | None, str | None]:
    branch: str | None = None
    try:
        ref = git.line("symbolic-ref", "-q", "HEAD", ok=(0, 1))
        if ref.startswith("refs/heads/"):
            branch = ref.removeprefix("refs/heads/")
        else:
            reasons.append("the branch is unknown: HEAD is detached")
        revision = git.line("rev-parse", "-q", "--verify", "HEAD^{commit}", ok=(0, 1, 128)) or None
    except GitProblem as problem:
        reasons.append(f"the branch is unknown: {problem}")
        return None, None
    if revision is None:
        reasons.append("the revision is unknown: there is no commit yet")
    return branch, revision


def _remotes(git: Git) -> dict[str, str]:
    try:
        listed = git.run("config", "-z", "--get-regexp", r"^remote\..*\.url$", ok=(0, 1))
    except GitProblem:
        return {}
    remotes: dict[str, str] = {}
    for item in listed.decode("utf-8", "surrogateescape").split("\0"):
        key, found, url = item.partition("\n")
        if found:
            remotes[key.removeprefix("remote.").removesuffix(".url")] = without_user(url)
    return dict(sorted(remotes.items()))


def tracked_files(folder: Path) -> Listing:
    """The files below `folder` whose bytes are surely those of a blob that git's index names."""
    try:
        return read_listing(Git(folder).run)
    except GitProblem as problem:
        return Listing(reason=str(problem))
