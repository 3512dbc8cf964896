"""Names of what moves: branches, "latest" and the like in URLs; used by the rules on downloads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Add

if TYPE_CHECKING:
    from bakegen.dockerfile import Stage

_MOVING = re.compile(
    r"(?:^|[/@#=])(?:latest|master|main|HEAD|nightly|develop|trunk)(?:$|[/?#&:]|\.(?:tar|tgz|zip|gz|sh|deb|rpm|phar)\b)"
    r"|[-_.](?:latest|nightly)(?:$|[-_./?])|/archive/(?:refs/heads/)?(?:master|main)\b",
)
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'|;&<>)]+")
_TRACKER = re.compile(
    r"api\.github\.com/repos/[^/]+/[^/]+/(?:git/refs?|commits|branches|compare)|/commits/[^/]+\.atom"
    r"|/repository/(?:branches|commits)|/info/refs"
)
_FORGE = re.compile(r"git|bitbucket|codeberg|raw", re.IGNORECASE)
_VERSION = re.compile(r"\d\.\d")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def moving_part(url: str) -> str:
    """The part of a URL that says that it always leads to the newest; "" without one."""
    path = _without_host(url)
    found = _MOVING.search(path)
    if found is None or _VERSION.search(path.rpartition("/")[2]):
        return ""
    part = found.group().strip("/@#=-_.?&:").rpartition("/")[2]
    # Elsewhere these are parts of a mirror: /alpine/v3.22/main, /debian/pool/main.
    return "" if part in ("main", "trunk", "develop") and not _FORGE.search(url) else part


def _without_host(url: str) -> str:
    rest = url.partition("://")[2] or url
    return "/" + rest.partition("/")[2]


def urls(text: str) -> list[str]:
    """The URLs in a text."""
    return _URL.findall(text)


def is_tracker(url: str) -> bool:
    """Whether a URL tells where a branch is: an ADD of it is there to have what is below run again."""
    return _TRACKER.search(url) is not None


def tracks(stage: Stage) -> bool:
    """Whether a stage ADDs such a URL, so that its downloads run again when the branch has moved."""
    return any(
        isinstance(command, Add) and any(is_tracker(source.text) for source in command.sources)
        for command in stage.commands
    )


def is_commit(reference: str) -> bool:
    """Whether a git reference is a full commit id, which never means anything else."""
    return _COMMIT.fullmatch(reference) is not None


def is_git(url: str) -> bool:
    """Whether BuildKit takes the source of an ADD for a git repository."""
    place = url.partition("#")[0].partition("?")[0]
    if url.startswith(("git://", "ssh://", "git@", "github.com/")):
        return True
    return url.startswith(("http://", "https://")) and place.endswith(".git")
