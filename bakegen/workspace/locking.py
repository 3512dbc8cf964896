"""The lock file of a project: what it knows of the base images of a target, and how it is made and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.platforms import PlatformError, normalized, parse_platform
from bakegen.dockerfile.references import context_name

if TYPE_CHECKING:
    from bakegen.facts.lockfile import Lock
    from bakegen.facts.model import PlatformFacts

ANY_PLATFORM = "linux/amd64"
"""What is locked for a target that names no platform, and meant where none is asked for."""


def facts_for(lock: Lock, name: str, platform: str | None = None) -> PlatformFacts | None:
    """What `lock` knows of a base image.

    Args:
        lock: the lock.
        name: the image as FROM or ``--from`` names it, after expansion, in any form (``docker.io/library/debian``).
        platform: the platform in any form (``linux/arm64/v8``); None for ``linux/amd64``.

    Returns:
        The facts, or None where the lock has none for this name and platform.
    """
    base = lock.bases.get(context_name(name))
    if base is None:
        return None
    try:
        return base.platforms.get(str(normalized(parse_platform(platform or ANY_PLATFORM))))
    except PlatformError:
        return None
