"""What a project's own cache entries say that bakegen's setting `cache` says as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.attributes import Direction
from bakegen.definition.backends import BACKENDS
from bakegen.importing.model import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted

_OURS = frozenset({"type", "ref", "scope", "name", "src", "dest", "tag", "digest", "prefix"})
"""What names a cache: bakegen gives each target and branch its own."""


def cache_setting(targets: Sequence[Wanted]) -> tuple[dict[str, Json], list[Loss]]:
    """The setting `cache` that keeps caches where they were, and what is told of the entries it stands for."""
    found = [(target, name, entry) for target in targets for name, entry in _entries(target)]
    if not found:
        return {}, []
    kinds = {str(entry.get("type")) for _, _, entry in found}
    of = len({target.name for target, _, _ in found})
    whose = f"cache-from and cache-to of {of} target{'s' if of > 1 else ''} ({', '.join(sorted(kinds))}) are replaced"
    where = next((target.origin for target, _, _ in found if target.origin), "")
    if len(kinds) > 1 or not kinds <= set(BACKENDS):
        return {}, [Loss(where, whose, "bakegen keeps caches in the registry, or as `cache` in bakegen.yaml says")]
    (kind,) = kinds
    setting: dict[str, Json] = {} if kind == "registry" else {"backend": kind}
    for name, field in BACKENDS[kind].fields.items():
        values = {str(entry[name]) for _, _, entry in found if name in entry}
        wanted = [
            entry for _, where_, entry in found if field.direction is not Direction.FROM or where_ == "cache-from"
        ]
        if name not in _OURS and not field.secret and len(values) == 1 and wanted:
            (value,) = values
            if not (name == "mode" and value == "max"):
                setting[name] = value
    instead = "bakegen gives each target and branch one of its own, in the registry"
    if kind != "registry":
        instead = f"`cache: {{backend: {kind}}}` in bakegen.yaml keeps them there, one for each target and branch"
    return setting, [Loss(where, whose, instead)]


def _entries(target: Wanted) -> Iterator[tuple[str, dict[str, Json]]]:
    for name in ("cache-from", "cache-to"):
        value = target.attributes.get(name)
        for entry in value if isinstance(value, list) else ():
            if isinstance(entry, dict):
                yield name, entry
