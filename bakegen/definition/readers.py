"""Nodes to raw values: checks that each field is written in its shape, collects every problem; used for all layers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Kind
from bakegen.definition.entries import parse_entry
from bakegen.definition.fields import DURATION_PATTERN, FieldSpec, SettingSpec, Shape
from bakegen.definition.origin import Layer, Origin
from bakegen.definition.values import Leaf, Raw, Unset
from bakegen.diagnostics import Diagnostic, did_you_mean, error
from bakegen.documents.nodes import Items, Node, Scalar, Table, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.definition.attributes import EntryField

_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DURATION = re.compile(DURATION_PATTERN)
Problems = list[Diagnostic]


def has_template(text: str) -> bool:
    """Whether `text` may have a template in it, so that its value is known only when it is rendered."""
    return "{{" in text or "{%" in text or "{#" in text


def as_bool(text: str) -> bool | None:
    """`true` or `false` as YAML 1.2 spells them; None for anything else."""
    return _BOOLS.get(text)


def as_integer(text: str) -> int | None:
    """A whole number in digits; None for anything else."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def as_seconds(text: str) -> int | None:
    """The seconds of a duration such as ``90s``, ``10m`` or ``1h30m``; None for anything else."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds or None


def wrong_shape(what: str, wanted: str, node: Node, help: str | None = None) -> Diagnostic:
    """The error for a node that is not written as it has to be."""
    return error("wrong-type", f"{what} takes {wanted}, not {describe(node)}", node.location, help=help)


def read_table(what: str, node: Node, problems: Problems) -> Table | None:
    """`node` if it is a mapping; otherwise None and a problem."""
    if isinstance(node, Table):
        return node
    problems.append(wrong_shape(what, "a mapping", node))
    return None


def check_names(what: str, table: Table, known: Iterable[str], problems: Problems) -> None:
    """A problem for each key of `table` that is not `known`, with the closest one."""
    names = list(known)
    for name, key in table.keys.items():
        if name not in names:
            advice = did_you_mean(name, names) or "known are " + ", ".join(names)
            problems.append(error("unknown-field", f"{what} has no field {name!r}", key.location, help=advice))


def read_field(field: FieldSpec | SettingSpec, node: Node, layer: Layer, problems: Problems) -> Raw | None:
    """The raw value that `node` gives to `field`; None where it is not written as the field wants it."""
    origin = Origin(layer, node.location)
    name = f"`{field.name}`"
    if isinstance(node, Scalar) and node.is_null:
        return Unset(origin)
    if field.shape in (Shape.TEXT, Shape.BOOL, Shape.INTEGER, Shape.DURATION):
        if not isinstance(node, Scalar):
            problems.append(
                wrong_shape(name, f"a {field.shape}" if field.shape is not Shape.BOOL else field.shape, node)
            )
            return None
        checked = check_text(name, field.shape, field.choices, node.text)
        if checked is not None:
            problems.append(error(checked[0], checked[1], node.location, help=checked[2]))
            return None
        return Leaf(node.text, origin)
    if field.shape is Shape.TEXTS:
        return _texts(name, node, layer, problems)
    if field.shape is Shape.MAP:
        return _map(name, node, layer, problems)
    if field.shape is Shape.OBJECT:
        return _object(name, field.entry_fields, node, layer, problems)
    if field.shape is Shape.NAMED:
        return _named(name, field.entry_fields, node, layer, problems)
    if field.shape is Shape.ENTRIES and isinstance(field, FieldSpec):
        return _entries(field, node, layer, problems)
    if field.shape is Shape.FREE:
        table = read_table(name, node, problems)
        return None if table is None else _free(table, layer)
    raise AssertionError(f"{field.name} has a reader of its own")


def check_text(what: str, shape: Shape, choices: tuple[str, ...], text: str) -> tuple[str, str, str | None] | None:
    """Code, message and advice where a text without templates is no value of its shape; None where it is."""
    if has_template(text):
        return None
    if shape is Shape.BOOL and as_bool(text) is None:
        return "wrong-type", f"{what} takes true or false, not {text!r}", "write true or false"
    if shape is Shape.INTEGER and as_integer(text) is None:
        return "wrong-type", f"{what} takes a whole number, not {text!r}", None
    if shape is Shape.DURATION and as_seconds(text) is None:
        return "wrong-type", f"{what} takes a duration, not {text!r}", "write hours, minutes, seconds: 90s, 10m, 1h30m"
    if choices and text not in choices:
        advice = did_you_mean(text, choices)
        known = "one of " + ", ".join(choices)
        return "unknown-value", f"{what} cannot be {text!r}", f"{advice} ({known})" if advice else known
    return None


def _leaf(what: str, node: Node, layer: Layer, problems: Problems) -> Leaf | None:
    if not isinstance(node, Scalar):
        problems.append(wrong_shape(what, "a single value", node))
        return None
    if node.is_null:
        problems.append(error("empty-value", f"{what} is empty", node.location, help='write "" for an empty text'))
        return None
    return Leaf(node.text, Origin(layer, node.location))


def _texts(what: str, node: Node, layer: Layer, problems: Problems) -> Raw | None:
    if not isinstance(node, Items):
        help = f"write [{node.text}]" if isinstance(node, Scalar) else None
        problems.append(wrong_shape(what, "a list", node, help))
        return None
    leaves = [_leaf(f"an element of {what}", item, layer, problems) for item in node.items]
    return tuple(leaf for leaf in leaves if leaf is not None)


def _map(what: str, node: Node, layer: Layer, problems: Problems) -> Raw | None:
    table = read_table(what, node, problems)
    if table is None:
        return None
    out: dict[str, Raw] = {}
    for key, value in table.entries.items():
        if not key:
            problems.append(error("empty-key", f"a key of {what} is empty", table.keys[key].location))
        elif isinstance(value, Scalar) and value.is_null:
            out[key] = Unset(Origin(layer, value.location))
        elif (leaf := _leaf(f"{what}, {key!r},", value, layer, problems)) is not None:
            out[key] = leaf
    return out


def _object(what: str, fields: tuple[EntryField, ...], node: Node, layer: Layer, problems: Problems) -> Raw | None:
    table = read_table(what, node, problems)
    if table is None:
        return None
    check_names(what, table, [field.name for field in fields], problems)
    out = _map(what, table, layer, problems)
    assert isinstance(out, dict)
    for field in fields:
        value = out.get(field.name)
        if isinstance(value, Leaf):
            shape = Shape(Shape[field.kind.name])
            checked = check_text(f"{what}, {field.name!r},", shape, field.choices, value.text)
            if checked is not None:
                problems.append(error(checked[0], checked[1], value.origin.location, help=checked[2]))
    return out


def _named(what: str, fields: tuple[EntryField, ...], node: Node, layer: Layer, problems: Problems) -> Raw | None:
    """A map of entries, each with `fields`."""
    table = read_table(what, node, problems)
    if table is None:
        return None
    out: dict[str, Raw] = {}
    for key, value in table.entries.items():
        one = f"{what}, {key!r},"
        if isinstance(value, Scalar) and value.is_null:
            out[key] = Unset(Origin(layer, value.location))
        elif isinstance(value, Table):
            entry = _lists_and_leaves(one, fields, value, layer, problems)
            problems += [
                error("missing-field", f"{one} needs {field.name!r}", table.keys[key].location)
                for field in fields
                if field.required and field.name not in value.entries
            ]
            out[key] = entry
        else:
            problems.append(wrong_shape(one, "a mapping", value))
    return out


def _lists_and_leaves(
    what: str, fields: tuple[EntryField, ...], table: Table, layer: Layer, problems: Problems
) -> dict[str, Raw]:
    check_names(what, table, [field.name for field in fields], problems)
    out: dict[str, Raw] = {}
    for field in fields:
        value = table.entries.get(field.name)
        if value is None:
            continue
        name = f"{what} {field.name!r},"
        read = _texts if field.kind is Kind.TEXTS else _leaf
        found = read(name, value, layer, problems)
        if isinstance(found, Leaf):
            checked = check_text(name, Shape[field.kind.name], field.choices, found.text)
            if checked is not None:
                problems.append(error(checked[0], checked[1], value.location, help=checked[2]))
        if found is not None:
            out[field.name] = found
    return out


def _entries(field: FieldSpec, node: Node, layer: Layer, problems: Problems) -> Raw | None:
    if not isinstance(node, Items):
        problems.append(wrong_shape(f"`{field.name}`", "a list", node))
        return None
    out = []
    for item in node.items:
        entry = _entry(field, item, layer, problems)
        if entry is not None:
            out.append(entry)
    return tuple(out)


def _entry(field: FieldSpec, item: Node, layer: Layer, problems: Problems) -> Raw | None:
    what = f"an entry of `{field.name}`"
    before = len(problems)
    entry: Raw | None
    if isinstance(item, Scalar):
        entry = _leaf(what, item, layer, problems)
    elif isinstance(item, Table):
        made: dict[str, Raw] = {}
        for key, value in item.entries.items():
            one = (
                _texts(f"{what}, {key!r},", value, layer, problems)
                if isinstance(value, Items)
                else _leaf(f"{what}, {key!r},", value, layer, problems)
            )
            if one is not None:
                made[key] = one
        entry = made
    else:
        problems.append(wrong_shape(what, "a mapping or a text such as `key=value,key=value`", item))
        return None
    if entry is None or len(problems) > before or field.attribute is None:
        return entry
    plain = plain_entry(entry)
    if plain is not None:
        for problem in parse_entry(field.attribute, plain)[1]:
            place = item.location
            if isinstance(item, Table) and problem.field in item.keys:
                place = item.keys[problem.field].location
            problems.append(error(problem.code, problem.message, place, help=problem.help))
    return entry


def plain_entry(entry: Raw) -> str | dict[str, object] | None:
    """The entry as plain text and mappings; None where a template is in it."""
    if isinstance(entry, Leaf):
        return None if has_template(entry.text) else entry.text
    out: dict[str, object] = {}
    if not isinstance(entry, dict):
        return None
    for key, value in entry.items():
        leaves = value if isinstance(value, tuple) else (value,)
        texts = tuple(leaf.text for leaf in leaves if isinstance(leaf, Leaf))
        if any(map(has_template, texts)):
            return None
        out[key] = texts if isinstance(value, tuple) else texts[0]
    return out


def _free(node: Node, layer: Layer) -> Raw:
    if isinstance(node, Scalar):
        return Unset(Origin(layer, node.location)) if node.is_null else Leaf(node.text, Origin(layer, node.location))
    if isinstance(node, Items):
        return tuple(_free(item, layer) for item in node.items)
    return {key: _free(value, layer) for key, value in node.entries.items()}


def read_fields(
    what: str, table: Table, fields: Mapping[str, FieldSpec], layer: Layer, problems: Problems
) -> dict[str, Raw]:
    """The raw values of all image fields in `table`, in the order written; matrix and selections are left out."""
    check_names(what, table, fields, problems)
    out: dict[str, Raw] = {}
    for name, node in table.entries.items():
        field = fields.get(name)
        if field is not None and field.shape not in (Shape.MATRIX, Shape.SELECTIONS):
            value = read_field(field, node, layer, problems)
            if value is not None:
                out[name] = value
    return out
