"""Bake files: what ``bake --print`` says of them, and what the files tell of families, axes and variables."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.bakefile.targets import BakeModel
from bakegen.importing import bakefiles_targets, bakefiles_variables
from bakegen.importing.bakefiles_caches import cache_setting
from bakegen.importing.bakefiles_newer import unprinted
from bakegen.importing.bakefiles_targets import abstract, new_names, origin, renamed, wanted_of
from bakegen.importing.bakefiles_values import from_model, printed_values
from bakegen.importing.bakefiles_variables import Marks, used, variables_of
from bakegen.importing.model import Found, Loss
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.bakefile.model import Document

_DEFAULT = "default"
NEEDS_BUILDX = "install docker-buildx, so that `bakegen init` can ask it what this file means"


@dataclass(frozen=True)
class Told:
    """What buildx says of bake files.

    Attributes:
        everything: ``bake --print`` of all targets and groups.
        default: the members of the group `default`; None where there is no such group.
        probed: `everything` again, with the values of `bakefiles_variables.probes`: of all, or of one at a time.
        refused: what is told of targets and groups that bake does not print, by their names.
    """

    everything: Mapping[str, Json]
    default: tuple[str, ...] | None = None
    probed: tuple[Mapping[str, Json], ...] = ()
    refused: Mapping[str, Loss] = field(default_factory=dict)


def names_of(documents: Sequence[Document]) -> list[str]:
    """The names of all targets and groups, those of matrices as they are labelled."""
    kinds = ("target", "group")
    return list(dict.fromkeys(block.name for one in documents for block in one.blocks if block.kind in kinds))


def read_bake(documents: Sequence[Document], told: Told | None, environ: Mapping[str, str], project: str) -> Found:
    """What bake files have.

    Args:
        documents: the files, in the order in which bake reads them.
        told: what buildx says of them; None where there is none, so that only what is sure is taken from the files
            themselves.
        environ: the environment that bake was run with.
        project: the name of the project's folder.
    """
    model = BakeModel(documents)
    refused = told.refused if told is not None else {}
    losses = [one for name, one in refused.items() if name not in model.groups]
    targets, groups = _printed(told) if told is not None else _read(model, losses)
    if _DEFAULT in targets and _DEFAULT not in groups:
        groups[_DEFAULT] = [_DEFAULT]
    if told is not None:
        for name in model.targets:
            if name in targets:
                more, lost = unprinted(name, origin(model.targets[name]), model.effective(name), targets[name])
                targets[name] |= more
                losses += lost
    left_out = abstract(model, targets, groups)
    order = [*(name for name in model.targets if name in targets), *targets]
    kept = [name for name in dict.fromkeys(order) if name not in left_out]
    names = new_names(kept, groups, project)
    values = variables_of(model, environ)
    marks = Marks(documents, told.probed if told is not None else (), values)
    wanted = [marks.on(wanted_of(model, name, targets[name])) for name in kept]
    marked = used(wanted, list(values))
    setting, about_caches = cache_setting(wanted)
    settings: dict[str, Json] = {"cache": setting} if setting else {}
    if marked:
        settings["defaults"] = {"vars": {name: values[name] for name in values if name in marked}}
    notes = (
        # Nobody has built such a group, and its targets are imported.
        *(one for name, one in refused.items() if name in model.groups),
        *bakefiles_variables.about(model, values, marked, wanted, environ, names),
        *bakefiles_targets.about(model, left_out, names),
        *about_caches,
    )
    members = {
        name: tuple(names.get(one, one) for one in inside if one not in left_out) for name, inside in groups.items()
    }
    return Found(tuple(renamed(one, names) for one in wanted), members, settings, tuple(losses), notes)


def _printed(told: Told) -> tuple[dict[str, dict[str, Json]], dict[str, list[str]]]:
    targets, groups = told.everything.get("target"), told.everything.get("group")
    found = {name: printed_values(one) for name, one in targets.items()} if isinstance(targets, dict) else {}
    members = {}
    for name, body in groups.items() if isinstance(groups, dict) else ():
        listed = body.get("targets") if isinstance(body, dict) else None
        members[name] = [str(one) for one in listed] if isinstance(listed, list) else []
    # Whatever is asked for by name counts as a member of this group.
    members.pop(_DEFAULT, None)
    if told.default is not None:
        members[_DEFAULT] = [*told.default]
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
