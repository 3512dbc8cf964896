"""Writes a `BakeFile` as ``docker-bake.json``: the same content as the HCL, for programs.

Bake reads JSON as HCL's JSON syntax, so that ``${…}`` is escaped here too; comments stand under the key
``//``, which that syntax ignores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.bake.entries import as_written, takes_objects
from bakegen.bake.model import Choice
from bakegen.bake.strings import json_lookup, json_string
from bakegen.bake.writable import refuse_unwritable, writable_attributes
from bakegen.definition.attributes import ATTRIBUTES
from bakegen.diagnostics import printable

if TYPE_CHECKING:
    from bakegen.bake.model import BakeFile, Value

_RANK = {name: at for at, name in enumerate(ATTRIBUTES)}


def write_json(file: BakeFile, min_buildx: str) -> str:
    """The text of ``docker-bake.json``; raises InputError as `write_hcl` does."""
    refuse_unwritable(file, min_buildx)
    objects = takes_objects(min_buildx)
    described = writable_attributes(min_buildx)["description"]
    parts: list[str] = []
    if file.header:
        parts.append(f'  "//": {_comment(file.header, 2)}')
    blocks: list[str] = []
    if file.variables:
        for variable in file.variables:
            note: dict[str, Value] = {"//": printable(variable.comment)} if variable.comment else {}
            blocks.append(f"    {json_string(variable.name)}: {_object({**note, 'default': variable.values}, 4)}")
        parts.append('  "variable": {\n' + ",\n".join(blocks) + "\n  }")
    if file.groups:
        blocks = []
        for group in file.groups:
            body: dict[str, Value] = {}
            if group.description:
                body["description" if described else "//"] = group.description
            body["targets"] = group.targets
            blocks.append(f"    {json_string(group.name)}: {_object(body, 4)}")
        parts.append('  "group": {\n' + ",\n".join(blocks) + "\n  }")
    if file.targets:
        blocks = []
        for target in file.targets:
            attributes = target.attributes
            body = {}
            comment = target.comment
            if not described and "description" in attributes:
                comment = "\n".join(filter(None, (comment, str(attributes["description"]))))
            if comment:
                body["//"] = printable(comment)
            for name in sorted(attributes, key=_RANK.__getitem__):
                if described or name != "description":
                    body[name] = as_written(name, attributes[name], objects)
            blocks.append(f"    {json_string(target.name)}: {_object(body, 4)}")
        parts.append('  "target": {\n' + ",\n".join(blocks) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n" if parts else "{}\n"


def _comment(lines: tuple[str, ...], depth: int) -> str:
    return _list(tuple(printable(line) for line in lines), depth)


def _object(values: dict[str, Value], depth: int) -> str:
    pad = " " * (depth + 2)
    items = [f"{pad}{json_string(name)}: {_value(value, depth + 2)}" for name, value in values.items()]
    return "{\n" + ",\n".join(items) + "\n" + " " * depth + "}" if items else "{}"


def _list(values: tuple[Value, ...], depth: int) -> str:
    pad = " " * (depth + 2)
    items = [pad + _value(value, depth + 2) for value in values]
    return "[\n" + ",\n".join(items) + "\n" + " " * depth + "]" if items else "[]"


def _value(value: Value, depth: int) -> str:
    if isinstance(value, Choice):
        return json_lookup(value.variable, value.key, value)
    if isinstance(value, str):
        return json_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return _list(value, depth)
    return _object(dict(value), depth)
