"""JSON Schemas of bakegen.yaml and image.yaml, made from the table of fields; for editors.

Editors read YAML by its own rules, where ``1.22`` is a number and ``on`` may be a boolean, so text is allowed
to be any single value here: bakegen takes it as it is written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bakegen.definition.attributes import Kind
from bakegen.definition.fields import DURATION_PATTERN, IMAGE_FIELDS, SETTINGS, FieldSpec, SettingSpec, Shape, Templates
from bakegen.definition.matrix_reader import NOT_IN_OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.definition.attributes import EntryField

Schema = dict[str, object]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE = r"\{[{%#]"
_TEXT: Schema = {"$ref": "#/$defs/text"}
_GLOBS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}


def project_schema() -> Schema:
    """The schema of bakegen.yaml."""
    properties = {name: _described(_shape(spec), spec) for name, spec in SETTINGS.items()}
    return _document("bakegen.schema.json", "bakegen.yaml: the settings of a project", properties)


def image_schema() -> Schema:
    """The schema of image.yaml."""
    properties = {name: _described(_shape(spec), spec) for name, spec in IMAGE_FIELDS.items()}
    properties |= {name: _reference(name) for name in _shared_fields()}
    return _document("image.schema.json", "image.yaml: the definition of an image", properties)


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "bakegen.schema.json": project_schema,
    "image.schema.json": image_schema,
}
"""The schema files by name."""


def schema_text(name: str) -> str:
    """The text of the schema file `name`, the same bytes every time."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


def _document(name: str, title: str, properties: Mapping[str, Schema]) -> Schema:
    return {
        "$schema": _DIALECT,
        "$id": f"urn:bakegen:{name}",
        "title": title,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": dict(properties),
        "$defs": {
            "text": {"type": ["string", "number", "boolean"]},
            "template": {"type": "string", "pattern": _TEMPLATE},
            "match": _match(),
            "rule": _rule(),
            "axisValue": _axis_value(),
            **{f"field.{name}": _described(_shape(spec), spec) for name, spec in _shared_fields().items()},
        },
    }


def _described(schema: Schema, spec: FieldSpec | SettingSpec) -> Schema:
    words = spec.description
    default = spec.default if isinstance(spec, FieldSpec) else spec.default_words or _default_text(spec)
    if default:
        words += f" Default: {default}."
    if isinstance(spec, FieldSpec) and spec.attribute is not None:
        words += f" Needs buildx {spec.attribute.since}."
    out: Schema = {"description": words, **schema}
    if spec.example:
        out["examples"] = [spec.example]
    return out


def _default_text(spec: SettingSpec) -> str:
    if isinstance(spec.default, str):
        return f"`{spec.default}`"
    return "`[" + ", ".join(spec.default) + "]`" if spec.default is not None else ""


def _optional(schema: Schema) -> Schema:
    """The schema, or null, which takes away what lower layers set."""
    return {"anyOf": [schema, {"type": "null"}]}


def _shape(spec: FieldSpec | SettingSpec) -> Schema:
    templates = not isinstance(spec, FieldSpec) or spec.templates is not Templates.NEVER
    shape = spec.shape
    if shape in (Shape.TEXT, Shape.BOOL, Shape.INTEGER, Shape.DURATION):
        return _optional(_scalar(shape, spec.choices, templates))
    if shape is Shape.TEXTS:
        return _optional({"type": "array", "items": _TEXT})
    if shape is Shape.MAP:
        return _optional({"type": "object", "additionalProperties": _optional(_TEXT)})
    if shape is Shape.OBJECT:
        return _optional(_object(spec.entry_fields, required=False, free=False))
    if shape is Shape.ENTRIES:
        free = isinstance(spec, FieldSpec) and spec.attribute is not None and spec.attribute.free_fields
        entry = _object(spec.entry_fields, required=True, free=free or spec.name == "output")
        return _optional({"type": "array", "items": {"anyOf": [{"type": "string"}, entry]}})
    if shape is Shape.NAMED:
        entry = _object(spec.entry_fields, required=True, free=False)
        return _optional({"type": "object", "additionalProperties": _optional(entry)})
    if shape is Shape.FREE:
        return _optional({"type": "object"})
    if shape is Shape.SELECTIONS:
        rules = {"anyOf": [{"$ref": "#/$defs/rule"}, {"type": "array", "items": {"$ref": "#/$defs/rule"}}]}
        return _optional(
            {"type": "object", "propertyNames": {"pattern": "^[A-Za-z0-9_-]+$"}, "additionalProperties": rules}
        )
    if shape is Shape.EVENTS:
        names = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
        fields = {field.name: {"description": field.description, **names} for field in spec.entry_fields}
        return _optional({"type": "object", "properties": fields, "additionalProperties": False})
    if shape is Shape.MATRIX:
        return _optional(_matrix())
    return _optional(_fields(_shared_fields()))


def _scalar(shape: Shape, choices: tuple[str, ...], templates: bool = True) -> Schema:
    schema: Schema = {"enum": list(choices)} if choices else _TEXT
    if shape is Shape.BOOL:
        schema = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
    elif shape is Shape.INTEGER:
        schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]}
    elif shape is Shape.DURATION:
        schema = {"type": "string", "pattern": f"^{DURATION_PATTERN}$"}
    if schema is _TEXT or not templates:
        return schema
    return {"anyOf": [schema, {"$ref": "#/$defs/template"}]}


def _object(fields: tuple[EntryField, ...], *, required: bool, free: bool) -> Schema:
    properties: dict[str, Schema] = {}
    for field in fields:
        if field.kind is Kind.TEXTS:
            value: Schema = {"type": "array", "items": _TEXT}
        else:
            value = _scalar(Shape[field.kind.name], field.choices)
        properties[field.name] = {"description": field.description, **_optional(value)}
    out: Schema = {"type": "object", "properties": properties, "additionalProperties": free}
    names = [field.name for field in fields if field.required]
    return {**out, "required": names} if required and names else out


def _fields(fields: Mapping[str, FieldSpec]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _reference(name) for name in fields},
    }


def _shared_fields() -> dict[str, FieldSpec]:
    """The fields that stand in more than one place, and so among the definitions of both schemas."""
    return {name: field for name, field in IMAGE_FIELDS.items() if field.whole_project}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/field.{name}"}


def _match() -> Schema:
    return {"type": "object", "minProperties": 1, "additionalProperties": _GLOBS}


def _axis_value() -> Schema:
    return {"anyOf": [_TEXT, {"type": "object", "minProperties": 1, "additionalProperties": _TEXT}]}


def _rule() -> Schema:
    return {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {
                    "match": {"$ref": "#/$defs/match"},
                    "except": {"$ref": "#/$defs/match"},
                    "newest": {"type": "string", "pattern": "^[0-9]+ +of +"},
                    "oldest": {"type": "string", "pattern": "^[0-9]+ +of +"},
                },
            },
        ]
    }


def _matrix() -> Schema:
    overridable = {name: field for name, field in IMAGE_FIELDS.items() if name not in NOT_IN_OVERRIDES}
    value: Schema = {"$ref": "#/$defs/axisValue"}
    override: Schema = {
        "type": "object",
        "required": ["match", "set"],
        "additionalProperties": False,
        "properties": {"match": {"$ref": "#/$defs/match"}, "set": _fields(overridable)},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "axes": {
                "description": "The values of each axis.",
                "type": "object",
                "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"},
                "additionalProperties": {"type": "array", "minItems": 1, "items": value},
            },
            "include": {
                "description": "Combinations that are added to the product of the axes.",
                "type": ["array", "null"],
                "items": {"type": "object", "additionalProperties": value},
            },
            "exclude": {
                "description": "Combinations that are left out, by globs for some of the axes.",
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/match"},
            },
            "overrides": {
                "description": "Fields for the variants that match; several may match, the later one wins.",
                "type": ["array", "null"],
                "items": override,
            },
        },
    }
