"""A project on disk, read whole: where it is, what its files say, its plan; every command starts here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.definition.loader import PROJECT_FILE, load_project
from bakegen.diagnostics import Severity, error
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.errors import InputError
from bakegen.facts.lockfile import OtherVersionError, read_lock
from bakegen.facts.model import LOCK_FILE
from bakegen.matrix.expand import expand
from bakegen.matrix.select import select
from bakegen.plan.build import build_plan
from bakegen.plan.pins import pinned
from bakegen.templating.files import FileRenderer
from bakegen.workspace.files import ProjectFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bakegen.definition.project import Project
    from bakegen.diagnostics import Diagnostic
    from bakegen.facts.lockfile import Lock
    from bakegen.facts.model import Evidence
    from bakegen.matrix.model import Variant
    from bakegen.plan.model import Plan, Recipe
    from bakegen.plan.rewriting import Evidences
    from bakegen.text import Location, Source


class _DefinitionFiles:
    """The files of a project as the definition layer asks for them."""

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files

    def read(self, path: str) -> bytes | None:
        source = self._files.read_if_there(path)
        return None if source is None else source.to_bytes()

    def exists(self, path: str) -> bool:
        return self._files.exists(path)

    def folders(self, path: str) -> Sequence[str]:
        return self._files.folders(path)


class _Remembered:
    """The files that a plan reads: each once, however many variants share it."""

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files
        self._sources: dict[str, Source | None] = {}
        self._there: dict[str, bool] = {}

    def read(self, path: str, location: Location | None = None) -> Source:
        found = self._sources.get(path)
        if found is None:
            found = self._sources[path] = self._files.read(path, location)
        return found

    def read_if_there(self, path: str, location: Location | None = None) -> Source | None:
        if path not in self._sources:
            self._sources[path] = self._files.read_if_there(path, location)
        return self._sources[path]

    def exists(self, path: str, location: Location | None = None) -> bool:
        if path not in self._there:
            self._there[path] = self._files.exists(path, location)
        return self._there[path]


class _Gathered:
    """The facts that rewriting rests on: contexts and their history each once, base images from the lock."""

    def __init__(self, files: ProjectFiles, lock: Lock | None) -> None:
        self._lock = lock
        self._files = files
        self._contexts: dict[tuple[str, str], Evidence] = {}

    def evidence(self, recipe: Recipe, variant: Variant, platform: str | None) -> Evidence:
        """The facts for one platform of one target."""
        from bakegen.plan.locked import locked_bases  # only who rewrites pays for it

        text = recipe.ignore.text if recipe.ignore is not None else ""
        key = (recipe.context, text)
        if key not in self._contexts:
            rules = IgnoreFile.parse(recipe.ignore) if recipe.ignore is not None else IgnoreFile()
            self._contexts[key] = self._files.evidence(recipe.context, rules, variant.place("context"))
        assert recipe.source is not None
        # A base that is not pinned can be another image when it is built: nothing is known of it then.
        lock = self._lock if variant.flag("pin", True) else None
        bases = locked_bases(
            recipe.source, lock, build_args=variant.mapping("args"), platform=platform,
            contexts=variant.mapping("contexts"),
        )  # fmt: skip
        return replace(self._contexts[key], bases=bases)


def find_root(start: Path) -> Path:
    """The folder of the project that `start` lies in: the nearest one with a bakegen.yaml or `[tool.bakegen]`.

    Raises:
        InputError: there is none.
    """
    start = start.resolve()
    if not start.is_dir():
        raise InputError([error("no-project", f"{str(start)!r} is not a folder")])
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file() or _has_table(folder / "pyproject.toml"):
            return folder
    raise InputError(
        [
            error(
                "no-project",
                f"there is no {PROJECT_FILE} in {str(start)!r} or in a folder above it",
                help=f"an empty {PROJECT_FILE} makes a project; say where it is with --project",
            )
        ]
    )


def _has_table(path: Path) -> bool:
    try:
        return has_table(path.read_text("utf-8", "replace"))
    except OSError:
        return False


def has_table(text: str) -> bool:
    """Whether the text of a pyproject.toml makes a project; `[tool.bakegen.lint]` says how to lint and makes none."""
    return re.search(r"\[tool\.bakegen(?!\.lint[\].])", text) is not None


@dataclass(frozen=True)
class Workspace:
    """One project on disk; `lock` is what its lock file says, None without one.

    `environ` and `sets` are what it was opened with, so that it can be opened again as it was at another commit.
    """

    files: ProjectFiles
    project: Project
    warnings: tuple[Diagnostic, ...]
    plan: Plan
    lock: Lock | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    sets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.files.root

    @cached_property
    def renders(self) -> frozenset[str]:
        """The paths of all files that rendering writes for targets."""
        return frozenset(file.path for target in self.plan.targets.values() for file in target.recipe.files)


def open_workspace(
    start: Path, environ: Mapping[str, str], sets: Sequence[str] = (), outside: Sequence[str] = ()
) -> Workspace:
    """Reads the project around `start` and plans all of it.

    Args:
        start: a folder in the project.
        environ: environment variables; those called BAKEGEN_… set things.
        sets: the values of `--set`.
        outside: folders beside the project that it may read.

    Raises:
        InputError: with every problem of every file.
    """
    return open_files(ProjectFiles(find_root(start), tuple(outside)), environ, sets)


def open_files(
    files: ProjectFiles, environ: Mapping[str, str], sets: Sequence[str] = (), *, rewriting: bool = True
) -> Workspace:
    """Reads the project that `files` are of and plans all of it; `rewriting`: Dockerfiles are rewritten where wanted.

    Raises:
        InputError: with every problem of every file.
    """
    project = load_project(_DefinitionFiles(files), environ, sets)
    warnings = list(project.warnings)
    variants = expand(project, warnings=warnings)
    selections = select(project, variants, warnings)
    templates = project.settings.templates.value

    def partial(name: str) -> Source | None:
        return files.read_if_there(f"{templates}/{name}")

    rewriting = rewriting and any(variant.text("rewrite") not in (None, "off") for variant in variants)
    lock = read_project_lock(files, warnings)
    evidences = _Gathered(files, lock) if rewriting else None
    plan = build_plan(project, variants, selections, _Remembered(files), FileRenderer(partial), evidences)
    if lock is not None:
        plan = pinned(plan, lock)
    return Workspace(files, project, (*warnings, *plan.warnings), plan, lock, environ, tuple(sets))


def gatherer(workspace: Workspace) -> Evidences:
    """What gathers the facts that rewriting rests on, for the targets of a project."""
    return _Gathered(workspace.files, workspace.lock)


def read_project_lock(files: ProjectFiles, warnings: list[Diagnostic]) -> Lock | None:
    """The lock file, None without one, or where it is of another version: nothing is pinned then.

    Raises:
        InputError: it is broken.
    """
    source = files.read_if_there(LOCK_FILE)
    if source is None:
        return None
    try:
        return read_lock(source)
    except OtherVersionError as problem:
        warnings += [replace(found, severity=Severity.WARNING) for found in problem.diagnostics]
        return None
