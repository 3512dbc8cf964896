"""Which targets of bake files are images, what they are called, and which axes made those of a matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.importing.model import Loss, Wanted
from bakegen.matrix.naming import fit_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.bakefile.model import Attribute
    from bakegen.bakefile.targets import BakeModel, Target
    from bakegen.bakefile.values import Value

_DEFAULT = "default"
_TAKEN = (_DEFAULT, "stages")
METADATA = "docker-metadata-action"
_NAMING = frozenset({"tags", "labels", "annotations", "description", "inherits"})
_IN_ORDER = ("args", "labels", "contexts", "extra-hosts")


def origin(target: Target) -> str:
    """``file:line`` of the block that defines a target first."""
    one = target.definitions[0]
    return f"{one.source.path}:{one.source.position(one.block.name_span.start)[0]}"


def abstract(
    model: BakeModel, targets: Mapping[str, Mapping[str, Json]], groups: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """The targets that only others inherit from, with their places: they are no images, and no group has them."""
    inherited = {name for target in model.targets.values() for name, _ in model.parents(target)}
    linked = {link for attributes in targets.values() for link in links(attributes)}
    grouped = {one for members in groups.values() for one in members}
    found: dict[str, str] = {}
    for name, target in model.targets.items():
        alone = name not in grouped and name not in linked and name != _DEFAULT
        if METADATA in {one for one, _ in model.parents(target)}:
            continue  # its tags and labels come from a workflow
        given = targets.get(name, {})
        plain = ("output" not in given and not given.get("tags")) or target.own.keys() <= _NAMING
        if alone and (name.startswith("_") or name == METADATA or (name in inherited and plain)):
            found[name] = origin(target)
    return found


def links(attributes: Mapping[str, Json]) -> list[str]:
    """The targets that a target builds on."""
    contexts = attributes.get("contexts")
    values = [str(one) for one in contexts.values()] if isinstance(contexts, dict) else []
    return [one.removeprefix("target:") for one in values if one.startswith("target:")]


def new_names(names: Sequence[str], groups: Mapping[str, object], project: str) -> dict[str, str]:
    """The targets whose names images cannot have, with their new ones."""
    found: dict[str, str] = {}
    taken = {*names, *groups}
    for name in names:
        if not name.startswith("_") and name not in _TAKEN:
            continue
        wanted = fit_name(project).strip("_-") or "image" if name == _DEFAULT else name.lstrip("_-") or "image"
        free, number = wanted if wanted not in _TAKEN else f"{wanted}-image", 2
        while free in taken:
            free, number = f"{wanted}-{number}", number + 1
        found[name] = free
        taken.add(free)
    return found


def renamed(wanted: Wanted, names: Mapping[str, str]) -> Wanted:
    """`wanted` with new names: its own, and those of the targets that it links to."""
    if not names:
        return wanted
    changed = {f"target:{old}": f"target:{new}" for old, new in names.items()}

    def linked(attributes: Mapping[str, Json]) -> dict[str, Json]:
        contexts = attributes.get("contexts")
        if not isinstance(contexts, dict):
            return dict(attributes)
        return {**attributes, "contexts": {key: changed.get(str(one), one) for key, one in contexts.items()}}

    name = names.get(wanted.name, wanted.name)
    return replace(wanted, name=name, attributes=linked(wanted.attributes), marked=linked(wanted.marked))


def wanted_of(model: BakeModel, name: str, attributes: Mapping[str, Json]) -> Wanted:
    """A target with its place, its family and its axes."""
    target = model.targets.get(name)
    if target is None:
        return Wanted(name, attributes)
    known = model.effective(name).attributes
    ordered = {
        key: _in_order(value, known.get(key)) if key in _IN_ORDER else value for key, value in attributes.items()
    }
    axes = _axes(model, target)
    family = target.matrix if axes and len(model.matrices[target.matrix][1]) > 1 else ""
    return Wanted(name, ordered, origin=origin(target), family=family, axes=axes if family else {})


def _in_order(value: Json, written: Value | None) -> Json:
    """The keys of a map in the order of the file; bake prints them by name."""
    if not isinstance(value, dict) or written is None:
        return value
    return {key: value[key] for key in dict.fromkeys([*(key for key in written.fields if key in value), *value])}


def _axes(model: BakeModel, target: Target) -> dict[str, str]:
    """The values of the matrix that made a target; none where they are not known or are no texts."""
    if not target.matrix:
        return {}
    block, made = model.matrices[target.matrix]
    attribute = block.attribute("matrix")
    if attribute is None or made.count(target.name) != 1:
        return {}
    scopes = _scopes(model, attribute)
    at = made.index(target.name)
    if at >= len(scopes):
        return {}
    found: dict[str, str] = {}
    for axis, value in scopes[at].items():
        if not value.fields:
            text = value.text
            if text is None:
                return {}
            found[axis] = text
        for key, one in value.fields.items():
            if one.text is not None:
                found[f"{axis}.{key}"] = one.text
    return found


def _scopes(model: BakeModel, attribute: Attribute) -> list[dict[str, Value]]:
    """The values of each target of a matrix, in the order in which the model makes them."""
    value = model.evaluator.value(attribute.value, model.documents[0].source)
    scopes: list[dict[str, Value]] = [{}]
    for axis, values in value.fields.items():
        scopes = [{**scope, axis: one} for one in values.items for scope in scopes]
    return scopes


def about(model: BakeModel, left_out: Mapping[str, str], names: Mapping[str, str]) -> list[Loss]:
    """What is told of targets that are no images, and of those with new names."""
    found = []
    for name, where in left_out.items():
        if name == METADATA:
            what = f"{name} stands for tags and labels that a workflow's metadata-action fills in"
            found.append(Loss(where, what, "`branch-tags` and `ci-labels` say the same in bakegen.yaml"))
        else:
            what = f"the target {name} is no image: what inherits from it has its attributes"
            found.append(Loss(where, what, "what all images have in common stands in `defaults` of bakegen.yaml"))
    for old, new in names.items():
        if old in model.targets:
            what = f"the target {old} is called {new} now"
            found.append(Loss(origin(model.targets[old]), what, f"`docker buildx bake {new}` builds it"))
    return found
