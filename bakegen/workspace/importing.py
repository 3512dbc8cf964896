"""What `bakegen init` does: reads what is there, makes definitions of it, and has them say what they build."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

from bakegen.bake.compose import main_file
from bakegen.bake.meaning import meaning
from bakegen.errors import EngineError
from bakegen.importing.apply_templates_notes import template_notes
from bakegen.importing.bakefiles_values import printed_values
from bakegen.importing.bakefiles_variables import in_registry, summed_up
from bakegen.importing.comparing import Comparison, compare
from bakegen.importing.folding_project import Choices, Definitions
from bakegen.importing.merging import joined, merged
from bakegen.importing.merging_tags import with_own_tags
from bakegen.importing.model import Found, Loss
from bakegen.importing.sources import Kind, reader
from bakegen.plan.recipes import is_remote
from bakegen.values import dataclass
from bakegen.workspace.files import Changes, ProjectFiles
from bakegen.workspace.git import git_facts
from bakegen.workspace.importing_bake import bake_files, read_bake_files
from bakegen.workspace.importing_files import RepositoryFiles
from bakegen.workspace.importing_gitignore import NAME, to_ignore
from bakegen.workspace.importing_opening import SCHEMAS, dockerfile_of, opened
from bakegen.workspace.importing_templates import same_dockerfiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Wanted
    from bakegen.workspace.importing_gitignore import Ignored
    from bakegen.workspace.project import Workspace


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
        ignored: what .gitignore lacks; None for nothing.
    """

    sources: Mapping[Kind, tuple[int, int]]
    read: tuple[str, ...]
    definitions: Definitions
    texts: Mapping[str, str]
    comparison: Comparison
    found: Found
    ignored: Ignored | None


def import_project(
    root: Path, environ: Mapping[str, str], kinds: Collection[Kind] = (), paths: Sequence[str] = (), *,
    folder: str = "images", registry: str | None = None, templates: bool = False,
) -> Imported | None:  # fmt: skip
    """What there is below `root`, as definitions that are not written yet; None where there is nothing.

    Args:
        root: the project's folder.
        environ: the environment that bake files are read with.
        kinds: the sources to read; all without them.
        paths: files and folders below `root` to look at; all without them.
        folder: where images are written.
        registry: the project's registry; the one that tags have in common without it.
        templates: whether docker-library's templates are carried over.

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
    found = replace(found, settings={**_default_branch(repository.root), **found.settings})
    if templates:
        from bakegen.importing.apply_templates import carried

        found = carried(found, repository)
    ignored = to_ignore(repository.root)
    hidden = (NAME,) if ignored is not None and ignored.new else ()
    choices = Choices(folder, registry, frozenset(repository.all_paths), hidden)
    definitions, written, workspace, found = opened(found, choices, ProjectFiles(repository.root))
    found = replace(found, notes=(*_notes(found, definitions), *template_notes(definitions, found.targets)))
    printed, origins = _printed(workspace)
    origins |= same_dockerfiles(workspace.plan.targets, definitions.images, repository)
    comparison = compare(found.targets, found.groups, printed, origins)
    counts = _counts(by_kind)
    return Imported(counts, tuple(read), definitions, written, comparison, found, ignored)


def _default_branch(root: Path) -> dict[str, Json]:
    """The setting of that name, where git tells that it is not the one that is built in."""
    facts = git_facts(root)
    name = facts.default_branch or ("main" if facts.branch == "main" else None)
    return {} if name in (None, "master") else {"default-branch": name}


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


def pending(root: Path, imported: Imported) -> tuple[Changes, Changes]:
    """The changes that writing the definitions comes to, and those of .gitignore and of the schemas that they name."""
    definitions, others = Changes(ProjectFiles(root)), Changes(ProjectFiles(root))
    for path, text in imported.texts.items():
        definitions.write(path, text)
    if imported.ignored is not None:
        others.write(NAME, imported.ignored.content)
    for name in ("bakegen", "image"):
        schema = files("bakegen") / "schema" / f"{name}.schema.json"
        others.write(f"{SCHEMAS}/{name}.schema.json", schema.read_text("utf-8"))
    return definitions, others
