"""What is laid over the bake files so that caches are written when images are ready, and not beside them.

BuildKit from 0.28 on exports image and cache at the same time: they share the line, and layers that both have are
uploaded by both. Pure; `bakegen.workspace.late_caches` bakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.bake.model import BakeFile, BakeTarget

if TYPE_CHECKING:
    from collections.abc import Iterable

_CACHE_ONLY = ({"type": "cacheonly"},)


def written_caches(files: Iterable[BakeFile]) -> dict[str, tuple[Mapping[str, str], ...]]:
    """The entries of each target's ``cache-to`` but inline caches, which are parts of images.

    `files` are those of a build; where two have a target, the later one counts, as bake has it.
    """
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for target in (one for file in files for one in file.targets):
        value = target.attributes.get("cache-to")
        if value is None:
            continue
        entries = value if isinstance(value, tuple) else ()
        texts = [{key: str(text) for key, text in one.items()} for one in entries if isinstance(one, Mapping)]
        found[target.name] = tuple(one for one in texts if one.get("type") != "inline")
    return {name: entries for name, entries in found.items() if entries}


def without_caches(names: Iterable[str]) -> BakeFile:
    """Laid over the others it keeps these targets from writing their caches."""
    return BakeFile(targets=tuple(BakeTarget(name, {"cache-to": ()}) for name in names))


def caches_alone(names: Iterable[str]) -> BakeFile:
    """Laid over the others it has these targets write nothing but their caches."""
    return BakeFile(targets=tuple(BakeTarget(name, {"output": _CACHE_ONLY, "tags": ()}) for name in names))
