"""Values from outside the files: ``IMAGE-or-variant-glob.field[.key]=value`` of BAKEGEN_SET and `--set`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS, SETTINGS, FieldSpec, SettingSpec, Shape
from bakegen.definition.matrix_reader import NOT_IN_OVERRIDES
from bakegen.definition.origin import Layer, Origin
from bakegen.definition.project import SetRule
from bakegen.definition.readers import Problems, read_field
from bakegen.definition.values import Leaf, Raw, Unset
from bakegen.diagnostics import did_you_mean, error
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.text import Location, Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TARGET = re.compile(r"[A-Za-z0-9_*?\[\]!-]+")
_HELP = "write NAME.FIELD=VALUE or NAME.FIELD.KEY=VALUE; NAME is a variant or an image and may have `*`"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the environment or the flags set: project settings, and fields of variants."""

    settings: Mapping[str, tuple[Leaf, ...]]
    rules: tuple[SetRule, ...]


def read_environment(environ: Mapping[str, str], problems: Problems) -> Outside:
    """BAKEGEN_<NAME> for each scalar setting, and the lines of BAKEGEN_SET."""
    settings: dict[str, tuple[Leaf, ...]] = {}
    for name, setting in SETTINGS.items():
        text = environ.get(setting.variable) if setting.variable else None
        if text:
            source = Source(setting.variable, text)
            place = Location(source, Span(0, len(text)))
            settings[name] = (Leaf(text, Origin(Layer.ENVIRONMENT, place, setting.variable)),)
    lines = _Lines(Layer.ENVIRONMENT, "BAKEGEN_SET", problems)
    text = environ.get("BAKEGEN_SET", "")
    source = Source("BAKEGEN_SET", text)
    at = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            start = at + line.index(stripped)
            lines.add(source, start, start + len(stripped))
        at += len(line) + 1
    return Outside({**settings, **lines.settings}, lines.rules())


def read_flags(flags: Sequence[str], problems: Problems) -> Outside:
    """The values of `--set`, in order."""
    lines = _Lines(Layer.FLAG, "--set", problems)
    for text in flags:
        lines.add(Source("--set", text), 0, len(text))
    return Outside(lines.settings, lines.rules())


class _Lines:
    """Collects assignments of one layer; several of one list make one list, in order."""

    def __init__(self, layer: Layer, detail: str, problems: Problems) -> None:
        self.layer = layer
        self.detail = detail
        self.problems = problems
        self.settings: dict[str, tuple[Leaf, ...]] = {}
        self.found: dict[tuple[str, str], SetRule] = {}

    def rules(self) -> tuple[SetRule, ...]:
        return tuple(self.found.values())

    def add(self, source: Source, start: int, end: int) -> None:
        text = source.text[start:end]
        name, equals, value = text.partition("=")
        value_at = start + len(name) + 1
        glob, dot, path = name.partition(".")
        if not equals or not (_TARGET.fullmatch(glob) if dot else name):
            place = Location(source, Span(start, end))
            self.problems.append(error("set-syntax", f"{text!r} sets nothing", place, help=_HELP))
        elif not dot:
            self.setting(source, start, name, Scalar(source, value_at, end, value, plain=False))
        else:
            at = start + len(glob) + 1
            self.field(source, at, glob, path, Scalar(source, value_at, end, value, plain=False))

    def setting(self, source: Source, start: int, name: str, value: Scalar) -> None:
        setting = SETTINGS.get(name)
        if setting is None or setting.shape not in (Shape.TEXT, Shape.INTEGER, Shape.TEXTS):
            known = [one.name for one in SETTINGS.values() if one.variable or one.shape is Shape.TEXTS]
            place = Location(source, Span(start, start + len(name)))
            message = f"{name!r} is no project setting that can be set here"
            self.problems.append(error("unknown-field", message, place, help=did_you_mean(name, known) or _HELP))
            return
        leaf = Leaf(value.text, self.origin(value))
        self.settings[name] = (*self.settings.get(name, ()), leaf) if setting.shape is Shape.TEXTS else (leaf,)

    def origin(self, value: Scalar) -> Origin:
        return Origin(self.layer, value.location, self.detail)

    def field(self, source: Source, at: int, glob: str, path: str, value: Scalar) -> None:
        name, dot, key = path.partition(".")
        field = IMAGE_FIELDS.get(name)
        if field is None or name in NOT_IN_OVERRIDES:
            known = [one for one in IMAGE_FIELDS if one not in NOT_IN_OVERRIDES]
            place = Location(source, Span(at, at + len(name)))
            self.problems.append(
                error("unknown-field", f"there is no field {name!r} to set", place, help=did_you_mean(name, known))
            )
            return
        keyed = field.shape in (Shape.MAP, Shape.OBJECT, Shape.FREE)
        if keyed != bool(dot and key):
            place = Location(source, Span(at, at + len(path)))
            example = f"{glob}.{name}.KEY=VALUE" if keyed else f"{glob}.{name}=VALUE"
            self.problems.append(error("set-syntax", f"`{name}` takes {field.shape}", place, help=f"write {example}"))
            return
        raw = self.read(field, key, value)
        if raw is None:
            return
        before = self.found.pop((glob, name), None)
        if before is not None and isinstance(before.value, tuple) and isinstance(raw, tuple):
            raw = before.value + raw
        elif before is not None and isinstance(before.value, dict) and isinstance(raw, dict):
            raw = {**before.value, **raw}
        self.found[glob, name] = SetRule(glob, name, raw, self.origin(value))

    def read(self, field: FieldSpec | SettingSpec, key: str, value: Scalar) -> Raw | None:
        node: Node = value
        if field.shape in (Shape.MAP, Shape.OBJECT, Shape.FREE):
            key_node = Scalar(value.source, value.start, value.start, key, plain=False)
            node = Table(value.source, value.start, value.end, {key: value}, {key: key_node}, 1)
        elif field.shape in (Shape.TEXTS, Shape.ENTRIES):
            node = Items(value.source, value.start, value.end, (value,) if value.text else (), 1)
        raw = read_field(field, node, self.layer, self.problems)
        return None if raw is None else self.named(raw)

    def named(self, raw: Raw) -> Raw:
        """The value with origins that name the variable or flag instead of a file."""
        if isinstance(raw, Leaf):
            return Leaf(raw.text, Origin(self.layer, raw.origin.location, self.detail))
        if isinstance(raw, Unset):
            return raw
        if isinstance(raw, tuple):
            return tuple(self.named(one) for one in raw)
        return {key: self.named(one) for key, one in raw.items()}
