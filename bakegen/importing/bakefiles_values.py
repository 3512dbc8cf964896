"""Values of printed targets: bake's escapes undone, and marks set where a variable's value stands."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.bakefile.entries import entries
from bakegen.definition.attributes import ATTRIBUTES, Kind
from bakegen.importing.folding_templates import unmarked
from bakegen.plan.recipes import is_remote

if TYPE_CHECKING:
    from bakegen.bake.meaning import Json
    from bakegen.bakefile.targets import Effective
    from bakegen.bakefile.values import Value

# Bake prints these as they would stand in a file (`MarshalJSON` in bake/bake.go).
_ESCAPED = ("args", "labels", "extra-hosts", "dockerfile-inline", "annotations")


def printed_values(target: Json) -> dict[str, Json]:
    """The attributes of a target of ``bake --print``, texts as they are meant."""
    found: dict[str, Json] = {}
    for name, value in target.items() if isinstance(target, dict) else ():
        found[name] = _plain(value) if name in _ESCAPED else value
    if found.get("platforms") == ["local"]:
        del found["platforms"]  # the builder's own, which is what is built without it
    return found


def _plain(value: Json) -> Json:
    if isinstance(value, str):
        return value.replace("$${", "${").replace("%%{", "%{")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def with_marks(value: Json, marked: Value | None, meanings: Mapping[str, str]) -> Json:
    """`value` with marks where `marked`, the same computed with marks, comes to the same with their `meanings`."""
    if marked is None:
        return value
    if isinstance(value, str):
        text = marked.text
        return text if text is not None and text != value and unmarked(text, meanings) == value else value
    if isinstance(value, dict):
        return {key: with_marks(one, marked.fields.get(key), meanings) for key, one in value.items()}
    if isinstance(value, list) and len(value) == len(marked.items) and all(isinstance(one, str) for one in value):
        return [with_marks(one, other, meanings) for one, other in zip(value, marked.items, strict=True)]
    return value


def from_model(found: Effective) -> dict[str, Json] | None:
    """The attributes of a target as the files alone tell; None where not all of them are sure."""
    if not found.sure or not all(value.sure for value in found.attributes.values()):
        return None
    out: dict[str, Json] = {}
    for name, value in found.attributes.items():
        attribute = ATTRIBUTES.get(name)
        if attribute is None:
            continue
        converted = _converted(name, attribute.kind, value)
        if converted is None:
            return None
        if converted not in ([], {}):
            out[name] = converted
    context = str(out.get("context") or ".").removeprefix("cwd://")
    out["context"] = context if is_remote(context) else posixpath.normpath(context)
    out.setdefault("dockerfile", "Dockerfile")
    return out


def _converted(name: str, kind: Kind, value: Value) -> Json:
    content = value.content
    if kind is Kind.ENTRIES:
        made = list(entries(value, name))
        if name == "policy" or len(made) < len(value.items) or not all(one.sure for one in made):
            return None
        return [dict(one.fields) for one in made]
    if kind is Kind.TEXTS:
        texts = [one.text for one in value.items]
        return None if None in texts or not isinstance(content, tuple) else [*texts]
    if kind is Kind.MAP:
        if not isinstance(content, Mapping):
            return None
        return {key: one.text for key, one in content.items() if one.content is not None}
    return content if kind is Kind.BOOL and isinstance(content, bool) else value.text


def moved(attributes: Mapping[str, Json], folder: str) -> dict[str, Json]:
    """Attributes whose local paths are meant from `folder`, with paths from the project's folder."""

    def below(path: str) -> str:
        path = path.removeprefix("cwd://")
        return path if is_remote(path) else posixpath.normpath(posixpath.join(folder, path))

    found = dict(attributes)
    found["context"] = below(str(attributes.get("context") or "."))
    contexts = attributes.get("contexts")
    if isinstance(contexts, dict):
        found["contexts"] = {key: below(str(value)) for key, value in contexts.items()}
    for name, field in (("secret", "src"), ("output", "dest")):
        entries_ = attributes.get(name)
        if isinstance(entries_, list):
            found[name] = [
                {**one, field: below(str(one[field]))} if isinstance(one, dict) and one.get(field) not in (None, "-")
                else one
                for one in entries_
            ]  # fmt: skip
    return found
