"""What bake must understand from a `BakeFile`: the same normal form as ``docker buildx bake --print``.

The other half of every check of the writers: what was meant, compared with what the real bake says it read.
Follows ``bake/bake.go`` of buildx: `Merge`, `normalize`, `ReadTargets`, `loadLinks`, `MarshalJSON`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from bakegen.bake.entries import plain
from bakegen.definition.attributes import ATTRIBUTES, Kind, Merge

if TYPE_CHECKING:
    from bakegen.bake.model import BakeFile, BakeTarget, Value

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
_T = TypeVar("_T")

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|[^/:@\s]+@[^/:\s]+:|github\.com/", re.IGNORECASE)
# Bake prints these escaped as they would stand in a file, everything else as it is.
_PRINTED_ESCAPED = ("args", "labels", "extra-hosts", "dockerfile-inline", "annotations")


def meaning(file: BakeFile, wanted: Sequence[str] = ("default",)) -> dict[str, Json]:
    """What ``docker buildx bake --print WANTED…`` prints for `file`, as parsed JSON.

    KeyError where a target is asked for that does not exist; `check` reports such things with their place.
    """
    targets = {target.name: target for target in file.targets}
    groups = {group.name: group for group in file.groups}
    resolved: dict[str, dict[str, Json]] = {}
    shown: dict[str, list[str]] = {}

    def expand(name: str) -> None:
        if name not in groups:
            resolved[name] = _resolve(targets, name)
        elif name not in shown:
            shown[name] = list(dict.fromkeys(groups[name].targets))
            for member in groups[name].targets:
                expand(member)

    for name in wanted:
        expand(name)
    asked = [*shown.get("default", ()), *(name for name in wanted if name != "default" or name not in shown)]
    described = {name: groups[name].description for name in shown}
    shown["default"] = sorted(set(asked))
    for name in list(resolved):
        _link(targets, resolved, name, ())
    printed_groups: dict[str, Json] = {}
    for name, members in shown.items():
        body: dict[str, Json] = {"targets": [*members]}
        if described.get(name):
            body["description"] = described[name]
        printed_groups[name] = body
    return {"group": printed_groups, "target": {name: _printed(value) for name, value in resolved.items()}}


def _resolve(targets: Mapping[str, BakeTarget], name: str) -> dict[str, Json]:
    value = {
        attribute: item for attribute, item in _inherited(targets, name, {}).items() if not _omitted(attribute, item)
    }
    value["context"] = _folder(str(value.get("context", ".")))
    if not value.get("dockerfile"):
        value["dockerfile"] = "Dockerfile"
    return value


def _folder(context: str) -> str:
    """A local build context as Go's `path.Clean` leaves it; a remote one as it is (`toBuildOpt`)."""
    context = context.removeprefix("cwd://")
    if _REMOTE.match(context):
        return context
    return re.sub("^//", "/", posixpath.normpath(context)) if context else "."


def _inherited(
    targets: Mapping[str, BakeTarget], name: str, seen: dict[str, dict[str, Json] | None]
) -> dict[str, Json]:
    target = targets[name]
    seen[name] = None
    merged: dict[str, Json] = {}
    parents = target.attributes.get("inherits", ())
    for parent in parents if isinstance(parents, tuple) else ():
        if str(parent) not in seen:
            _inherited(targets, str(parent), seen)
        inherited = seen[str(parent)]
        if inherited is not None:
            _merge(merged, inherited)
    own: dict[str, Json] = {
        attribute: _json(attribute, value) for attribute, value in target.attributes.items() if attribute != "inherits"
    }
    _merge(merged, own)
    normal = _normal(merged)
    seen[name] = normal
    return normal


def _json(name: str, value: Value) -> Json:
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, tuple):
        return [_entry(name, item) if isinstance(item, Mapping) else str(item) for item in value]
    if ATTRIBUTES[name].kind is Kind.OBJECT:
        return {key: item if isinstance(item, int) else str(item) for key, item in value.items()}
    return {key: plain(item) for key, item in value.items()}


def _entry(name: str, entry: Mapping[str, Value]) -> Json:
    if name == "policy":
        return _policy(entry)
    found: dict[str, Json] = {}
    for key, value in entry.items():
        found[key] = [str(item) for item in value] if isinstance(value, tuple) else plain(value)
    if name == "attest":
        disabled = found.pop("disabled", "false")
        if disabled == "true":
            found["disabled"] = True
    if name in ("secret", "ssh"):
        found.pop("type", None)
        found = {key: value for key, value in found.items() if value}
    return found


def _policy(entry: Mapping[str, Value]) -> Json:
    levels = {"panic": 0, "fatal": 1, "error": 2, "warning": 3, "warn": 3, "info": 4, "debug": 5, "trace": 6}
    filename = entry.get("filename")
    strict = entry.get("strict")
    level = entry.get("log-level")
    return {
        "Files": [{"Filename": str(filename), "Data": None}] if filename else None,
        "Reset": plain(entry.get("reset", False)) == "true",
        "Disabled": plain(entry.get("disabled", False)) == "true",
        "Strict": None if strict is None else plain(strict) == "true",
        "LogLevel": None if level is None else levels.get(str(level)),
    }


def _merge(into: dict[str, Json], other: Mapping[str, Json]) -> None:
    for name, value in other.items():
        merge = ATTRIBUTES[name].merge
        old = into.get(name)
        if name == "description" and not value:
            continue
        if merge is Merge.KEYS and isinstance(old, dict) and isinstance(value, dict):
            into[name] = {**old, **value}
        elif merge in (Merge.APPEND, Merge.BY_FIELD) and isinstance(old, list) and isinstance(value, list):
            into[name] = [*old, *value]
        else:
            into[name] = value


def _normal(target: dict[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in target.items():
        attribute = ATTRIBUTES[name]
        if isinstance(value, list):
            if attribute.merge is Merge.BY_FIELD:
                value = _last_of(value, attribute.identity)
            elif name in ("cache-from", "cache-to", "output"):
                value = without_repeats(value)
            elif name != "policy":
                value = [item for item in dict.fromkeys(map(str, value)) if item]
        if name == "contexts" and isinstance(value, dict):
            value = {key: item for key, item in value.items() if item}
        # An empty list of entries becomes none at all, so that a target which inherits it does not see it.
        if value != [] or attribute.kind is not Kind.ENTRIES:
            found[name] = value
    if found.get("network") == "host":
        _add(found, "entitlements", ["network.host"])
    return found


def _omitted(name: str, value: Json) -> bool:
    # Go leaves out empty lists, maps and plain strings; pointers to a string or a boolean stay.
    return value in ([], {}) or (name == "description" and value == "")


def _last_of(entries: list[Json], field: str) -> list[Json]:
    return list({str(entry.get(field, "")): entry for entry in entries if isinstance(entry, dict)}.values())


def without_repeats(items: list[_T]) -> list[_T]:
    """`items` without equal ones, in the order in which buildx leaves them (`removeDupes`)."""
    found = list(items)
    for at in range(len(found) - 2, -1, -1):
        for other in range(at + 1, len(found)):
            if found[at] == found[other]:
                found[other], found[-1] = found[-1], found[other]
                found.pop()
                break
    return found


def _add(target: dict[str, Json], name: str, items: Sequence[Json]) -> None:
    old = target.get(name)
    have = list(old) if isinstance(old, list) else []
    target[name] = [*have, *(item for item in items if item not in have)]


def _link(
    targets: Mapping[str, BakeTarget], resolved: dict[str, dict[str, Json]], name: str, above: tuple[str, ...]
) -> None:
    contexts = resolved[name].get("contexts")
    if name in above or not isinstance(contexts, dict):
        return
    for value in contexts.values():
        if isinstance(value, str) and value.startswith("target:"):
            linked = value.removeprefix("target:")
            if linked not in resolved:
                resolved[linked] = {**_resolve(targets, linked), "output": [{"type": "cacheonly"}]}
            _link(targets, resolved, linked, (*above, name))
            entitlements = resolved[linked].get("entitlements")
            if isinstance(entitlements, list):
                _add(resolved[name], "entitlements", entitlements)


def _printed(target: dict[str, Json]) -> Json:
    found: dict[str, Json] = {}
    for name, value in target.items():
        if name in _PRINTED_ESCAPED:
            if isinstance(value, dict):
                value = {key: _escaped(item) for key, item in value.items()}
            elif isinstance(value, list):
                value = [_escaped(item) for item in value]
            else:
                value = _escaped(value)
        found[name] = value
    return found


def _escaped(value: Json) -> Json:
    return value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value
