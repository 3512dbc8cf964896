"""The project around a definition file, as rules look at it, with the text that is being mended laid over the disk."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.definition.loader import IMAGE_FILE, PROJECT_FILE
from bakegen.rules.project_subject import KnownProject
from bakegen.values import dataclass
from bakegen.workspace.files import LARGEST_FILE, ProjectFiles
from bakegen.workspace.project import open_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.text import Location, Source

_MOST_TEMPLATES = 500


@dataclass(frozen=True)
class _Laid(ProjectFiles):
    """The files of a project, some of them with another text than on disk."""

    texts: Mapping[str, Source] = field(default_factory=dict)

    def read(self, path: str, location: Location | None = None, *, limit: int = LARGEST_FILE) -> Source:
        """See `ProjectFiles`."""
        laid = self.texts.get(path)
        return laid if laid is not None else super().read(path, location, limit=limit)

    def exists(self, path: str, location: Location | None = None) -> bool:
        """See `ProjectFiles`."""
        return path in self.texts or super().exists(path, location)


def load_known(root: Path, texts: Mapping[str, Source] | None = None) -> KnownProject:
    """The project in a folder.

    Args:
        root: its folder.
        texts: files that have another text than on disk, by their paths in the project.

    Raises:
        InputError: with every problem of every file.
    """
    # Whoever builds a project says what it may reach outside of its folder. Nobody says so to a linter, and what is in
    # the same repository is no secret to it.
    outside = tuple(str(folder) for folder in root.resolve().parents if (folder / ".git").exists())
    files = _Laid(root, outside[:1], texts=texts or {})
    # No environment: what the files say is looked at, not what is set over it on this machine.
    workspace = open_files(files, {}, rewriting=False)
    templates: dict[str, Source] = {}
    folder = root / workspace.project.settings.templates.value
    for one in sorted(folder.rglob("*"))[:_MOST_TEMPLATES] if folder.is_dir() else ():
        if one.is_file():
            name = one.relative_to(root).as_posix()
            templates[name] = files.read(name)
    for target in workspace.plan.targets.values():
        name = target.recipe.origin
        if name and name not in templates:
            templates[name] = files.read(name)
    return KnownProject(workspace.project, workspace.plan, workspace.warnings, tuple(templates.values()))


def definition_files(root: Path, known: KnownProject) -> tuple[Source, ...]:
    """The definition files of a project, bakegen.yaml first, under their paths in it."""
    files = ProjectFiles(root)
    paths = [PROJECT_FILE, *(f"{image.directory}/{IMAGE_FILE}" for image in known.project.images)]
    return tuple(source for one in paths if (source := files.read_if_there(one)) is not None)
