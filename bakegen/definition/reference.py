"""The reference page of all settings and fields, made from the table of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.fields import IMAGE_FIELDS, SETTINGS, FieldSpec, SettingSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.definition.attributes import EntryField

_INTRO = """\
# Settings and fields

Made from `bakegen/definition/fields.py`; do not edit.

Values are the text that is written: `3.10` stays `3.10`, `on` stays `on`. A value of nothing (`null`, `~` or
left empty) takes away what a lower layer set.

## The cascade

Each value is the one of the highest layer that sets it; `bakegen show TARGET` tells which one that was.

1. built-in
2. project: `defaults` in bakegen.yaml
3. image: image.yaml
4. matrix: `overrides` of the matrix that match, in their order
5. environment: `BAKEGEN_SET`, one `NAME.FIELD=VALUE` or `NAME.FIELD.KEY=VALUE` a line
6. flag: `--set` with the same syntax

`NAME` is the name of a variant or of an image, and may have `*`, `?` and `[…]`. Giving a list several times in
one layer makes one list of it; an empty value is an empty list. Project settings can be set as well:
`--set registry=registry.example.com/team`.

How a field meets what lower layers set: *replace* takes the new value; *merge keys* merges maps by key; *append*
joins lists without repeating equal elements; *append by field* joins lists, and an entry replaces the one with
the same id or type.

## Templates

Strings are Jinja2 templates. They see the axes of the variant (`{{ version }}`, `{{ os.base }}` for an axis whose
values have fields), `image`, `variant` (its name), `vars`, `registry` where one is set, and `repository`. `vars`
is rendered first, then `repository`, then everything else. The name of a variant sees only axes and image.
A name that is not there is an error. An element of a list that renders to nothing is left out.

Beside Jinja's own there are the tests `at_least` and `below` (`{% if version is at_least('1.22') %}`, by version
order), and the filters `parts` (`{{ version | parts(2) }}`: the first two numbers), `quote` (for a shell) and
`tojson`. A tag (`{% … %}`) that has its line to itself leaves no empty line behind. Not there, because results
would be unbounded or not the same every time: `random`, `format`, `center`, recursive loops.

Branch and commit are known in `branch-tags` and `ci-labels` only: everything else is the same on every branch, so
that the bake file can be committed.

## The matrix

```yaml
matrix:
  axes:
    version: ["1.22", "1.23"]
    os:
      - {name: bookworm, base: "debian:12"}
      - {name: alpine, base: "alpine:3.20"}
  exclude:
    - {version: "1.22", os: alpine}
  include:
    - {version: "1.21", os: bookworm}
  overrides:
    - match: {version: "1.2[12]"}
      set: {args: {LEGACY: "1"}}
```

- A value of an axis is a text, or a mapping with fields; `name`, or else the first field, names it.
- `exclude` takes away every combination that matches; axes that are not named match anything. Patterns are globs
  or lists of globs, and `AXIS.FIELD` looks at one field of a value.
- `include` adds whole combinations, with a value for each axis; the name of a value of the axis stands for that
  value with all its fields. One that is there already is an error.
- `overrides` set fields for the variants that match, included ones too.
- A variant's name is the image and the values joined by `-`, with every run of characters that a bake target's name
  cannot have made one `-` (`1.22` becomes `1-22`); two variants of one name are an error.
- Combinations are counted before any is made, and more than `max-targets` are an error.

## Selections

Each selection is a group of the bake file: `docker buildx bake pr`. A rule is one of

- `all`, `none`
- `newest 2 of version`, `oldest 1 of version`: per image, by version order (`1.9 < 1.10`, `1.0-rc1 < 1.0 < 1.0.1`);
  images without that axis are taken whole
- `{match: {AXIS: glob}}`, `{except: {AXIS: glob}}`, where `image` stands for the image's name; also together, and
  with `newest` or `oldest`, which then counts among what matches
- the name of a variant, or a glob

and a list of rules chooses what any of them does. What an image says in its own `selections` is added, among its
own variants.

## Editors

`bakegen/schema/bakegen.schema.json` and `bakegen/schema/image.schema.json` describe the two files. An editor with a
YAML language server checks and completes a file whose first line names its schema:

```yaml
# yaml-language-server: $schema=../../bakegen/schema/image.schema.json
tags: ["{{ repository }}:latest"]
```
"""


def reference_text() -> str:
    """The whole page, the same bytes every time."""
    parts = [_INTRO, "## Project settings: bakegen.yaml\n"]
    parts += [_setting(spec) for spec in SETTINGS.values()]
    parts.append("## Image fields: image.yaml, and `defaults` of bakegen.yaml\n")
    parts += [_field(spec) for spec in IMAGE_FIELDS.values()]
    return "\n".join(parts)


def _setting(spec: SettingSpec) -> str:
    default = spec.default_words
    if not default and isinstance(spec.default, str):
        default = f"`{spec.default}`"
    elif not default and spec.default is not None:
        default = f"`[{', '.join(spec.default)}]`"
    variable = f"`{spec.variable}`" if spec.variable else ""
    facts = [("type", str(spec.shape)), ("default", default), ("environment", variable)]
    facts += [("one of", ", ".join(spec.choices)), ("example", f"`{spec.name}: {spec.example}`")]
    return _entry(spec.name, spec.description, facts, () if spec.name == "cache" else spec.entry_fields)


def _field(spec: FieldSpec) -> str:
    facts = [
        ("type", str(spec.shape)),
        ("merge", str(spec.merge)),
        ("default", spec.default),
        ("templates", str(spec.templates)),
        ("one of", ", ".join(spec.choices)),
        ("bake attribute since buildx", spec.attribute.since if spec.attribute is not None else ""),
        ("example", f"`{spec.name}: {spec.example}`"),
    ]
    return _entry(spec.name, spec.description, facts, spec.entry_fields)


def _entry(name: str, description: str, facts: Iterable[tuple[str, str]], fields: tuple[EntryField, ...]) -> str:
    lines = [f"### `{name}`", "", description, ""]
    lines += [f"- {title}: {text}" for title, text in facts if text]
    if fields:
        lines += ["", "| field | type | meaning |", "| --- | --- | --- |"]
        for field in fields:
            meaning = field.description
            if field.choices:
                meaning += f" One of {', '.join(field.choices)}."
            needed = ", required" if field.required else ""
            lines.append(f"| `{field.name}` | {field.kind}{needed} | {meaning.strip()} |")
    return "\n".join(lines) + "\n"
