"""From definition files to a `Project`: finds the images, reads every file, builds the lower half of the cascade.

The upper half (matrix overrides, environment, flags) differs between the variants of an image and is applied
by `bakegen.matrix`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from bakegen.definition.cascade import set_over
from bakegen.definition.fields import IMAGE_FIELDS, SETTINGS
from bakegen.definition.globs import is_glob, matches
from bakegen.definition.matrix_reader import read_matrix
from bakegen.definition.origin import BUILT_IN, Layer, Origin
from bakegen.definition.project import ImageDefinition, Matrix, Project, Selection, Settings
from bakegen.definition.readers import Problems, check_names, read_fields, wrong_shape
from bakegen.definition.selections import read_selections
from bakegen.definition.sets import read_environment, read_flags
from bakegen.definition.settings import read_settings
from bakegen.definition.toml_reader import mentions_bakegen, read_toml
from bakegen.definition.values import Leaf, Raw, Unset
from bakegen.diagnostics import Label, Severity, error, warning
from bakegen.documents.nodes import Node, Scalar, Table
from bakegen.documents.yaml_reader import read_yaml
from bakegen.errors import InputError
from bakegen.text import Location, Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROJECT_FILE = "bakegen.yaml"
IMAGE_FILE = "image.yaml"
_IMAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ProjectFiles(Protocol):
    """The files of a project, by POSIX paths relative to its root; implemented where effects live."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is no such file."""

    def exists(self, path: str) -> bool:
        """Whether there is a file at `path`."""

    def folders(self, path: str) -> Sequence[str]:
        """The names of the folders directly in the folder `path` (``"."`` is the root), in any order."""


def load_project(files: ProjectFiles, environ: Mapping[str, str], flags: Sequence[str] = ()) -> Project:
    """Read a whole project; `flags` are the values of `--set`.

    Raises InputError with every problem found in every file.
    """
    problems: Problems = []
    table = _project_table(files, problems)
    outside = (read_environment(environ, problems), read_flags(flags, problems))
    if table is not None:
        check_names("a project", table, SETTINGS, problems)
    settings, cache = read_settings(table, outside, problems)
    selections: list[Selection] = []
    settled: dict[str, Raw] = {"repository": Leaf(settings.repository.value, settings.repository.origin)}
    if isinstance(cache, dict):
        settled["cache"] = cache
    base = dict(settled)
    if table is not None:
        if "selections" in table.entries:
            selections += read_selections(table.entries["selections"], None, problems)
        for name, value in _defaults(table, problems).items():
            set_over(base, name, value, settled)
    images = []
    for directory in _image_folders(files, settings, problems):
        image = _image(files, directory, base, settled, selections, problems)
        if image is not None:
            images.append(image)
    _check_image_names(images, problems)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise InputError(problems)
    rules = tuple(rule for layer in outside for rule in layer.rules)
    return Project(settings, tuple(images), tuple(selections), rules, tuple(problems))


def _project_table(files: ProjectFiles, problems: Problems) -> Table | None:
    data = files.read(PROJECT_FILE)
    toml_data = files.read("pyproject.toml")
    toml = Source.from_bytes("pyproject.toml", toml_data) if toml_data is not None else None
    before = len(problems)
    in_toml = read_toml(toml, problems) if toml is not None and mentions_bakegen(toml) else None
    if data is None:
        if in_toml is None and len(problems) == before:
            problems.append(
                error(
                    "no-project",
                    f"no {PROJECT_FILE} here, and no [tool.bakegen] in a pyproject.toml",
                    help=f"run bakegen in the project's root; an empty {PROJECT_FILE} is enough to start with",
                )
            )
        return _as_table(in_toml, problems)
    source = Source.from_bytes(PROJECT_FILE, data)
    if in_toml is not None:
        problems.append(
            error(
                "two-projects",
                f"settings are both in {PROJECT_FILE} and in pyproject.toml",
                in_toml.location,
                labels=[Label(Location(source, Span(0, 0)), "the other ones are here")],
                help="keep them in one of the two files",
            )
        )
    return _as_table(read_yaml(source, problems), problems)


def _as_table(node: Node | None, problems: Problems) -> Table | None:
    if node is None or isinstance(node, Table):
        return node
    problems.append(wrong_shape("the file", "fields, as in `field: value`,", node))
    return None


def _defaults(table: Table, problems: Problems) -> dict[str, Raw]:
    node = table.entries.get("defaults")
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    if not isinstance(node, Table):
        problems.append(wrong_shape("`defaults`", "a mapping", node))
        return {}
    allowed = {name: field for name, field in IMAGE_FIELDS.items() if field.whole_project}
    fields = read_fields("`defaults`", node, allowed, Layer.PROJECT, problems)
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}


def _image_folders(files: ProjectFiles, settings: Settings, problems: Problems) -> list[str]:
    found: dict[str, None] = {}
    for pattern in settings.images.value:
        folders = _expand(files, pattern)
        with_image = [folder for folder in folders if files.exists(_join(folder, IMAGE_FILE))]
        place = settings.images.origin.location
        if not with_image and is_glob(pattern):
            message = f"no folder matches {pattern!r} and has an {IMAGE_FILE}"
            problems.append(warning("no-images", message, place, help=_yml_help(files, folders)))
        elif not with_image:
            message = f"there is no {_join(pattern, IMAGE_FILE)}"
            problems.append(error("no-image", message, place, help=_yml_help(files, folders)))
        found.update(dict.fromkeys(with_image))
    return sorted(found)


def _yml_help(files: ProjectFiles, folders: Sequence[str]) -> str | None:
    wrong = next((folder for folder in folders if files.exists(_join(folder, "image.yml"))), None)
    return None if wrong is None else f"rename {_join(wrong, 'image.yml')} to {IMAGE_FILE}"


def _expand(files: ProjectFiles, pattern: str) -> list[str]:
    folders = ["."]
    for part in pattern.split("/"):
        if part in ("", "."):
            continue
        if is_glob(part):
            folders = [
                _join(folder, name)
                for folder in folders
                for name in files.folders(folder)
                if matches(part, name) and (part.startswith(".") or not name.startswith("."))
            ]
        else:
            folders = [_join(folder, part) for folder in folders]
    return folders


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _image(
    files: ProjectFiles,
    directory: str,
    base: Mapping[str, Raw],
    settled: Mapping[str, Raw],
    selections: list[Selection],
    problems: Problems,
) -> ImageDefinition | None:
    path = _join(directory, IMAGE_FILE)
    data = files.read(path)
    if data is None:
        problems.append(error("no-image", f"{path} cannot be read"))
        return None
    source = Source.from_bytes(path, data)
    start = Location(source, Span(0, 0))
    name = directory.rpartition("/")[2]
    if not _IMAGE_NAME.fullmatch(name):
        problems.append(
            error(
                "image-name",
                f"an image cannot be called {name!r}",
                start,
                help="rename the folder: letters, digits, `.`, `_` and `-`, a letter or digit first",
            )
        )
        return None
    table = _as_table(read_yaml(source, problems), problems)
    fields = _built_in(files, directory, source, problems, table)
    fields |= base
    matrix = Matrix()
    if table is not None:
        for key, value in read_fields("an image", table, IMAGE_FIELDS, Layer.IMAGE, problems).items():
            set_over(fields, key, value, settled)
        if "matrix" in table.entries and not _is_null(table.entries["matrix"]):
            matrix = read_matrix(table.entries["matrix"], problems)
        if "selections" in table.entries:
            selections += read_selections(table.entries["selections"], name, problems)
    template = fields.pop("name", None)
    return ImageDefinition(
        name,
        directory,
        fields,
        matrix,
        template if isinstance(template, Leaf) else None,
        table.location if table is not None else start,
    )


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def _built_in(
    files: ProjectFiles, directory: str, source: Source, problems: Problems, table: Table | None
) -> dict[str, Raw]:
    fields: dict[str, Raw] = {
        "context": Leaf(".", BUILT_IN),
        "default": Leaf("true", BUILT_IN),
    }
    there = [name for name in ("Dockerfile.j2", "Dockerfile") if files.exists(_join(directory, name))]
    named = table is not None and ("dockerfile" in table.entries or "dockerfile-inline" in table.entries)
    if len(there) == 2 and not named:
        problems.append(
            error(
                "two-dockerfiles",
                f"{directory} has a Dockerfile and a Dockerfile.j2",
                Location(source, Span(0, 0)),
                help="say which one is meant with `dockerfile`",
            )
        )
    if there:
        fields["dockerfile"] = Leaf(there[0], Origin(Layer.BUILT_IN, detail="found in the image's folder"))
    return fields


def _check_image_names(images: Sequence[ImageDefinition], problems: Problems) -> None:
    seen: dict[str, ImageDefinition] = {}
    for image in images:
        other = seen.setdefault(image.name, image)
        if other is not image:
            problems.append(
                error(
                    "duplicate-image",
                    f"two images are called {image.name!r}",
                    image.location,
                    labels=[Label(other.location, "the other one is here")],
                    help="rename one of the folders",
                )
            )
