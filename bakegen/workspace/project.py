"""A project on disk, read whole: where it is, what its files say, its plan; every command starts here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.definition.loader import PROJECT_FILE, load_project
from bakegen.diagnostics import error
from bakegen.errors import InputError
from bakegen.matrix.expand import expand
from bakegen.matrix.select import select
from bakegen.plan.build import build_plan
from bakegen.templating.files import FileRenderer
from bakegen.workspace.files import ProjectFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bakegen.definition.project import Project
    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.model import Plan
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
        place = self._files.resolve(path)
        if not place.is_dir():
            return ()
        with os.scandir(place) as entries:
            return [entry.name for entry in entries if entry.is_dir()]


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
        return "[tool.bakegen" in path.read_text("utf-8", "replace")
    except OSError:
        return False


@dataclass(frozen=True)
class Workspace:
    """One project on disk."""

    files: ProjectFiles
    project: Project
    warnings: tuple[Diagnostic, ...]
    plan: Plan

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
    files = ProjectFiles(find_root(start), tuple(outside))
    project = load_project(_DefinitionFiles(files), environ, sets)
    warnings = list(project.warnings)
    variants = expand(project, warnings=warnings)
    selections = select(project, variants, warnings)
    templates = project.settings.templates.value

    def partial(name: str) -> Source | None:
        return files.read_if_there(f"{templates}/{name}")

    plan = build_plan(project, variants, selections, _Remembered(files), FileRenderer(partial))
    return Workspace(files, project, (*warnings, *plan.warnings), plan)
