"""What can be written at all: known attributes of the right type, not newer than the oldest buildx, real text.

The part of `check` that the writers rely on; they refuse to write what fails here, so that nothing wrong
ever reaches a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.bake.entries import CSV_ATTRIBUTES, csv_problem, takes_objects
from bakegen.bake.strings import unwritable
from bakegen.definition.attributes import ATTRIBUTES, Kind, parse_version
from bakegen.diagnostics import did_you_mean, error
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.bake.model import BakeFile, BakeTarget, Value
    from bakegen.diagnostics import Diagnostic
    from bakegen.text import Location

_NAME = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)


@lru_cache(maxsize=8)
def writable_attributes(min_buildx: str) -> Mapping[str, bool]:
    """For each attribute whether every buildx from `min_buildx` on knows it."""
    oldest = parse_version(min_buildx)
    return {name: parse_version(attribute.since) <= oldest for name, attribute in ATTRIBUTES.items()}


def refuse_unwritable(file: BakeFile, min_buildx: str) -> None:
    """Raise InputError with everything that cannot be written."""
    problems = tuple(find_unwritable(file, min_buildx))
    if problems:
        raise InputError(problems)


def find_unwritable(file: BakeFile, min_buildx: str) -> Iterator[Diagnostic]:
    """Everything that cannot be written for `min_buildx`, in the order of the file."""
    try:
        known = writable_attributes(min_buildx)
    except ValueError:
        yield error("min-buildx", f"min-buildx: {min_buildx!r} is not a version", None, help='write it as "0.20"')
        return
    objects = takes_objects(min_buildx)
    for group in file.groups:
        yield from _bad_name("group", group.name, None)
        for text in (*group.targets, group.description):
            yield from _bad_text(text, f"group {group.name!r}", None)
    for variable in file.variables:
        yield from _bad_name("variable", variable.name, None)
        for text in (*variable.values, *variable.values.values()):
            yield from _bad_text(text, f"variable {variable.name!r}", None)
    for target in file.targets:
        yield from _bad_name("target", target.name, location_of(target))
        for name, value in target.attributes.items():
            if name not in known:
                message = f"target {target.name!r}: bake has no attribute {name!r}"
                yield error("unknown-attribute", message, location_of(target, name), help=did_you_mean(name, known))
                continue
            if not known[name] and name != "description":
                since = ATTRIBUTES[name].since
                message = f"target {target.name!r}: {name!r} needs buildx {since}, but min-buildx is {min_buildx}"
                advice = f'leave it out, or set min-buildx: "{since}"'
                yield error("attribute-too-new", message, location_of(target, name), help=advice)
            yield from _bad_value(target, name, value, objects)


def location_of(target: BakeTarget, path: str = "") -> Location | None:
    """Where `path` of `target` was written, as far as that is known."""
    origin = target.origin(path)
    return origin.location if origin is not None else None


def _bad_name(kind: str, name: str, location: Location | None) -> Iterator[Diagnostic]:
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^a-zA-Z0-9_-]+", "-", name).strip("-")
        advice = f"names are letters, digits, `_` and `-`{f', such as {better}' if better else ''}"
        yield error("bake-name", f"{name!r} cannot be the name of a {kind}", location, help=advice)


def _bad_value(target: BakeTarget, name: str, value: Value, objects: bool) -> Iterator[Diagnostic]:
    attribute = ATTRIBUTES[name]
    if not _fits(attribute.kind, value):
        message = f"target {target.name!r}: {name!r} is a {attribute.kind}, not {value!r}"
        yield error("attribute-type", message, location_of(target, name))
        return
    what = f"target {target.name!r}: {name!r}"
    if isinstance(value, str):
        if not value.isascii():
            yield from _bad_text(value, what, location_of(target, name))
        if attribute.choices and value not in attribute.choices:
            advice = did_you_mean(value, attribute.choices) or "one of " + ", ".join(attribute.choices)
            yield error("attribute-value", f"{what} cannot be {value!r}", location_of(target, name), help=advice)
        return
    for path, text in _texts(value, name):
        if not text.isascii():
            yield from _bad_text(text, what, location_of(target, path))
    if attribute.kind is Kind.OBJECT and isinstance(value, Mapping):
        for key in value:
            if attribute.field(key) is None:
                names = [field.name for field in attribute.entry_fields]
                advice = did_you_mean(key, names) or "known are " + ", ".join(names)
                yield error(
                    "unknown-field", f"{what} has no {key!r}", location_of(target, f"{name}.{key}"), help=advice
                )
    if not objects and name in CSV_ATTRIBUTES and isinstance(value, tuple):
        for at, entry in enumerate(value):
            problem = csv_problem(name, entry) if isinstance(entry, Mapping) else None
            if problem is not None:
                message = f"{what}: {problem}, which buildx before 0.20 cannot be told"
                advice = 'set min-buildx: "0.20"'
                yield error("csv-entry", message, location_of(target, f"{name}.{at}"), help=advice)


def _texts(value: Value, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from _texts(item, f"{path}.{at}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{path}.{key}", key
            yield from _texts(item, f"{path}.{key}")


def _bad_text(text: str, what: str, location: Location | None) -> Iterator[Diagnostic]:
    reason = unwritable(text)
    if reason is None:
        return
    composed = unicodedata.normalize("NFC", text)
    advice = "write it as UTF-8 text" if "UTF-8" in reason else f"write {composed!r} in its composed form"
    yield error("bake-text", f"{what}: {text!r} {reason}", location, help=advice)


def _fits(kind: Kind, value: Value) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.BOOL:
            return isinstance(value, bool)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.TEXTS:
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case Kind.MAP:
            return isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())
        case Kind.ENTRIES:
            return isinstance(value, tuple) and all(isinstance(item, Mapping) for item in value)
        case Kind.OBJECT:
            return isinstance(value, Mapping)
