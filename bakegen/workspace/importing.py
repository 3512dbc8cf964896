"""What `bakegen init` does: reads what is there, makes definitions of it, and has them say what they build."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

from bakegen.bake.check import check
from bakegen.bake.compose import main_file
from bakegen.bake.meaning import meaning
from bakegen.diagnostics import Severity
from bakegen.errors import EngineError, InputError
from bakegen.importing.bakefiles_values import printed_values
from bakegen.importing.bakefiles_variables import in_registry, summed_up
from bakegen.importing.comparing import Comparison, compare
from bakegen.importing.folding_project import Choices, Definitions, fold_all
from bakegen.importing.merging import joined, merged
from bakegen.importing.merging_tags import with_own_tags
from bakegen.importing.model import Found, Loss
from bakegen.importing.sources import Kind, reader
from bakegen.importing.writing import texts
from bakegen.plan.recipes import is_remote
from bakegen.values import dataclass
from bakegen.workspace.files import Changes, ProjectFiles
from bakegen.workspace.importing_bake import bake_files, read_bake_files
from bakegen.workspace.importing_files import LaidOver, RepositoryFiles
from bakegen.workspace.project import open_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from bakegen.bake.meaning import Json
    from bakegen.diagnostics import Diagnostic
    from bakegen.importing.model import Wanted
    from bakegen.workspace.project import Workspace

_MOST_TRIES = 50
_MOST_ALONE = 200
_SCHEMAS = ".bakegen"


@dataclass(frozen=True)
class Imported:
    """What was found, and what became of it.

    Attributes:
        sources: by kind, how many targets each had, and how many of these no earlier kind had.
        read: the files that bake files were read from.
        definitions: the project.
        texts: its files by path.
        comparison: of what was found with what these files build.
        found: everything that was found and is carried over.
    """

    sources: Mapping[Kind, tuple[int, int]]
    read: tuple[str, ...]
    definitions: Definitions
    texts: Mapping[str, str]
    comparison: Comparison
    found: Found


def import_project(
    root: Path, environ: Mapping[str, str], kinds: Collection[Kind] = (), paths: Sequence[str] = (), *,
    folder: str = "images", registry: str | None = None,
) -> Imported | None:  # fmt: skip
    """What there is below `root`, as definitions that are not written yet; None where there is nothing.

    Args:
        root: the project's folder.
        environ: the environment that bake files are read with.
        kinds: the sources to read; all without them.
        paths: files and folders below `root` to look at; all without them.
        folder: where images are written.
        registry: the project's registry; the one that tags have in common without it.

    Raises:
        EngineError: buildx refuses a bake file.
        InputError: nothing that was found can be a definition.
    """
    repository = RepositoryFiles(root, paths)
    by_kind: dict[Kind, Found] = {}
    read: list[str] = []
    for kind in Kind:
        if not kinds or kind in kinds:
            by_kind[kind] = _bake(repository, paths, environ, read) if kind is Kind.BAKE else reader(kind)(repository)
    found = with_own_tags(_buildable(merged(by_kind), repository))
    if not found.targets and not found.losses:
        return None
    choices = Choices(folder, registry, frozenset(repository.all_paths))
    definitions, written, workspace, found = _opened(found, choices, ProjectFiles(repository.root))
    found = replace(found, notes=_notes(found, definitions))
    comparison = compare(found.targets, found.groups, *_printed(workspace))
    counts = _counts(by_kind)
    return Imported(counts, tuple(read), definitions, written, comparison, found)


def _notes(found: Found, definitions: Definitions) -> tuple[Loss, ...]:
    defaults = found.settings.get("defaults")
    given = defaults.get("vars") if isinstance(defaults, dict) else None
    values = {name: str(given[name]) for name in definitions.unused} if isinstance(given, dict) else {}
    return summed_up(in_registry(found.notes, values, str(definitions.settings.get("registry", ""))))


def _counts(by_kind: Mapping[Kind, Found]) -> dict[Kind, tuple[int, int]]:
    counts: dict[Kind, tuple[int, int]] = {}
    so_far: dict[Kind, Found] = {}
    before = 0
    for kind, found in by_kind.items():
        so_far[kind] = found
        after = len(merged(so_far).targets)
        if found.targets:
            counts[kind] = len(found.targets), after - before
        before = after
    return counts


def _bake(files: RepositoryFiles, paths: Sequence[str], environ: Mapping[str, str], read: list[str]) -> Found:
    sets, beside = bake_files(files, paths)
    several: list[Found] = []
    for names in sets:
        try:
            several.append(read_bake_files(files, names, environ))
        except EngineError as refusal:
            if len(sets) == 1:
                raise
            why = f"bake itself refuses the file: {str(refusal).rpartition('ERROR: ')[2].strip()}"
            several.append(Found(losses=(Loss(names[0], why, "mend it, then run this again"),)))
            continue
        read += names
    notes = tuple(
        Loss(path, "this bake file is not read: bake does not read it by itself",
             f"name all files that belong together: `bakegen init {' '.join([*read, path])}`")
        for path in beside
    )  # fmt: skip
    found = joined(several, [posixpath.basename(posixpath.dirname(names[0])) for names in sets])
    return replace(found, notes=(*found.notes, *notes))


def _buildable(found: Found, files: RepositoryFiles) -> Found:
    """`found` without targets that cannot be built from what is there, each with its reason."""
    kept: list[Wanted] = []
    losses = list(found.losses)
    for target in found.targets:
        reason = _unbuildable(target, files)
        if reason is None:
            kept.append(target)
        else:
            losses.append(Loss(target.origin, f"the target {target.name} is left out: {reason[0]}", reason[1]))
    return replace(found, targets=tuple(kept), losses=tuple(losses))


def _unbuildable(target: Wanted, files: RepositoryFiles) -> tuple[str, str] | None:
    attributes = target.attributes
    context = str(attributes.get("context") or ".").removeprefix("cwd://")
    contexts = attributes.get("contexts")
    local = [str(one).removeprefix("cwd://") for one in contexts.values()] if isinstance(contexts, dict) else []
    for folder in [context, *local]:
        if not is_remote(folder) and not (files.root / folder).resolve().is_relative_to(files.root):
            return f"{folder} lies outside of this folder", "run `bakegen init` in the folder above both"
    if is_remote(context) or "dockerfile-inline" in attributes:
        return None
    path = dockerfile_of(target)
    if not (files.root / path).is_file():
        return f"there is no {path}", "say where its Dockerfile is, or make it before `bakegen init`"
    return None


def _opened(
    found: Found, choices: Choices, files: ProjectFiles
) -> tuple[Definitions, dict[str, str], Workspace, Found]:
    """The definitions, their files and the project that they make, without images that cannot be part of it."""
    last: tuple[Diagnostic, ...] = ()
    for _ in range(_MOST_TRIES):
        found = _without_broken_links(found)
        definitions = fold_all(found, choices)
        written = texts(definitions, _SCHEMAS)
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


def _printed(workspace: Workspace) -> tuple[dict[str, Json], dict[str, str]]:
    """What bake is told of all targets and groups, texts as they are meant, and what rendered Dockerfiles are of."""
    plan = workspace.plan
    file = main_file(plan, workspace.project.settings.default_branch.value, ())
    told = meaning(file, [target.name for target in file.targets])
    targets = told["target"]
    assert isinstance(targets, dict)
    plain: dict[str, Json] = {name: printed_values(one) for name, one in targets.items()}
    origins = {name: target.recipe.origin for name, target in plan.targets.items() if target.recipe.files}
    groups: dict[str, Json] = {group.name: {"targets": [*group.targets]} for group in file.groups}
    return {"target": plain, "group": groups}, origins


def pending(root: Path, written: Mapping[str, str]) -> tuple[Changes, Changes]:
    """The changes that writing the definitions comes to, and those of the schemas that their first lines name."""
    definitions, schemas = Changes(ProjectFiles(root)), Changes(ProjectFiles(root))
    for path, text in written.items():
        definitions.write(path, text)
    for name in ("bakegen", "image"):
        schema = files("bakegen") / "schema" / f"{name}.schema.json"
        schemas.write(f"{_SCHEMAS}/{name}.schema.json", schema.read_text("utf-8"))
    return definitions, schemas
