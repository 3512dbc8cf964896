"""A raw field to its value: templates rendered, text typed; what does not depend on the variant is made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from bakegen.definition.attributes import Direction
from bakegen.definition.backends import parse_cache_entry
from bakegen.definition.entries import Problem, parse_entry
from bakegen.definition.fields import FieldSpec, Shape, Templates
from bakegen.definition.readers import as_bool, as_integer, as_seconds, check_text
from bakegen.definition.values import Leaf, Raw
from bakegen.diagnostics import Diagnostic, error
from bakegen.matrix.model import Field, Value
from bakegen.templating.failure import TemplateFailure
from bakegen.templating.text import TextTemplate, compile_text, explain_at, is_template

if TYPE_CHECKING:
    from bakegen.definition.origin import Origin

Context = Mapping[str, object]
Render = Callable[[Context], Field]


class Failed(Exception):
    """A field has no value in this variant; the diagnostic says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


class Compiled(NamedTuple):
    """A field that is the same everywhere, or the function that renders it."""

    static: Field | None
    render: Render | None


def compile_field(spec: FieldSpec, raw: Raw) -> Compiled:
    """Prepare a field for its variants; raises `Failed` where no variant could have it."""
    if spec.templates is Templates.LATER:
        _check_later(raw)
        return Compiled(_finish(spec, raw, _plain(raw)), None)
    if not _templated(raw):
        return Compiled(_finish(spec, raw, _plain(raw)), None)
    evaluate = _evaluator(raw, drop=spec.shape in (Shape.TEXTS, Shape.ENTRIES))
    if spec.shape in (Shape.TEXT, Shape.MAP) and not spec.choices:
        # The common case: the value is what was rendered, and origins are the same for every variant.
        name, paths = spec.name, origins(spec.name, raw)
        return Compiled(None, lambda context: Field(name, cast("Value", evaluate(context)), paths))
    if spec.shape is Shape.TEXTS:
        return Compiled(None, _texts_renderer(spec.name, raw, evaluate))
    return Compiled(None, lambda context: _finish(spec, raw, evaluate(context)))


def _texts_renderer(name: str, raw: Raw, evaluate: Callable[[Context], object]) -> Render:
    paths = origins(name, raw)

    def render(context: Context) -> Field:
        value = cast("tuple[object, ...]", evaluate(context))
        if _GONE not in value:
            return Field(name, cast("Value", value), paths)
        kept_raw, value = _without_gone(cast("tuple[Raw, ...]", raw), value)
        return Field(name, cast("Value", value), origins(name, kept_raw))

    return render


def _without_gone(raw: tuple[Raw, ...], value: tuple[object, ...]) -> tuple[tuple[Raw, ...], tuple[object, ...]]:
    kept = [(item, one) for item, one in zip(raw, value, strict=True) if one is not _GONE]
    return tuple(item for item, _ in kept), tuple(one for _, one in kept)


def origins(path: str, raw: Raw, out: dict[str, Origin] | None = None) -> dict[str, Origin]:
    """The origin of each leaf of `raw`, by path."""
    found = {} if out is None else out
    if isinstance(raw, Leaf):
        found[path] = raw.origin
    elif isinstance(raw, tuple):
        for index, item in enumerate(raw):
            origins(f"{path}[{index}]", item, found)
    elif isinstance(raw, Mapping):
        for key, item in raw.items():
            origins(f"{path}.{key}", item, found)
    return found


class _Gone:
    """An element of a list whose template rendered to nothing: it is left out."""


_GONE = _Gone()


def render_leaf(leaf: Leaf, context: Context) -> str:
    """The text of one leaf; raises `Failed`."""
    if not is_template(leaf.text):
        return leaf.text
    return _leaf(leaf)(context)


def _leaf(leaf: Leaf) -> TextTemplate:
    try:
        template = compile_text(leaf.text)
    except TemplateFailure as failure:
        raise Failed(explain_at(failure, leaf.origin.location)) from None

    def render(context: Context) -> str:
        try:
            return template(context)
        except TemplateFailure as failure:
            raise Failed(explain_at(failure, leaf.origin.location)) from None

    return render


def _templated(raw: Raw) -> bool:
    if isinstance(raw, Leaf):
        return is_template(raw.text)
    if isinstance(raw, Mapping):
        return any(_templated(item) for item in raw.values())
    return isinstance(raw, tuple) and any(_templated(item) for item in raw)


def _check_later(raw: Raw) -> None:
    if isinstance(raw, Leaf):
        if is_template(raw.text):
            _leaf(raw)
        return
    for item in raw.values() if isinstance(raw, Mapping) else raw if isinstance(raw, tuple) else ():
        _check_later(item)


def _plain(raw: Raw) -> Value:
    if isinstance(raw, Leaf):
        return raw.text
    if isinstance(raw, Mapping):
        return {key: _plain(item) for key, item in raw.items()}
    return tuple(_plain(item) for item in raw) if isinstance(raw, tuple) else ""


def _evaluator(raw: Raw, *, drop: bool = False) -> Callable[[Context], object]:
    """The function that renders `raw`; `drop`: an element of the list itself may render to nothing."""
    if not _templated(raw):
        value = _plain(raw)
        return lambda _: value
    if isinstance(raw, Leaf):
        return _leaf(raw)
    if isinstance(raw, Mapping):
        pairs = [(key, _evaluator(item)) for key, item in raw.items()]
        return lambda context: {key: item(context) for key, item in pairs}
    items = [
        (_evaluator(item), drop and isinstance(item, Leaf) and _templated(item))
        for item in cast("tuple[Raw, ...]", raw)
    ]

    def elements(context: Context) -> tuple[object, ...]:
        out = []
        for item, droppable in items:
            value = item(context)
            out.append(_GONE if droppable and isinstance(value, str) and not value.strip() else value)
        return tuple(out)

    return elements


def _finish(spec: FieldSpec, raw: Raw, value: object) -> Field:
    """Type the rendered value, leave out what is gone, and keep origins in step."""
    if isinstance(value, tuple) and _GONE in value and isinstance(raw, tuple):
        raw, value = _without_gone(raw, value)
    if isinstance(raw, Leaf):
        value = _typed(spec, raw, cast("str", value))
    elif spec.shape is Shape.ENTRIES and spec.attribute is not None:
        entries = []
        for item, one in zip(cast("tuple[Raw, ...]", raw), cast("tuple[Value, ...]", value), strict=True):
            entry, problems = parse_entry(spec.attribute, cast("str | Mapping[str, object]", one))
            _raise_first(problems, item)
            entries.append(cast("Value", entry))
        value = tuple(entries)
    elif spec.shape is Shape.OBJECT and isinstance(value, Mapping) and isinstance(raw, Mapping):
        value = _cache(raw, value) if spec.name == "cache" else _object(spec, raw, value)
    return Field(spec.name, cast("Value", value), origins(spec.name, raw))


def _typed(spec: FieldSpec, leaf: Leaf, text: str) -> Value:
    what = f"`{spec.name}`"
    checked = check_text(what, spec.shape, spec.choices, text)
    if checked is not None:
        raise Failed(error(checked[0], checked[1], leaf.origin.location, help=checked[2]))
    if spec.shape is Shape.BOOL:
        return bool(as_bool(text))
    if spec.shape is Shape.INTEGER:
        return as_integer(text) or 0
    if spec.shape is Shape.DURATION:
        return as_seconds(text) or 0
    return text


def _object(spec: FieldSpec, raw: Mapping[str, Raw], value: Mapping[str, object]) -> Value:
    out: dict[str, Value] = {}
    for entry in spec.entry_fields:
        leaf, text = raw.get(entry.name), value.get(entry.name)
        if not isinstance(leaf, Leaf) or not isinstance(text, str):
            continue
        shape = Shape[entry.kind.name]
        checked = check_text(f"`{spec.name}`, {entry.name!r},", shape, entry.choices, text)
        if checked is not None:
            raise Failed(error(checked[0], checked[1], leaf.origin.location, help=checked[2]))
        out[entry.name] = (as_integer(text) or 0) if shape is Shape.INTEGER else text
    return out


def _cache(raw: Mapping[str, Raw], value: Mapping[str, object]) -> Value:
    own = {key: one for key, one in value.items() if key not in ("backend", "policy")}
    entry, problems = parse_cache_entry({"type": value["backend"], **own}, Direction.BOTH)
    _raise_first(problems, raw)
    assert entry is not None
    return {
        "backend": cast("str", value["backend"]),
        "policy": cast("str", value["policy"]),
        **entry.attributes,
    }


def _raise_first(problems: tuple[Problem, ...], raw: Raw) -> None:
    for problem in problems:
        found = raw
        if isinstance(raw, Mapping):
            key = "backend" if problem.field == "type" and "backend" in raw else problem.field
            found = raw.get(key or "", next(iter(raw.values()), raw))
        while isinstance(found, tuple) and found:
            found = found[0]
        place = found.origin.location if isinstance(found, Leaf) else None
        raise Failed(error(problem.code, problem.message, place, help=problem.help))
