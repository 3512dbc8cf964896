"""The attributes of a target as the fields of its image.yaml: paths from its folder, what bake adds left out."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS
from bakegen.plan.recipes import is_remote
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted

LOG_LEVELS = ("panic", "fatal", "error", "warning", "info", "debug", "trace")
"""The levels of `policy` by the numbers that bake prints for them."""
_ELSEWHERE = frozenset({"context", "dockerfile", "contexts", "cache-from", "cache-to", "policy", "entitlements"})
ORDER = (
    "description",
    "name",
    "matrix",
    "context",
    "dockerfile",
    "dockerfile-inline",
    "target",
    "contexts",
    "args",
    "repository",
    "tags",
    "branch-tags",
    "platforms",
    "labels",
    "ci-labels",
    "annotations",
    "output",
    "attest",
)
"""The fields that stand first in an image.yaml, in their order."""


@dataclass(frozen=True)
class Place:
    """Where a definition is written.

    Attributes:
        directory: the image's folder, from the project's.
        definitions: what init writes, as patterns from the project's folder: no build sees that.
        templates: whether a Dockerfile.j2 is there already.
        template: the one that is written there; "" for none.
    """

    directory: str
    definitions: tuple[str, ...] = ()
    templates: bool = False
    template: str = ""


def fields_of(wanted: Wanted, attributes: Mapping[str, Json], place: Place) -> dict[str, Json]:
    """The fields that give a target its attributes.

    Args:
        wanted: the target.
        attributes: its attributes, with marks where something else is known to stand for a text.
        place: where its definition is written.
    """
    found: dict[str, Json] = {**_paths(attributes, place)}
    for name, value in attributes.items():
        if name in IMAGE_FIELDS and name not in _ELSEWHERE and value not in ([], {}):
            found[name] = _entries(name, value)
    contexts = attributes.get("contexts")
    if isinstance(contexts, dict) and contexts:
        found["contexts"] = {key: _folder(str(value), place) for key, value in contexts.items()}
    entitlements = attributes.get("entitlements")
    if isinstance(entitlements, list):
        implied = ["network.host"] if attributes.get("network") == "host" else []
        own = [one for one in entitlements if one not in implied]
        if own:
            found["entitlements"] = [*own]
    policy = attributes.get("policy")
    if isinstance(policy, list) and policy:
        found["policy"] = [_policy(one) for one in policy if isinstance(one, Mapping)]
    for name, value in wanted.own.items():
        old = found.get(name)
        found[name] = [*old, *value] if isinstance(old, list) and isinstance(value, list) else value
    return found


def _paths(attributes: Mapping[str, Json], place: Place) -> dict[str, Json]:
    found: dict[str, Json] = {}
    context = str(attributes.get("context") or ".").removeprefix("cwd://")
    dockerfile = str(attributes.get("dockerfile") or "Dockerfile")
    inline = "dockerfile-inline" in attributes
    if is_remote(context):
        found["context"] = context
        if dockerfile != "Dockerfile" and not inline:
            found["dockerfile"] = dockerfile
        return found
    if (relative := posixpath.relpath(context, place.directory)) != ".":
        found["context"] = relative
    path = posixpath.relpath(posixpath.join(context, dockerfile), place.directory)
    if place.template:
        if place.template != "Dockerfile.j2":
            found["dockerfile"] = place.template
    elif not inline and (path != "Dockerfile" or place.templates):
        found["dockerfile"] = path
    if hidden := hidden_from(context, place.definitions):
        found["ignore"] = [*hidden]
    return found


def hidden_from(context: str, definitions: Collection[str]) -> list[str]:
    """The patterns that keep what init writes out of a build context."""
    start = "" if context == "." else f"{posixpath.normpath(context)}/"
    return [path.removeprefix(start) for path in definitions if path.startswith(start)]


def _folder(value: str, place: Place) -> str:
    folder = value.removeprefix("cwd://")
    return folder if is_remote(folder) else posixpath.relpath(folder, place.directory)


def _entries(name: str, value: Json) -> Json:
    """Entries without what is not set, their fields in the usual order; everything else as it is."""
    attribute = IMAGE_FIELDS[name].attribute
    if not isinstance(value, list) or attribute is None:
        return value
    order = [field.name for field in attribute.entry_fields]

    def tidy(entry: dict[str, Json]) -> dict[str, Json]:
        there = {key: one for key, one in entry.items() if one not in ("", None, [])}
        return {key: there[key] for key in [*(one for one in order if one in there), *there]}

    return [tidy(item) if isinstance(item, dict) else item for item in value]


def _policy(entry: Mapping[str, Json]) -> Json:
    found: dict[str, Json] = {}
    files = entry.get("Files")
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict):
            found["filename"] = file.get("Filename")
    for key, name in (("Reset", "reset"), ("Disabled", "disabled"), ("Strict", "strict")):
        if entry.get(key) is not None and (entry[key] or key == "Strict"):
            found[name] = entry[key]
    level = entry.get("LogLevel")
    if isinstance(level, int) and level < len(LOG_LEVELS):
        found["log-level"] = LOG_LEVELS[level]
    return found
