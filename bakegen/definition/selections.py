"""The `selections` of a project or an image, from nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.definition.matrix_reader import read_match
from bakegen.definition.project import Newest, Selection, SelectionRule
from bakegen.definition.readers import Problems, check_names, read_table, wrong_shape
from bakegen.diagnostics import error
from bakegen.documents.nodes import Items, Node, Scalar, Table

if TYPE_CHECKING:
    from bakegen.text import Location

RESERVED_GROUPS = frozenset({"default", "stages"})
"""Groups that bakegen makes itself."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_COUNT = re.compile(r"([0-9]{1,6})[ ]+of[ ]+([A-Za-z][A-Za-z0-9_]*)")
_FORMS = (
    "write all, none, `newest 2 of AXIS`, `oldest 2 of AXIS`, {match: {AXIS: glob}}, {except: {AXIS: glob}}, "
    "the name of a variant, or a list of these"
)


def read_selections(node: Node, image: str | None, problems: Problems) -> tuple[Selection, ...]:
    """The selections that `node` declares, for the project or for one `image`."""
    if isinstance(node, Scalar) and node.is_null:
        return ()
    table = read_table("`selections`", node, problems)
    if table is None:
        return ()
    out = []
    for name, value in table.entries.items():
        place = table.keys[name].location
        if not _NAME.fullmatch(name):
            problems.append(
                error(
                    "selection-name",
                    f"a selection cannot be called {name!r}",
                    place,
                    help="it becomes a bake group: letters, digits, _ and - only",
                )
            )
            continue
        if name in RESERVED_GROUPS:
            problems.append(error("selection-name", f"the group {name!r} is made by bakegen itself", place))
            continue
        nodes = value.items if isinstance(value, Items) else (value,)
        rules = [rule for one in nodes if (rule := _rule(one, problems)) is not None]
        out.append(Selection(name, tuple(rules), place, image))
    return tuple(out)


def _rule(node: Node, problems: Problems) -> SelectionRule | None:
    if isinstance(node, Scalar) and not node.is_null:
        return _text_rule(node, problems)
    if isinstance(node, Table):
        return _table_rule(node, problems)
    problems.append(wrong_shape("a selection", "a rule", node, _FORMS))
    return None


def _text_rule(node: Scalar, problems: Problems) -> SelectionRule | None:
    text = node.text.strip()
    if text == "all":
        return SelectionRule(node.location)
    if text == "none":
        return SelectionRule(node.location, names="")
    word, _, rest = text.partition(" ")
    if word in ("newest", "oldest"):
        newest = _newest(word, rest.strip(), node.location, problems)
        return None if newest is None else SelectionRule(node.location, newest=newest)
    if not re.fullmatch(r"[A-Za-z0-9_*?\[\]!-]+", text):
        problems.append(error("selection-rule", f"{text!r} is no rule", node.location, help=_FORMS))
        return None
    return SelectionRule(node.location, names=text)


def _table_rule(node: Table, problems: Problems) -> SelectionRule | None:
    before = len(problems)
    check_names("a selection", node, ("match", "except", "newest", "oldest"), problems)
    get = node.entries.get
    match = unless = None
    if (value := get("match")) is not None:
        match = read_match("match", value, None, problems, image=True)
    if (value := get("except")) is not None:
        unless = read_match("except", value, None, problems, image=True)
    newest = None
    words = [word for word in ("newest", "oldest") if word in node.entries]
    for word in words:
        value = node.entries[word]
        if isinstance(value, Scalar):
            newest = _newest(word, value.text.strip(), value.location, problems)
        else:
            problems.append(wrong_shape(f"`{word}`", "a text such as `2 of version`", value))
    if len(words) > 1:
        problems.append(error("selection-rule", "`newest` and `oldest` exclude each other", node.location))
    if not node.entries:
        problems.append(error("selection-rule", "an empty rule", node.location, help=_FORMS))
    if len(problems) > before:
        return None
    return SelectionRule(node.location, match=match, unless=unless, newest=newest)


def _newest(word: str, text: str, place: Location, problems: Problems) -> Newest | None:
    found = _COUNT.fullmatch(text)
    if found is None or int(found[1]) < 1:
        problems.append(error("selection-rule", f"`{word} {text}` is no rule", place, help=f"write `{word} 2 of AXIS`"))
        return None
    return Newest(int(found[1]), found[2], word == "oldest")
