"""Rule CA339: an ADD of something on the net that may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Add
from bakegen.rules.cache._moving import is_commit, is_git, is_tracker, moving_part
from bakegen.rules.model import Example, Finding, Kind, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.dockerfiles import DockerfileSubject


def _git(url: str) -> tuple[str, str]:
    """Message and help for a repository; "" where it is pinned, or cannot be told."""
    place, _, fragment = url.partition("#")
    query = place.partition("?")[2]
    reference = fragment.partition(":")[0]
    if "checksum=" in query or "commit=" in query or "$" in fragment + query or is_commit(reference):
        return "", ""
    for key in ("ref=", "tag=", "branch="):
        if key in query:
            reference = query.partition(key)[2].partition("&")[0]
    what = f"the {'branch or tag ' + reference if reference else 'default branch'}"
    return f"ADD takes whatever commit {what} is at, and asks for it in every build", "give a commit with --checksum"


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for _, add in subject.each(Add):
        if add.checksum is not None:
            continue
        for source in add.sources:
            url = source.text
            if is_git(url):
                message, help = _git(url)
                if message:
                    yield Finding(source.span, message, help)
            elif url.startswith(("http://", "https://")) and not is_tracker(url):
                moving = moving_part(url)
                yield Finding(
                    source.span,
                    f"ADD takes whatever the server sends for this URL{', which leads to ' + moving if moving else ''}",
                    "give its --checksum=sha256:…" if not moving else "take a fixed version, and give its --checksum",
                    severity=Severity.WARNING if moving else None,
                )


_SUM = "sha256:" + "0123456789abcdef" * 4

RULE = Rule(
    code="CA339",
    name="mutable-add",
    summary="Give ADD the checksum or the commit of what it fetches",
    why="BuildKit asks the server in every build whether the file has changed, also where everything else comes from "
    "the cache, and its content is part of the cache key: when somebody else changes it, all below is built again, and "
    "your image has something in it that nobody looked at. A server that is down fails the build.\n\n"
    "With `--checksum=sha256:…` (for git: the commit) the key is known beforehand: nothing is asked while it is in the "
    "cache, and something else is refused. There is no fix, because only you can say which content is the right one. "
    "A URL that says that it moves (`latest`, `master`) is a warning, others are notes.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A file", "FROM scratch\nADD ⟦https://example.com/tool-1.2.tar.gz⟧ /\n"),
        Example("The newest", "FROM scratch\nADD ⟦https://example.com/releases/latest/tool⟧ /\n", message="latest"),
        Example("A branch", "FROM scratch\nADD ⟦https://github.com/moby/buildkit.git#master⟧ /src\n"),
        Example("With a checksum", f"FROM scratch\nADD --checksum={_SUM} https://example.com/tool-1.2.tar.gz /\n"),
        Example("A commit", f"FROM scratch\nADD https://github.com/moby/buildkit.git#{'0123456789' * 4} /src\n"),
        Example("A commit in a variable", "FROM scratch\nARG C\nADD https://github.com/moby/buildkit.git#$C /src\n"),
        Example(
            "It is there to notice new commits",
            "FROM scratch\nADD https://api.github.com/repos/moby/buildkit/git/refs/heads/master /head\n",
        ),
        Example("Local files", "FROM scratch\nADD latest/master.tar.gz mirror.git /x/\n"),
    ),
    words=("://", "git@", "github.com/"),
    links=("https://docs.docker.com/reference/dockerfile/#add---checksum",),
)
