"""Rule CA340: a RUN that clones whatever a branch is at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.cache._moving import tracks
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_PINS = frozenset(("checkout", "reset", "switch", "fetch", "pull", "cherry-pick", "merge", "am", "worktree", "archive"))
_VALUED = ("-b", "--branch", "--depth", "-c", "--config", "-o", "--origin", "-j", "--jobs", "--reference", "--filter",
           "--separate-git-dir", "--template", "--shallow-since", "-C", "--recurse-submodules")  # fmt: skip
_VERSION = re.compile(r"\d")
_REMOTE = re.compile(r"(?:https?|git|ssh)://|[\w.-]+@[\w.-]+:")


def _branch(call: ShellCall) -> str | None:
    """The branch or tag that a clone names, "" for the default branch, None where it cannot be told."""
    words = call.texts
    for number, text in enumerate(words):
        if text in ("-b", "--branch", "--revision") and number + 1 < len(words):
            return words[number + 1]
        for option in ("--branch=", "--revision="):
            if text.startswith(option):
                return text.removeprefix(option)
        if text.startswith("-b") and len(text) > 2:
            return text[2:]
    return ""


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    pinned = {script.stage for script in subject.scripts for call in script.calls if _pins(call)}
    stages = {script.run: script.stage for script in subject.scripts}
    for call in subject.calls("git"):
        if call.sub != "clone" or stages[call.run] in pinned or tracks(subject.stages[stages[call.run]]):
            continue
        operands = call.operands(*_VALUED)[1:]
        if not operands or not _REMOTE.match(operands[0].text):
            continue
        branch = _branch(call)
        if branch is None or "$" in branch or _VERSION.search(branch):
            continue
        what = f"the branch {branch}" if branch else "the default branch"
        yield Finding(
            call.span,
            f"the cache keeps the commit that {what} was at when this RUN ran first",
            "ADD the repository with its commit (ADD --checksum=COMMIT URL#TAG DIRECTORY), or check out a fixed one",
        )


def _pins(call: ShellCall) -> bool:
    return call.name == "git" and bool(_PINS & set(call.texts))


RULE = Rule(
    code="CA340",
    name="git-clone-of-branch",
    summary="Clone a fixed commit or tag",
    why="What a RUN downloads is not part of its cache key. A clone of a branch runs once; after that the cache brings "
    "back the commit of that day, on each builder another one, until something above it changes: then the newest comes "
    "unasked. Two builds of the same sources differ, and nobody sees why.\n\n"
    "`ADD https://….git#v1.2 /src` lets BuildKit fetch: the commit is the cache key, and with `--checksum` it is "
    "fixed. Otherwise check out a tag or commit in the same RUN. Nothing is said where a branch has a number in its "
    "name, or where a RUN of the stage checks out, resets or fetches.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "The default branch",
            "FROM debian\nRUN ⟦git clone --depth 1 https://github.com/a/b.git /src⟧ && make -C /src\n",
        ),
        Example("A branch", "FROM debian\nRUN ⟦git clone -b master https://github.com/a/b.git /src⟧\n"),
        Example("A tag", "FROM debian\nRUN git clone -b v1.2 https://github.com/a/b.git /src\n"),
        Example("Given from outside", "FROM debian\nARG REF\nRUN git clone -b $REF https://github.com/a/b.git /src\n"),
        Example(
            "Checked out behind it",
            "FROM debian\nRUN git clone https://github.com/a/b.git /src && cd /src && git checkout 1a2b3c4\n",
        ),
        Example(
            "Runs again when the branch has moved",
            "FROM debian\nADD https://api.github.com/repos/a/b/commits/main /head\n"
            "RUN git clone https://github.com/a/b.git\n",
        ),
        Example("A directory of the image", "FROM debian\nRUN git clone /mirror/b /src\n"),
    ),
    words=("clone",),
    links=("https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository",),
)
