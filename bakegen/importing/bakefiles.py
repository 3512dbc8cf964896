"""Bake files: what ``bake --print`` says of them, and what the files tell of families, axes and variables."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bakefile.model import Literal
from bakegen.bakefile.targets import BakeModel
from bakegen.importing.bakefiles_caches import cache_setting
from bakegen.importing.bakefiles_values import from_model, printed_values, with_marks
from bakegen.importing.folding_templates import mark
from bakegen.importing.model import Found, Loss, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.bakefile.model import Attribute, Block, Document
    from bakegen.bakefile.targets import Target
    from bakegen.bakefile.values import Value

_DEFAULT = "default"
NEEDS_BUILDX = "install docker-buildx, so that `bakegen init` can ask it what this file means"


def names_of(documents: Sequence[Document]) -> list[str]:
    """The names of all targets and groups, those of matrices as they are labelled."""
    kinds = ("target", "group")
    return list(dict.fromkeys(block.name for one in documents for block in one.blocks if block.kind in kinds))


def read_bake(
    documents: Sequence[Document], printed: Mapping[str, Json] | None, environ: Mapping[str, str], project: str
) -> Found:
    """What bake files have.

    Args:
        documents: the files, in the order in which bake reads them.
        printed: what ``bake --print`` says of `names_of` them; None where there is no buildx, so that only what is sure
            is taken from the files themselves.
        environ: the environment that bake was run with.
        project: the name of the project's folder.
    """
    model = BakeModel(documents)
    losses: list[Loss] = []
    targets, groups = _printed(printed) if printed is not None else _read(model, losses)
    variables = _variables(model, environ)
    marked = _marked_model(documents, variables)
    left_out = _abstract(model, targets, groups)
    renamed = _renamed(targets, left_out, groups, project)
    wanted: list[Wanted] = []
    for name, attributes in targets.items():
        if name not in left_out:
            target = model.targets.get(name)
            made = _wanted(model, target, name, attributes)
            if target is not None:
                made = _with_marks(made, marked, variables)
            wanted.append(_renaming(made, renamed))
    told = json.dumps([dict(one.marked) for one in wanted], ensure_ascii=False)
    used = {name for name in variables if mark(f"vars.{name}") in told}
    notes = [
        *_about_variables(model, variables, used),
        *_about_left_out(model, left_out),
        *_about_names(model, renamed),
    ]
    setting, about_caches = cache_setting(wanted)
    settings: dict[str, Json] = {}
    if setting:
        settings["cache"] = setting
    if used:
        settings["defaults"] = {"vars": {name: variables[name] for name in variables if name in used}}
    members = {
        name: tuple(renamed.get(one, one) for one in names if one not in left_out) for name, names in groups.items()
    }
    return Found(tuple(wanted), members, settings, tuple(losses), (*notes, *about_caches))


def _printed(printed: Mapping[str, Json]) -> tuple[dict[str, dict[str, Json]], dict[str, list[str]]]:
    targets, groups = printed.get("target"), printed.get("group")
    found = {name: printed_values(one) for name, one in targets.items()} if isinstance(targets, dict) else {}
    members = {}
    for name, body in groups.items() if isinstance(groups, dict) else ():
        listed = body.get("targets") if isinstance(body, dict) else None
        members[name] = [str(one) for one in listed] if isinstance(listed, list) else []
    return found, members


def _read(model: BakeModel, losses: list[Loss]) -> tuple[dict[str, dict[str, Json]], dict[str, list[str]]]:
    """Targets and groups without buildx: those of which all is sure."""
    targets = {}
    for name, target in model.targets.items():
        attributes = from_model(model.effective(name))
        if attributes is None:
            losses.append(Loss(origin(target), f"the target {name} cannot be read without buildx", NEEDS_BUILDX))
        else:
            targets[name] = attributes
    if not model.complete:
        source = model.documents[0].source
        losses.append(Loss(source.path, "a matrix cannot be read without buildx", NEEDS_BUILDX))
    return targets, {name: [one for one, _ in group.names()] for name, group in model.groups.items()}


def place(block: Block, document: Document) -> str:
    """``file:line`` of a block."""
    return f"{document.source.path}:{document.source.position(block.name_span.start)[0]}"


def origin(target: Target) -> str:
    """``file:line`` of the block that defines a target first."""
    one = target.definitions[0]
    return f"{one.source.path}:{one.source.position(one.block.name_span.start)[0]}"


def _abstract(
    model: BakeModel, targets: Mapping[str, Mapping[str, Json]], groups: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """The targets that only others inherit from, with their places: they are no images, and no group has them."""
    inherited = {name for target in model.targets.values() for name, _ in model.parents(target)}
    linked = {
        str(value).removeprefix("target:")
        for attributes in targets.values()
        for contexts in [attributes.get("contexts")]
        if isinstance(contexts, dict)
        for value in contexts.values()
    }
    # What was asked for by name is in the group `default` of the printed form, which says nothing then.
    grouped = {one for group in model.groups.values() for one, _ in group.names()}
    found: dict[str, str] = {}
    for name, target in model.targets.items():
        alone = name not in grouped and name not in linked and name != _DEFAULT
        plain = not targets.get(name, {}).get("tags") and "output" not in targets.get(name, {})
        if alone and (name.startswith("_") or (name in inherited and plain)):
            found[name] = origin(target)
    return found


def _renamed(
    targets: Mapping[str, object], left_out: Mapping[str, str], groups: Mapping[str, object], project: str
) -> dict[str, str]:
    """Targets that an image cannot be called as, with their new names."""
    found: dict[str, str] = {}
    taken = {*targets, *groups}
    for name in targets:
        if name in left_out or (not name.startswith("_") and name not in (_DEFAULT, "stages")):
            continue
        wanted = name.lstrip("_-") if name.startswith("_") else project if name == _DEFAULT else f"{name}-image"
        free, number = wanted or "image", 2
        while free in taken:
            free, number = f"{wanted}-{number}", number + 1
        found[name] = free
        taken.add(free)
    return found


def _wanted(model: BakeModel, target: Target | None, name: str, attributes: Mapping[str, Json]) -> Wanted:
    if target is None:
        return Wanted(name, attributes)
    axes = _axes(model, target)
    family = target.matrix if axes and len(model.matrices[target.matrix][1]) > 1 else ""
    return Wanted(name, attributes, origin=origin(target), family=family, axes=axes if family else {})


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
        fields = value.fields
        for key, one in fields.items() if fields else ((None, value),):
            text = one.text
            if text is None:
                if key is None:
                    return {}
                continue
            found[axis if key is None else f"{axis}.{key}"] = text
    return found


def _scopes(model: BakeModel, attribute: Attribute) -> list[dict[str, Value]]:
    """The values of each target of a matrix, in bake's order."""
    value = model.evaluator.value(attribute.value, model.documents[0].source)
    scopes: list[dict[str, Value]] = [{}]
    for axis, values in value.fields.items():
        scopes = [{**scope, axis: one} for one in values.items for scope in scopes]
    return scopes


def _variables(model: BakeModel, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that have a text, with the value that bake gave them."""
    found: dict[str, str] = {}
    for name, (document, block) in model.evaluator.variables.items():
        default = block.attribute("default")
        value = None if default is None else model.evaluator.value(default.value, document.source).text
        text = environ.get(name, value)
        if text:
            found[name] = text
    return found


def _marked_model(documents: Sequence[Document], variables: Mapping[str, str]) -> BakeModel:
    """The same files with marks as the defaults of their variables, so that it is seen where these come out."""

    def marked(block: Block) -> Block:
        if block.kind != "variable" or block.name not in variables:
            return block
        kept = [one for one in block.attributes if one.name not in ("default", "type")]
        default = block.attribute("default")
        if default is None or not isinstance(default.value, Literal) or not isinstance(default.value.value, str):
            return block
        value = Literal(default.value.span, mark(f"vars.{block.name}"))
        return replace(block, attributes=(*kept, replace(default, value=value)))

    return BakeModel([replace(one, blocks=tuple(map(marked, one.blocks))) for one in documents])


def _with_marks(wanted: Wanted, marked: BakeModel, variables: Mapping[str, str]) -> Wanted:
    if wanted.name not in marked.targets:
        return wanted
    known = marked.effective(wanted.name)
    found = {
        name: with_marks(value, known.attributes.get(name), {f"vars.{key}": text for key, text in variables.items()})
        for name, value in wanted.attributes.items()
    }
    return replace(wanted, marked=found) if found != wanted.attributes else wanted


def _renaming(wanted: Wanted, renamed: Mapping[str, str]) -> Wanted:
    """`wanted` with new names: its own, and those of the targets that it links to."""

    def changed(attributes: Mapping[str, Json]) -> dict[str, Json]:
        contexts = attributes.get("contexts")
        if not isinstance(contexts, dict):
            return dict(attributes)
        links = {f"target:{old}": f"target:{new}" for old, new in renamed.items()}
        return {**attributes, "contexts": {key: links.get(str(one), one) for key, one in contexts.items()}}

    if not renamed:
        return wanted
    name = renamed.get(wanted.name, wanted.name)
    return replace(wanted, name=name, attributes=changed(wanted.attributes), marked=changed(wanted.marked))


def _about_variables(model: BakeModel, variables: Mapping[str, str], used: set[str]) -> list[Loss]:
    found: list[Loss] = []
    for name, (document, block) in model.evaluator.variables.items():
        where = place(block, document)
        uses = sum(len(one.names.get(name, ())) for one in model.documents)
        if name in used:
            what = f"the variable {name} is `vars.{name}` now, where a text has its value"
            found.append(Loss(where, what, f"`--set '*.vars.{name}=VALUE'` sets it for one run"))
        elif uses:
            value = f", {variables[name]!r}" if name in variables else ""
            what = f"the variable {name} has the value it had at import{value}"
            found.append(Loss(where, what, "what depends on it is an axis, or set with `--set TARGET.FIELD=VALUE`"))
    return found


def _about_left_out(model: BakeModel, left_out: Mapping[str, str]) -> list[Loss]:
    found = []
    for name, where in left_out.items():
        if name == "docker-metadata-action":
            what = "docker-metadata-action stands for tags and labels that a workflow's metadata-action fills in"
            found.append(Loss(where, what, "`branch-tags` and `ci-labels` say the same in bakegen.yaml"))
        else:
            what = f"the target {name} is no image: what inherits from it has its attributes"
            found.append(Loss(where, what, "what all images have in common stands in `defaults`"))
    return found


def _about_names(model: BakeModel, renamed: Mapping[str, str]) -> list[Loss]:
    return [
        Loss(
            origin(model.targets[old]), f"the target {old} is called {new} now", f"`docker buildx bake {new}` builds it"
        )
        for old, new in renamed.items()
        if old in model.targets
    ]
