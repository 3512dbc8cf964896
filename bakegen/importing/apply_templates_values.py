"""A value of a jq expression on its way to Jinja: its text, what it can be, and where in versions.json it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.templating.printing import MAPPING_METHODS
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bakegen.bake.meaning import Json

CHOICE, OR, AND, NOT, COMPARED, SUM, JOINED, FILTERED, WHOLE = range(9)
"""How tightly Jinja binds the outermost operator of a text, as its parser does it."""

ALL, KEYS = "\0all", "\0keys"
"""Steps of a path: every key of a mapping; no more than its keys."""

_MOST = 400
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WIDTH = 90

Step = str | frozenset[str]


@dataclass(frozen=True, slots=True)
class Value:
    """A value.

    Attributes:
        text: the Jinja expression.
        level: how tightly its outermost operator binds.
        kinds: what it can be: ``text``, ``number``, ``truth``, ``null``, ``list``, ``object``; ``condition`` for what
            is right as a condition alone.
        values: all that it is known to be; None where that is not known.
        path: where it stands in a version's facts.
        instead: the expression with an empty mapping in the place of nothing.
        there: the expression where it is sure that it is not nothing; "" for the same.
        entry: the key and the value, of an entry of a mapping.
        entries: the mapping whose entries it is a list of; `is_sorted` by their keys.
        of: what the elements of a list can be.
        is_sorted: see `entries`.
        holds: of a truth, the versions that it is true for, where these alone decide.
    """

    text: str
    level: int = WHOLE
    kinds: frozenset[str] = frozenset({"text"})
    values: tuple[Json, ...] | None = None
    path: tuple[Step, ...] | None = None
    instead: str = ""
    there: str = ""
    entry: tuple[Value, Value] | None = None
    entries: Value | None = None
    of: frozenset[str] = frozenset()
    is_sorted: bool = False
    holds: frozenset[str] | None = None

    def within(self, level: int) -> str:
        """The text as an operand of an operator that binds like `level`."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def may_be_null(self) -> bool:
        """Whether it can be nothing."""
        return "null" in self.kinds

    @property
    def is_text(self) -> bool:
        """Whether it is a text, always."""
        return self.kinds == {"text"}


def known(text: str, values: Iterable[Json], level: int = WHOLE, path: tuple[Step, ...] | None = None) -> Value:
    """The value of an expression that is one of `values`."""
    distinct = {repr(one): one for one in values}
    kept = tuple(distinct.values())
    of = frozenset(kind_of(item) for one in kept if isinstance(one, list) for item in one)
    kinds = frozenset(map(kind_of, kept))
    return Value(text, level, kinds, kept if len(kept) <= _MOST else None, path, of=of)


def kind_of(value: Json) -> str:
    """The kind of one JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "number"


def constant(value: Json) -> Value:
    """A literal."""
    return known(jinja(value), [value])


def jinja(value: Json) -> str:
    """A literal of Jinja."""
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        return "'" + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text) + "'"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def bracketed(opening: str, items: Sequence[str], closing: str) -> str:
    """A list or a mapping, on one line where it is short."""
    line = opening + ", ".join(items) + closing
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return opening + "".join("\n  " + item.replace("\n", "\n  ") + "," for item in items) + "\n" + closing


def field_of(of: Value, key: Value) -> Value | None:
    """``of[key]``; None where that is not carried over: not a mapping, or not known."""
    keys = key.values
    if of.values is None or keys is None or not all(isinstance(one, str) for one in keys):
        return None
    if not of.kinds <= {"object", "null"} or "object" not in of.kinds or not of.values:
        return None
    maps = [one for one in of.values if isinstance(one, dict)]
    if any(name in one for one in maps for name in MAPPING_METHODS):
        return None
    found = [one.get(str(name)) for one in maps for name in keys]
    base = of.instead if of.may_be_null and of.instead else of.within(WHOLE)
    if of.may_be_null and not of.instead:
        base = f"({of.within(OR)} or {{}})"
    name = str(keys[0]) if len(keys) == 1 and key.text == jinja(keys[0]) else None
    path = None if of.path is None else (*of.path, name if name is not None else frozenset(map(str, keys)))
    plain = name is not None and _NAME.fullmatch(name) and not base.startswith("{")
    direct = f"{base}.{name}" if plain else f"{base}[{key.text}]"
    if of.may_be_null or any(one is None for one in found):
        nothing: list[Json] = [None] if of.may_be_null else []
        made = known(f"{base}.get({key.text})", [*found, *nothing], path=path)
        return replace(made, instead=f"{base}.get({key.text}, {{}})", there=direct)
    return known(direct, found, path=path)


def surely(value: Value) -> Value:
    """`value` where it is not nothing."""
    values = None if value.values is None else tuple(one for one in value.values if one is not None)
    text, level = (value.there, WHOLE) if value.there else (value.text, value.level)
    return replace(value, text=text, level=level, kinds=value.kinds - {"null"}, values=values, instead="", there="")


def pruned(facts: Json, paths: Iterable[Sequence[Step]]) -> Json:
    """What of a version's facts is used: what these paths lead to, in its order, without what is null."""
    wanted = [list(path) for path in paths]
    if not isinstance(facts, dict):
        return facts
    if any(not path for path in wanted):
        return without_null(facts)
    found: dict[str, Json] = {}
    for key, value in facts.items():
        if value is None:
            continue
        inside = [path[1:] for path in wanted if _leads(path[0], key)]
        if inside:
            found[key] = pruned(value, inside)
        elif any(path[0] == KEYS for path in wanted):
            found[key] = {} if isinstance(value, dict) else value
    return found


def _leads(step: Step, key: str) -> bool:
    return key in step if isinstance(step, frozenset) else step in (key, ALL)


def without_null(value: Json) -> Json:
    """`value` without the keys whose values are null."""
    if isinstance(value, dict):
        return {key: without_null(one) for key, one in value.items() if one is not None}
    return [without_null(one) for one in value] if isinstance(value, list) else value


def at_path(facts: Sequence[Json], path: Sequence[Step]) -> list[Json]:
    """All that stands at a path of these facts; None for each place where nothing does."""
    found = list(facts)
    for step in path:
        maps = [one if isinstance(one, dict) else {} for one in found]
        if step == KEYS:
            found = [key for one in maps for key in one]
        elif step == ALL:
            found = [inner for one in maps for inner in one.values()]
        else:
            found = [one.get(key) for one in maps for key in ([step] if isinstance(step, str) else step)]
    return found


def as_written(value: Value) -> Value:
    """A value of `vars`, where every scalar is a text, as what it is in versions.json."""
    if value.path is None or value.kinds <= {"text", "null", "list", "object"} or value.text.endswith("| int"):
        return value
    if value.kinds == {"number"} and value.values is not None and all(isinstance(one, int) for one in value.values):
        return replace(value, text=f"{value.within(FILTERED)} | int", level=FILTERED)
    if value.kinds <= {"truth", "null"}:
        kind = "condition" if value.may_be_null else "truth"
        text = f"{value.within(COMPARED)} == 'true'"
        return replace(value, text=text, level=COMPARED, kinds=frozenset({kind}), values=None)
    return replace(value, kinds=value.kinds & {"null"} | {"other"}, values=None)


def in_vars(value: Json) -> Json:
    """A value of versions.json as a field `vars` has it."""
    if isinstance(value, dict):
        return {key: in_vars(one) for key, one in value.items()}
    if isinstance(value, list):
        return [in_vars(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_whole(value: Value) -> bool:
    """Whether a value is a mapping, known, and without keys that are null: `vars` does not have these."""
    if value.values is None or value.kinds != {"object"}:
        return False
    return not any(inner is None for one in value.values if isinstance(one, dict) for inner in one.values())


def entries_of(value: Value, names: tuple[str, str]) -> Value | None:
    """An entry of a mapping, called as `names` say; None where it is none."""
    if not is_whole(value):
        return None
    maps: list[Mapping[str, Json]] = [one for one in value.values or () if isinstance(one, dict)]
    path = value.path
    key = known(names[0], [name for one in maps for name in one], path=None if path is None else (*path, KEYS))
    inner = known(names[1], [v for one in maps for v in one.values()], path=None if path is None else (*path, ALL))
    return Value("", entry=(key, inner), kinds=frozenset({"object"}))
