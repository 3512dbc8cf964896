"""Writes a `BakeFile` as HCL that a person enjoys reading: groups first, targets by section, aligned, stable.

Nothing of others is evaluated by bake: the one expression is a look-up in a map that is empty unless the
override file fills it. One pass, a list of pieces, time and memory linear in the size of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.bake.entries import as_written, takes_objects
from bakegen.bake.model import Choice
from bakegen.bake.strings import comment_lines, hcl_heredoc, hcl_key, hcl_lookup, hcl_string
from bakegen.bake.writable import refuse_unwritable, writable_attributes
from bakegen.definition.attributes import ATTRIBUTES

if TYPE_CHECKING:
    from bakegen.bake.model import BakeFile, BakeGroup, BakeTarget, Value

WIDTH = 110
"""A list longer than this stands in lines of its own."""

_RANK = {name: at for at, name in enumerate(ATTRIBUTES)}


def write_hcl(file: BakeFile, min_buildx: str) -> str:
    """The text of ``docker-bake.hcl``.

    Raises InputError, with every reason, where something cannot be written: an attribute that is unknown
    or newer than `min_buildx`, text that bake would change. `check` finds more, and finds it earlier.
    """
    refuse_unwritable(file, min_buildx)
    objects = takes_objects(min_buildx)
    described = writable_attributes(min_buildx)["description"]
    out: list[str] = []
    for line in file.header:
        out += comment_lines(line) or ["#"]
    for variable in file.variables:
        _blank(out)
        out += comment_lines(variable.comment)
        out.append(f'variable "{variable.name}" {{')
        out.append(f"  default = {_map(variable.values, 2) if variable.values else '{}'}")
        out.append("}")
    for group in file.groups:
        _blank(out)
        _write_group(out, group, described)
    section = ""
    for target in file.targets:
        if target.section != section:
            section = target.section
            if section:
                _blank(out)
                out += [f"{line} {'-' * max(3, 76 - len(line))}" for line in comment_lines(f"---- {section}")]
        _blank(out)
        write_target(out, target, objects, described)
    out.append("")
    return "\n".join(out)


def _blank(out: list[str]) -> None:
    if out:
        out.append("")


def _write_group(out: list[str], group: BakeGroup, described: bool) -> None:
    if group.description and not described:
        out += comment_lines(group.description)
    out.append(f'group "{group.name}" {{')
    lines: list[tuple[str, str]] = []
    if group.description and described:
        lines.append(("description", hcl_string(group.description)))
    lines.append(("targets", _value("targets", group.targets, 2)))
    _aligned(out, lines, "  ")
    out.append("}")


def write_target(out: list[str], target: BakeTarget, objects: bool, described: bool) -> None:
    """Append the lines of `target` to `out`."""
    if target.comment:
        out += comment_lines(target.comment)
    attributes = target.attributes
    if not described and "description" in attributes:
        out += comment_lines(str(attributes["description"]))
        attributes = {name: value for name, value in attributes.items() if name != "description"}
    if not attributes:
        out.append(f'target "{target.name}" {{}}')
        return
    out.append(f'target "{target.name}" {{')
    _aligned(out, attribute_lines(attributes, objects), "  ")
    out.append("}")


def attribute_lines(attributes: Mapping[str, Value], objects: bool) -> list[tuple[str, str]]:
    """Each attribute with the text of its value, in the order of the table."""
    return [
        (name, _value(name, as_written(name, attributes[name], objects), 2))
        for name in sorted(attributes, key=_RANK.__getitem__)
    ]


def _aligned(out: list[str], lines: list[tuple[str, str]], indent: str) -> None:
    """``name = value`` with the equals signs of neighbouring one-line values below each other."""
    start = 0
    count = len(lines)
    while start < count:
        end = start
        width = 0
        while end < count and "\n" not in lines[end][1]:
            width = max(width, len(lines[end][0]))
            end += 1
        for name, text in lines[start:end]:
            out.append(f"{indent}{name:<{width}} = {text}")
        if end < count:
            name, text = lines[end]
            out.append(f"{indent}{name} = {text}")
            end += 1
        start = end


def _value(name: str, value: Value, depth: int) -> str:
    if isinstance(value, str):
        if name == "dockerfile-inline":
            heredoc = hcl_heredoc(value)
            if heredoc is not None:
                return heredoc
        return hcl_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return _list(name, value, depth)
    return _map(value, depth) if value else "{}"


def _list(name: str, values: tuple[Value, ...], depth: int) -> str:
    items = [inline(value) for value in values]
    entries = bool(values) and isinstance(values[0], Mapping)
    if len(items) <= 1 or not entries:
        one_line = f"[{', '.join(items)}]"
        if depth + len(name) + 3 + len(one_line) <= WIDTH:
            return one_line
    if len(items) == 1 and entries:
        return f"[{_map(values[0], depth)}]"
    pad = " " * (depth + 2)
    if entries and max(map(len, items)) + depth + 3 > WIDTH:
        items = [_map(value, depth + 2) for value in values]
    return "[\n" + "".join(f"{pad}{item},\n" for item in items) + " " * depth + "]"


def _map(value: Value, depth: int) -> str:
    lines: list[str] = ["{"]
    if isinstance(value, Mapping):
        _aligned(lines, [(hcl_key(key), inline(item)) for key, item in value.items()], " " * (depth + 2))
    lines.append(" " * depth + "}")
    return "\n".join(lines)


def inline(value: Value) -> str:
    """`value` on one line."""
    if isinstance(value, Choice):
        return hcl_lookup(value.variable, value.key, value)
    if isinstance(value, str):
        return hcl_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(inline(item) for item in value)}]"
    if not value:
        return "{}"
    return f"{{ {', '.join(f'{hcl_key(key)} = {inline(item)}' for key, item in value.items())} }}"
