"""The `matrix` of an image and match patterns, from nodes; every problem is collected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS
from bakegen.definition.origin import Layer
from bakegen.definition.project import Axis, AxisEntry, Include, Match, Matrix, Override, Pattern
from bakegen.definition.readers import (
    Problems,
    check_names,
    has_template,
    read_fields,
    read_table,
    wrong_shape,
)
from bakegen.definition.values import AxisValue
from bakegen.diagnostics import Label, did_you_mean, error
from bakegen.documents.nodes import Items, Node, Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_AXIS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED_NAMES = frozenset(
    [
        "image",
        "variant",
        "vars",
        "registry",
        "repository",
        "branch",
        "tag",
        "git",
        "ci",
        "target",
        "stage",
        "platform",
        "true",
        "false",
        "none",
        "True",
        "False",
        "None",
        "not",
        "and",
        "or",
        "is",
        "in",
        "if",
        "else",
        "for",
        "range",
        "dict",
        "namespace",
        "loop",
        "self",
        "super",
        "caller",
        "varargs",
        "kwargs",
    ]
)
"""Names that mean something else in templates, so that no axis can have them."""
NOT_IN_OVERRIDES = frozenset({"matrix", "name", "selections"})


def read_matrix(node: Node, problems: Problems) -> Matrix:
    """The matrix that `node` describes; parts that cannot be read are left out and reported."""
    table = read_table("`matrix`", node, problems)
    if table is None:
        return Matrix()
    check_names("`matrix`", table, ("axes", "include", "exclude", "overrides"), problems)
    axes: list[Axis] = []
    if "axes" in table.entries:
        declared = read_table("`axes`", table.entries["axes"], problems)
        for name, values in declared.entries.items() if declared is not None else ():
            axis = _axis(declared.keys[name], values, problems) if declared is not None else None
            if axis is not None:
                axes.append(axis)
    include = [_include(item, axes, problems) for item in _items("include", table, problems)]
    exclude = [read_match("exclude", item, axes, problems) for item in _items("exclude", table, problems)]
    overrides = [
        _override(index, item, axes, problems) for index, item in enumerate(_items("overrides", table, problems))
    ]
    return Matrix(
        tuple(axes),
        tuple(one for one in include if one is not None),
        tuple(one for one in exclude if one is not None),
        tuple(one for one in overrides if one is not None),
    )


def _items(name: str, table: Table, problems: Problems) -> tuple[Node, ...]:
    node = table.entries.get(name)
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return ()
    if not isinstance(node, Items):
        problems.append(wrong_shape(f"`{name}`", "a list", node))
        return ()
    return node.items


def _axis(key: Scalar, node: Node, problems: Problems) -> Axis | None:
    name = key.text
    if not _AXIS_NAME.fullmatch(name):
        problems.append(
            error(
                "axis-name",
                f"an axis cannot be called {name!r}",
                key.location,
                help="letters, digits and _ only, a letter first: templates use it as a variable",
            )
        )
        return None
    if name in RESERVED_NAMES:
        problems.append(error("axis-name", f"the name {name!r} means something else in templates", key.location))
        return None
    if not isinstance(node, Items):
        help = f"write [{node.text}]" if isinstance(node, Scalar) and not node.is_null else None
        problems.append(wrong_shape(f"the axis {name!r}", "a list of values", node, help))
        return None
    if not node.items:
        problems.append(error("empty-axis", f"the axis {name!r} has no values", key.location))
        return None
    entries: dict[str, AxisEntry] = {}
    for item in node.items:
        entry = _axis_entry(name, item, problems)
        if entry is None:
            continue
        if entry.label in entries:
            problems.append(
                error(
                    "duplicate-value",
                    f"the axis {name!r} has the value {entry.label!r} twice",
                    entry.location,
                    labels=[Label(entries[entry.label].location, "it is first here")],
                )
            )
            continue
        entries[entry.label] = entry
    return Axis(name, tuple(entries.values()), key.location)


def _axis_entry(axis: str, node: Node, problems: Problems) -> AxisEntry | None:
    what = f"a value of the axis {axis!r}"
    if isinstance(node, Scalar):
        text = _axis_text(what, node, problems)
        return None if text is None else AxisEntry(text, text, node.location)
    if not isinstance(node, Table) or not node.entries:
        problems.append(wrong_shape(what, "a text or a mapping with fields", node))
        return None
    fields: dict[str, str] = {}
    for name, value in node.entries.items():
        if not isinstance(value, Scalar):
            problems.append(wrong_shape(f"{name!r} of {what}", "a single value", value))
            continue
        text = _axis_text(f"{name!r} of {what}", value, problems)
        if text is not None:
            fields[name] = text
    if len(fields) < len(node.entries):
        return None
    label = fields.get("name", next(iter(fields.values())))
    return AxisEntry(AxisValue(label, fields), label, node.location)


def _axis_text(what: str, node: Scalar, problems: Problems) -> str | None:
    if node.is_null or not node.text:
        problems.append(error("empty-value", f"{what} is empty", node.location))
    elif has_template(node.text):
        problems.append(error("axis-template", f"{what} cannot be a template", node.location))
    else:
        return node.text
    return None


def _include(node: Node, axes: Sequence[Axis], problems: Problems) -> Include | None:
    table = read_table("an element of `include`", node, problems)
    if table is None:
        return None
    names = [axis.name for axis in axes]
    before = len(problems)
    check_names("the matrix", table, names, problems)
    missing = [name for name in names if name not in table.entries]
    if missing and len(problems) == before:
        problems.append(
            error(
                "include-incomplete",
                "`include` adds a whole combination, and this one has no " + " and no ".join(missing),
                node.location,
                help="give a value for each axis; to change fields of existing variants use `overrides`",
            )
        )
    entries = []
    for axis in axes:
        value = table.entries.get(axis.name)
        entry = _axis_entry(axis.name, value, problems) if value is not None else None
        if entry is not None and isinstance(entry.value, str):
            # A bare text names a value of the axis where there is one, so that its fields come along.
            known = next((one for one in axis.entries if one.label == entry.label), None)
            entry = AxisEntry(known.value, known.label, entry.location) if known is not None else entry
        if entry is not None:
            entries.append(entry)
    return Include(tuple(entries), node.location) if len(problems) == before else None


def _override(index: int, node: Node, axes: Sequence[Axis], problems: Problems) -> Override | None:
    table = read_table("an element of `overrides`", node, problems)
    if table is None:
        return None
    check_names("an element of `overrides`", table, ("match", "set"), problems)
    if "match" not in table.entries or "set" not in table.entries:
        problems.append(
            error(
                "override-incomplete",
                "an override needs `match` and `set`",
                node.location,
                help="{match: {AXIS: value}, set: {FIELD: value}}",
            )
        )
        return None
    match = read_match("match", table.entries["match"], axes, problems)
    fields = read_table("`set`", table.entries["set"], problems)
    if match is None or fields is None:
        return None
    for name in fields.entries:
        if name in NOT_IN_OVERRIDES:
            problems.append(
                error("not-overridable", f"`{name}` cannot be overridden for some variants", fields.keys[name].location)
            )
    allowed = {name: field for name, field in IMAGE_FIELDS.items() if name not in NOT_IN_OVERRIDES}
    kept = {name: node for name, node in fields.entries.items() if name not in NOT_IN_OVERRIDES}
    rest = Table(fields.source, fields.start, fields.end, kept, {n: fields.keys[n] for n in kept}, fields.size)
    return Override(index, match, read_fields("`set`", rest, allowed, Layer.MATRIX, problems))


def read_match(
    what: str, node: Node, axes: Sequence[Axis] | None, problems: Problems, image: bool = False
) -> Match | None:
    """``{AXIS: glob, AXIS.FIELD: [glob, …]}``; `axes` None: any axis name will do; `image`: the key `image` too."""
    table = read_table(f"`{what}`", node, problems)
    if table is None:
        return None
    if not table.entries:
        problems.append(error("empty-match", f"`{what}` matches everything: name an axis", node.location))
        return None
    patterns = []
    for key, value in table.entries.items():
        axis, _, field = key.partition(".")
        if image and key == "image":
            axis = ""
        elif axes is not None and axis not in {one.name for one in axes}:
            names = [one.name for one in axes]
            advice = did_you_mean(axis, names) or ("known are " + ", ".join(names) if names else None)
            problems.append(error("unknown-axis", f"there is no axis {axis!r}", table.keys[key].location, help=advice))
            continue
        globs = _globs(f"{key!r} of `{what}`", value, problems)
        if globs:
            patterns.append(Pattern(axis, field, globs, table.keys[key].location))
    return Match(tuple(patterns), node.location) if len(patterns) == len(table.entries) else None


def _globs(what: str, node: Node, problems: Problems) -> tuple[str, ...]:
    nodes = node.items if isinstance(node, Items) else (node,)
    if not nodes:
        problems.append(error("empty-match", f"{what} is an empty list", node.location))
    out = []
    for one in nodes:
        if not isinstance(one, Scalar) or one.is_null:
            problems.append(wrong_shape(what, "a text or a list of texts", one))
        else:
            out.append(one.text)
    return tuple(out) if len(out) == len(nodes) else ()
