"""The axes of a family of targets: their values, the combinations that are there, and what templates see of them."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from bakegen.definition.matrix_reader import RESERVED_NAMES
from bakegen.importing.folding_templates import Variable
from bakegen.templating.versions import first_parts
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.bake.meaning import Json

_AXIS = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EMPTY = "default"
"""The value of an axis that stands for an empty text."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        name: as templates know it.
        labels: for each target the text that names its value.
        fields: for each target the fields of its value, where it has some.
    """

    name: str
    labels: tuple[str, ...]
    fields: tuple[Mapping[str, str], ...] = ()

    @property
    def values(self) -> list[Json]:
        """The values of the axis as the definition writes them."""
        if not self.fields:
            return list(dict.fromkeys(self.labels))
        found = dict(zip(self.labels, self.fields, strict=True))
        return [{key: text for key, text in fields.items() if text} for fields in found.values()]


def axes_of(rows: Sequence[Mapping[str, str]]) -> list[Axis] | None:
    """The axes of targets with these values by axis; ``axis.field`` is a field. None where they are no axes."""
    if not rows or any(row.keys() != rows[0].keys() for row in rows):
        return None
    grouped: dict[str, list[str]] = {}
    for key in rows[0]:
        grouped.setdefault(key.partition(".")[0], []).append(key)
    found: list[Axis] = []
    for raw, keys in grouped.items():
        name = axis_name(raw, [one.name for one in found])
        if keys == [raw]:
            texts = [row[raw] for row in rows]
            if EMPTY in texts and "" in texts:
                return None
            found.append(Axis(name, tuple(text or EMPTY for text in texts)))
            continue
        axis = _with_fields(name, [{key.partition(".")[2]: row[key] for key in keys if "." in key} for row in rows])
        if axis is None:
            return None
        found.append(axis)
    combinations = set(zip(*(axis.labels for axis in found), strict=True))
    return found if found and len(combinations) == len(rows) else None


def axis_name(raw: str, taken: Sequence[str]) -> str:
    """`raw` as a name that an axis can have."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", raw).strip("_") or "value"
    if not _AXIS.fullmatch(name):
        name = f"v{name}"
    if name in RESERVED_NAMES:
        name = f"{name}_name"
    while name in taken:
        name += "_"
    return name


def _with_fields(name: str, rows: list[dict[str, str]]) -> Axis | None:
    if not all(map(_FIELD.fullmatch, rows[0])):
        return None
    different = {tuple(row.values()) for row in rows}

    def tells(field: str) -> bool:
        return all(row[field] for row in rows) and len({row[field] for row in rows}) == len(different)

    naming = next((field for field in ("name", *rows[0]) if field in rows[0] and tells(field)), None)
    if naming is None:
        labels = tuple("-".join(filter(None, row.values())) for row in rows)
        if "name" in rows[0] or len(set(labels)) < len(different):
            return None
        return Axis(name, labels, tuple({"name": label, **row} for label, row in zip(labels, rows, strict=True)))
    if "name" in rows[0] and naming != "name":
        return None
    ordered = tuple({naming: row[naming], **row} for row in rows)
    return Axis(name, tuple(row[naming] for row in rows), ordered)


def variables_of(axes: Sequence[Axis]) -> list[Variable]:
    """What templates see of axes: values, fields, and forms of them that tags and names are often made of."""
    plain: list[Variable] = []
    for axis in axes:
        if not axis.fields:
            plain += _value(axis)
        for field in axis.fields[0] if axis.fields else ():
            texts = tuple(fields[field] for fields in axis.fields)
            name = f"{axis.name}.{field}"
            plain.append(Variable(f"{axis.name}.get('{field}', '')" if "" in texts else name, texts))
    found = list(plain)
    for one in plain:
        if " " in one.expression:
            continue
        for suffix, change in _FORMS:
            changed = tuple(map(change, one.values))
            if changed != one.values and not any(changed == other.values for other in found):
                found.append(Variable(f"{one.expression} | {suffix}", changed))
    return found


def _value(axis: Axis) -> list[Variable]:
    if EMPTY not in axis.labels:
        return [Variable(axis.name, axis.labels)]
    texts = tuple("" if label == EMPTY else label for label in axis.labels)
    expression = f"'' if {axis.name} == '{EMPTY}' else {axis.name}"
    return [Variable(axis.name, axis.labels), Variable(expression, texts)]


_FORMS = (
    ("replace('.', '-')", lambda text: text.replace(".", "-")),
    ("replace('.', '_')", lambda text: text.replace(".", "_")),
    ("replace('.', '')", lambda text: text.replace(".", "")),
    ("parts(2)", lambda text: first_parts(text, 2)),
    ("parts(1)", lambda text: first_parts(text, 1)),
    ("replace('/', '-')", lambda text: text.replace("/", "-")),
    ("replace('-', '_')", lambda text: text.replace("-", "_")),
    ("lower", str.lower),
    ("upper", str.upper),
)


def excluded(axes: Sequence[Axis]) -> list[dict[str, Json]]:
    """What is not there of the product of the axes, as the elements of `exclude`."""
    labels = [list(dict.fromkeys(axis.labels)) for axis in axes]
    there = set(zip(*(axis.labels for axis in axes), strict=True))
    if len(there) == prod(map(len, labels)):
        return []
    missing: dict[tuple[str, ...], list[str]] = {}
    for combination in product(*labels):
        if combination not in there:
            missing.setdefault(combination[:-1], []).append(combination[-1])
    exclude: list[dict[str, Json]] = []
    for first, last in missing.items():
        pattern: dict[str, Json] = dict(zip((axis.name for axis in axes), first, strict=False))
        pattern[axes[-1].name] = last[0] if len(last) == 1 else [*last]
        exclude.append(pattern)
    return exclude
