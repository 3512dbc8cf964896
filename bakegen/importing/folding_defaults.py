"""What all images of a project say alike, which stands in its `defaults` once, and the `vars` that are named there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS, Shape
from bakegen.importing.folding import ordered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.folding_model import Image

_SHARED = ("platforms", "labels", "annotations", "output", "attest", "pull", "no-cache", "network", "ssh", "cache",
           "shm-size", "ulimits", "extra-hosts", "ci-labels", "pin", "args")  # fmt: skip
_FEW = 2


def shared_fields(images: Sequence[Image]) -> tuple[dict[str, Json], list[Image]]:
    """What all images say alike, and the images without it."""
    if len(images) < _FEW:
        return {}, list(images)
    shared: dict[str, Json] = {}
    for name in _SHARED:
        values = [image.fields.get(name) for image in images]
        if IMAGE_FIELDS[name].shape is Shape.MAP:
            maps = [value if isinstance(value, dict) else {} for value in values]
            same = {key: one for key, one in maps[0].items() if all(_same(other.get(key), one) for other in maps)}
            if same and not (name == "args" and len(images) <= _FEW):
                shared[name] = same
        elif values[0] is not None and all(_same(value, values[0]) for value in values):
            shared[name] = values[0]
    return ordered(shared), [_less(image, shared) for image in images]


def _same(one: Json, other: Json) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) and "{{" not in json.dumps(one)


def _less(image: Image, shared: Mapping[str, Json]) -> Image:
    fields: dict[str, Json] = {}
    for name, value in image.fields.items():
        common = shared.get(name)
        if isinstance(common, dict) and isinstance(value, dict):
            value = {key: one for key, one in value.items() if key not in common}
            if not value:
                continue
        elif common is not None:
            continue
        fields[name] = value
    return replace(image, fields=fields)


def used_vars(defaults: Mapping[str, Json], images: Sequence[Image]) -> tuple[dict[str, Json], tuple[str, ...]]:
    """`defaults` with those `vars` alone that some field names, and the others."""
    given = defaults.get("vars")
    if not isinstance(given, dict):
        return dict(defaults), ()
    texts = [json.dumps([dict(image.fields), [dict(one.set) for one in image.overrides]]) for image in images]
    told = json.dumps({name: value for name, value in defaults.items() if name != "vars"}) + "".join(texts)
    kept = {name: value for name, value in given.items() if re.search(rf"vars\.{re.escape(name)}\b", told)}
    rest = {name: value for name, value in defaults.items() if name != "vars"}
    return {**({"vars": kept} if kept else {}), **rest}, tuple(name for name in given if name not in kept)
