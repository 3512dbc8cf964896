"""What the lock knows of the base images of one Dockerfile: what rewrites, rules and the frontend take from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.facts.lockfile import Lock
    from bakegen.facts.model import PlatformFacts
    from bakegen.text import Source

_IMAGE = "docker-image://"


def locked_bases(
    source: Source,
    lock: Lock | None,
    *,
    build_args: Mapping[str, str],
    platform: str | None,
    contexts: Mapping[str, str],
) -> dict[str, PlatformFacts]:
    """What the lock knows of the base images of a Dockerfile, by the names in its FROM lines.

    An image that a named context puts in the place of one is known by both names.
    """
    if lock is None:
        return {}
    resolved = read(source).resolve(build_args, platform=platform, contexts=contexts)
    found = {}
    for stage in resolved.stages:
        given = stage.context or ""
        if stage.base is None and stage.image and not stage.replaced and (not given or given.startswith(_IMAGE)):
            at = str(stage.platform) if stage.platform is not None else platform
            facts = lock.facts(stage.image, at, given.removeprefix(_IMAGE))
            if facts is not None:
                found[stage.image] = facts
    return found
