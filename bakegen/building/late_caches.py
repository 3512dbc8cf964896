"""What is laid over the bake files so that caches are written when images are ready, and not beside them.

BuildKit from 0.28 on exports image and cache at the same time: they share the line, and layers that both have are
uploaded by both. Pure; `bakegen.workspace.late_caches` bakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.bake.model import BakeFile, BakeTarget

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_CACHE_ONLY = ({"type": "cacheonly"},)
_INLINE = ({"type": "inline"},)


def written_caches(files: Iterable[BakeFile]) -> dict[str, tuple[Mapping[str, str], ...]]:
    """The entries of each target's ``cache-to`` but inline caches, which are parts of images.

    `files` are those of a build; where two have a target, the later one counts, as bake has it.
    """
    kept = {
        name: tuple(one for one in entries if one.get("type") != "inline") for name, entries in _entries(files).items()
    }
    return {name: entries for name, entries in kept.items() if entries}


def inline_caches(files: Iterable[BakeFile]) -> frozenset[str]:
    """The targets whose images have an inline cache; `files` as for `written_caches`."""
    return frozenset(
        name for name, entries in _entries(files).items() if any(one.get("type") == "inline" for one in entries)
    )


def _entries(files: Iterable[BakeFile]) -> dict[str, tuple[Mapping[str, str], ...]]:
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for target in (one for file in files for one in file.targets):
        value = target.attributes.get("cache-to")
        if value is None:
            continue
        entries = value if isinstance(value, tuple) else ()
        found[target.name] = tuple(
            {key: str(text) for key, text in one.items()} for one in entries if isinstance(one, Mapping)
        )
    return found


def without_caches(names: Iterable[str], inline: Collection[str] = ()) -> BakeFile:
    """Laid over the others it keeps these targets from writing caches, but for those in the images of `inline`."""
    return BakeFile(targets=tuple(BakeTarget(name, {"cache-to": _INLINE if name in inline else ()}) for name in names))


def caches_alone(names: Iterable[str]) -> BakeFile:
    """Laid over the others it has these targets write nothing but their caches."""
    return BakeFile(targets=tuple(BakeTarget(name, {"output": _CACHE_ONLY, "tags": ()}) for name in names))
