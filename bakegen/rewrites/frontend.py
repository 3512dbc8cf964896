"""Which syntax a Dockerfile's frontend takes, so that no rewrite writes what it cannot read; used by the rewrites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.dockerfile.model import Dockerfile

_STABLE = re.compile(r"(?:(?:docker\.io|index\.docker\.io)/)?docker/dockerfile(?::(?P<tag>[\w.-]+))?(?:@\S+)?")
_UPSTREAM = re.compile(
    r"(?:(?:docker\.io|index\.docker\.io)/)?docker/dockerfile-upstream(?::master(?:-labs)?)?(?:@\S+)?"
)
_BAKEGEN = re.compile(r"(?:.*/)?bakegen(?:[:@].*)?")
_TAG = re.compile(r"(?P<major>\d+)(?:\.(?P<minor>\d+)(?:\.\d+)?)?(?:-labs)?")
_NEWEST = ("latest", "labs")


def accepts(dockerfile: Dockerfile, minor: int) -> bool:
    """Whether the frontend of `dockerfile` is docker/dockerfile 1.`minor` or newer, as far as its name says.

    Without a ``syntax`` directive the engine's own frontend reads the file, and behind bakegen's it does, too: those
    of all engines that are still cared for know 1.4 (``--link``, heredocs). A tag ``1`` is the newest 1.x.
    Source: https://docs.docker.com/build/buildkit/frontend/
    """
    name = dockerfile.syntax
    if name is None:
        return minor <= 4
    words = name.split()
    if words and _BAKEGEN.fullmatch(words[0]):
        return minor <= 4
    found = _STABLE.fullmatch(words[0]) if words else None
    if found is None:
        return bool(words) and _UPSTREAM.fullmatch(words[0]) is not None
    tag = found["tag"]
    if tag is None or tag in _NEWEST:
        return True
    version = _TAG.fullmatch(tag)
    if version is None:
        return False
    return int(version["major"]) > 1 or (
        int(version["major"]) == 1 and (version["minor"] is None or int(version["minor"]) >= minor)
    )
