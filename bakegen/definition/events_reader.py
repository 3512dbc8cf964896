"""The setting `events` of bakegen.yaml: what is built by what started the build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.definition.events import BuildEvent
from bakegen.definition.origin import Layer, Origin
from bakegen.definition.project import Setting
from bakegen.definition.readers import Problems, check_names, has_template, read_table, wrong_shape
from bakegen.diagnostics import error
from bakegen.documents.nodes import Items, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.documents.nodes import Table


_NAME = re.compile(r"[A-Za-z0-9_*?\[\]!-]+")
_FORMS = "write the name of a selection, a group or a target, a glob of targets, or a list of these"


def read_events(table: Table | None, problems: Problems) -> Mapping[BuildEvent, tuple[Setting[str], ...]]:
    """The names that `events` of bakegen.yaml (its root is `table`) has for each event, as they are written there.

    Whether there are such targets is not known yet: `bakegen.plan.events` tells.
    """
    node = table.entries.get("events") if table is not None else None
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    events = read_table("`events`", node, problems)
    if events is None:
        return {}
    check_names("`events`", events, tuple(BuildEvent), problems)
    read = {event: _names(event, events.entries[event], problems) for event in BuildEvent if event in events.entries}
    return {event: names for event, names in read.items() if names}


def _names(event: BuildEvent, node: Node, problems: Problems) -> tuple[Setting[str], ...]:
    what = f"`events`, {str(event)!r},"
    items = node.items if isinstance(node, Items) else (node,)
    if not items or (isinstance(node, Scalar) and node.is_null):
        # `docker buildx bake` without a name builds the group default, which is not what nothing means.
        help = "to build nothing, name a selection that chooses none"
        problems.append(error("empty-value", f"{what} names nothing", node.location, help=help))
        return ()
    found = []
    for item in items:
        if not isinstance(item, Scalar):
            problems.append(wrong_shape(what, "names", item, _FORMS))
        elif has_template(item.text) or not _NAME.fullmatch(item.text):
            problems.append(error("unknown-target", f"{what} cannot be {item.text!r}", item.location, help=_FORMS))
        else:
            found.append(Setting(item.text, Origin(Layer.PROJECT, item.location)))
    return tuple(found)
