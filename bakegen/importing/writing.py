"""Definitions to the texts of bakegen.yaml and of each image.yaml, as a careful person would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.importing.writing_yaml import document, flow, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.folding_model import Image
    from bakegen.importing.folding_project import Definitions

_GAPS = ("args", "tags", "output", "cache")
_MANY = 9
_IGNORE = "What bakegen adds is no input of the build."


def texts(definitions: Definitions, schemas: str = "") -> dict[str, str]:
    """The files of a project, by their paths from its folder.

    Args:
        definitions: the project.
        schemas: the folder or address of the schemas, for editors; "" for no such line.
    """
    found = {"bakegen.yaml": _modeline(schemas, "bakegen", 0) + _project(definitions)}
    depth = definitions.folder.count("/") + 2
    for image in definitions.images:
        path = f"{definitions.folder}/{image.name}/image.yaml"
        found[path] = _modeline(schemas, "image", depth) + image_text(image)
        for template in (target.template for target in image.members):
            if template is not None:
                found[f"{definitions.folder}/{image.name}/{template.name}"] = template.text
    return found


def _modeline(schemas: str, name: str, depth: int) -> str:
    if not schemas:
        return ""
    start = "" if "://" in schemas or schemas.startswith("/") else "../" * depth
    return f"# yaml-language-server: $schema={start}{schemas}/{name}.schema.json\n"


def _project(definitions: Definitions) -> str:
    settings = dict(definitions.settings)
    if not settings:
        return "# Settings of the project; every one has a default.\n"
    return document(settings, gaps=("selections", "defaults", "cache"))


def image_text(image: Image) -> str:
    """The text of an image.yaml, without the line for editors."""
    fields: dict[str, Json] = {}
    matrix = _matrix(image)
    comments: dict[str, list[str]] = {}
    for guess in image.guesses:
        comments.setdefault(guess.field, []).append(f"Guessed: {guess.why}")
    head = comments.pop("", [])
    if any(str(one).endswith("image.yaml") for one in _listed(image.fields.get("ignore"))):
        comments.setdefault("ignore", []).append(_IGNORE)
    placed = False
    for name, value in image.fields.items():
        if matrix and not placed and name not in ("description", "name"):
            fields["matrix"], placed = "", True
        fields[name] = value
    if matrix and not placed:
        fields["matrix"] = ""
    known = {name: lines for name, lines in comments.items() if _is_there(fields, name)}
    head += [f"{line} (`{name}`)" for name, lines in comments.items() if name not in known for line in lines]
    text = document(fields, known, _gaps(fields))
    if matrix:
        text = text.replace('matrix: ""\n', matrix, 1)
    if not fields:
        text = "# Everything is as by default: the Dockerfile in this folder, with this folder as its context.\n{}\n"
    return "".join(f"# {line}\n" for line in head) + text


def _is_there(fields: Mapping[str, Json], name: str) -> bool:
    """Whether a field, or ``args.NAME``, is written."""
    field, _, key = name.partition(".")
    value = fields.get(field)
    return field in fields and (not key or (isinstance(value, dict) and key in value))


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _gaps(fields: dict[str, Json]) -> list[str]:
    """The fields that an empty line goes before: the matrix, what follows it, groups of fields where there are many."""
    names = list(fields)
    after = names.index("matrix") + 1 if "matrix" in names else 0
    gaps = ["matrix", "ignore", *(names[after : after + 1] if after else [])]
    return [*gaps, *(_GAPS if len(names) >= _MANY else ())]


def _matrix(image: Image) -> str:
    if not image.axes:
        return ""
    lines = ["matrix:", "  axes:"]
    for axis, values in image.axes.items():
        if any(isinstance(value, dict) for value in values):
            lines += [f"    {axis}:", *(f"      - {flow(value)}" for value in values)]
        else:
            lines += _list(f"    {axis}:", values)
    if image.exclude:
        lines += ["  exclude:", *(f"    - {flow(dict(one))}" for one in image.exclude)]
    if image.overrides:
        lines.append("  overrides:")
        for override in image.overrides:
            lines.append(f"    - match: {flow(dict(override.match))}")
            short = f"      set: {flow(dict(override.set))}"
            if len(short) <= 100:
                lines.append(short)
            else:
                inner = document(dict(override.set)).splitlines()
                lines += ["      set:", *(f"        {line}".rstrip() for line in inner)]
    return "".join(f"{line}\n" for line in lines)


def _list(head: str, values: Sequence[Json]) -> list[str]:
    line = f"{head} [{', '.join(map(scalar, values))}]"
    if len(line) <= 110:
        return [line]
    return [head, *(f"      - {scalar(value)}" for value in values)]
