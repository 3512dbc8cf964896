"""The definitions of `bakegen init` as a project that can be opened: what cannot be part of it is left out."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bake.check import check
from bakegen.bake.compose import main_file
from bakegen.diagnostics import Severity
from bakegen.errors import InputError
from bakegen.importing.folding_project import fold_all
from bakegen.importing.model import Found, Loss
from bakegen.importing.writing import texts
from bakegen.workspace.importing_files import LaidOver
from bakegen.workspace.project import open_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.importing.folding_project import Choices, Definitions
    from bakegen.importing.model import Wanted
    from bakegen.workspace.files import ProjectFiles
    from bakegen.workspace.project import Workspace

_MOST_TRIES = 50
_MOST_ALONE = 200
SCHEMAS = ".bakegen"
"""The folder of the schemas that the first lines of definitions name."""


def opened(found: Found, choices: Choices, files: ProjectFiles) -> tuple[Definitions, dict[str, str], Workspace, Found]:
    """The definitions, their files and the project that they make, without images that cannot be part of it."""
    last: tuple[Diagnostic, ...] = ()
    for _ in range(_MOST_TRIES):
        found = _without_broken_links(found)
        definitions = fold_all(found, choices)
        written = texts(definitions, SCHEMAS)
        try:
            workspace = open_files(LaidOver(files.root, (), written), {})
            _refuse_what_render_refuses(workspace)
            return definitions, written, workspace, found
        except InputError as problem:
            last = problem.diagnostics
            gone = _gone(found, _to_blame(last, definitions, written), choices, files)
            if not gone:
                raise
            losses = [
                Loss(one.origin, f"the target {one.name} is left out: {gone[one.name]}", "mend that and run it again")
                for one in found.targets
                if one.name in gone
            ]
            left = tuple(one for one in found.targets if one.name not in gone)
            found = replace(found, targets=left, losses=(*found.losses, *losses))
    raise InputError(last)


def _gone(found: Found, blamed: Mapping[str, str], choices: Choices, files: ProjectFiles) -> Mapping[str, str]:
    """The targets that cannot be part of the project, with the reasons: of those that are blamed what fails alone, too.

    Several targets of one Dockerfile or one image share the blame where one of them asks for a stage that is missing.
    """
    suspects = [one for one in found.targets if not blamed or one.name in blamed]
    if len(suspects) > _MOST_ALONE:
        return blamed
    alone = {one.name: reason for one in suspects if (reason := _fails_alone(one, found, choices, files)) is not None}
    return alone or blamed


def _fails_alone(target: Wanted, found: Found, choices: Choices, files: ProjectFiles) -> str | None:
    """Why a project of this target alone cannot be opened; None where it can."""
    contexts = target.attributes.get("contexts")
    if isinstance(contexts, dict):
        kept = {key: "docker-image://scratch" if str(one).startswith("target:") else one
                for key, one in contexts.items()}  # fmt: skip
        target = replace(target, attributes={**target.attributes, "contexts": kept})
    definitions = fold_all(Found((target,), settings=found.settings), choices)
    written = texts(definitions)
    try:
        _refuse_what_render_refuses(open_files(LaidOver(files.root, (), written), {}))
    except InputError as problem:
        return _to_blame(problem.diagnostics, definitions, written).get(target.name, problem.diagnostics[0].message)
    return None


def _refuse_what_render_refuses(workspace: Workspace) -> None:
    """InputError with the errors because of which `bakegen render` would write nothing."""
    settings = workspace.project.settings
    found = check(main_file(workspace.plan, settings.default_branch.value, ()), settings.min_buildx.value)
    errors = [one for one in found if one.severity is Severity.ERROR]
    if errors:
        raise InputError(errors)


def _to_blame(
    diagnostics: Sequence[Diagnostic], definitions: Definitions, written: Mapping[str, str]
) -> dict[str, str]:
    """The targets because of which the project cannot be read, with the reason: by their image or their Dockerfile."""
    reasons: dict[str, str] = {}
    for diagnostic in diagnostics:
        if diagnostic.location is not None:
            place = diagnostic.location
            line = place.source.position(place.span.start)[0]
            own = place.source.path in written
            reasons.setdefault(
                place.source.path, f"{'' if own else f'{place.source.path}:{line}: '}{diagnostic.message}"
            )
    found: dict[str, str] = {}
    for image in definitions.images:
        for target in image.members:
            for path in (f"{definitions.folder}/{image.name}/image.yaml", dockerfile_of(target)):
                if path in reasons:
                    found.setdefault(target.name, reasons[path])
    return found


def dockerfile_of(target: Wanted) -> str:
    """The path of a target's Dockerfile from the project's folder."""
    context = str(target.attributes.get("context") or ".").removeprefix("cwd://")
    return posixpath.normpath(posixpath.join(context, str(target.attributes.get("dockerfile") or "Dockerfile")))


def _without_broken_links(found: Found) -> Found:
    """`found` without targets that link to a target which is not there, or no more."""
    kept = found.targets
    losses = list(found.losses)
    while True:
        names = {target.name for target in kept}
        broken = {target.name: link for target in kept if (link := _broken_link(target, names)) is not None}
        if not broken:
            return replace(found, targets=kept, losses=tuple(losses))
        for target in kept:
            if target.name in broken:
                what = f"the target {target.name} is left out: it builds on {broken[target.name]}, which is not there"
                losses.append(Loss(target.origin, what, "mend that and run it again"))
        kept = tuple(target for target in kept if target.name not in broken)


def _broken_link(target: Wanted, names: Collection[str]) -> str | None:
    contexts = target.attributes.get("contexts")
    values = [str(one) for one in contexts.values()] if isinstance(contexts, dict) else []
    links = [one.removeprefix("target:") for one in values if one.startswith("target:")]
    return next((link for link in links if link not in names), None)
