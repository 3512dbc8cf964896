"""The JSON Schema and the reference page of a build's report, made from the table of its fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bakegen.building.model import Happening
from bakegen.building.outputs import CACHE_VARIABLES, DOTENV_LIMIT, READY_VARIABLES
from bakegen.building.report import FIELDS, SCHEMA_VERSION, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.building.report import ReportField

SCHEMA_NAME = "report.schema.json"

_TYPES: Mapping[Kind, dict[str, object]] = {
    Kind.TEXT: {"type": "string"},
    Kind.WORDS: {"type": ["string", "null"]},
    Kind.NUMBER: {"type": "number"},
    Kind.MOMENT: {"type": ["number", "null"]},
    Kind.COUNT: {"type": "integer", "minimum": 0},
    Kind.FLAG: {"type": "boolean"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
}


EVENTS: Mapping[Happening, tuple[str, tuple[str, ...]]] = {
    Happening.DECIDED: ("it is known whether the target is built or skipped", ("decision", "why", "key")),
    Happening.STARTED: ("its first step begins", ()),
    Happening.STEP: (
        "a step begins or ends",
        ("step", "phase", "state", "cached", "seconds", "done", "total", "error"),
    ),
    Happening.READY: ("its image can be pulled, once for each reference", ("reference", "digest")),
    Happening.CACHED: ("its cache is where others can read it", ("reference", "digest", "seconds")),
    Happening.FAILED: ("one of its steps failed", ("step", "error", "log")),
    Happening.RETRY: ("it is tried once more, after so many seconds", ("why", "seconds")),
    Happening.DONE: ("nothing more will happen to it", ("status", "error")),
}
"""When each event is told, and its facts."""


def schema_text() -> str:
    """The text of the schema, the same bytes every time.

    Fields that it does not know are no errors: new ones may come at any time.
    """
    schema: dict[str, object] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:bakegen:{SCHEMA_NAME}",
        "title": "bakegen-report.json: what a build came to",
        **_object(FIELDS),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _object(fields: Iterable[ReportField]) -> dict[str, object]:
    properties = {field.name: {"description": _sentence(field), **_type(field)} for field in fields}
    return {"type": "object", "required": list(properties), "properties": properties}


def _type(field: ReportField) -> dict[str, object]:
    if field.kind is Kind.OBJECT:
        return _object(field.fields)
    if field.kind is Kind.OBJECTS:
        return {"type": "array", "items": _object(field.fields)}
    if field.choices:
        return {"enum": list(field.choices)}
    return {"const": SCHEMA_VERSION} if field.name == "schema_version" else _TYPES[field.kind]


def _sentence(field: ReportField) -> str:
    return f"{field.description[0].upper()}{field.description[1:]}."


def reference_text() -> str:
    """The text of the reference page."""
    events = [f"| `{what}` | {when} | {_codes(facts)} |" for what, (when, facts) in EVENTS.items()]
    variables, of_caches = (
        [f"| `{name}` | {words} |" for name, words in table.items()] for table in (READY_VARIABLES, CACHE_VARIABLES)
    )
    head = "| variable | holds |\n| --- | --- |"
    parts = [_INTRO, *_tables("", FIELDS), _EVENTS_HEAD, "| event | when | facts |\n| --- | --- | --- |", *events]
    parts += [_FOR_CI.replace("DOTENV_LIMIT", str(DOTENV_LIMIT)), head, *variables, _FOR_CACHES, head, *of_caches]
    return "\n".join(parts) + "\n"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tables(title: str, fields: tuple[ReportField, ...]) -> list[str]:
    """The table of one object's fields, then those of the objects in it."""
    lines = [f"\n### `{title}`\n"] if title else []
    lines += ["| field | holds | meaning |", "| --- | --- | --- |"]
    for field in fields:
        choices = ": " + ", ".join(f"`{choice}`" for choice in field.choices) if field.choices else ""
        more = f"; see [`{field.name}`](#{field.name})" if field.fields else ""
        lines.append(f"| `{field.name}` | {field.kind} | {field.description}{choices}{more} |")
    for field in fields:
        if field.fields:
            lines += _tables(field.name, field.fields)
    return lines


_INTRO = """\
# What a build hands on

Made from `bakegen/building/report.py`; do not edit.

Texts are masked and plain in all of it: what stands between `://` and `@` of a URL is `***`, control characters and
bytes that are not UTF-8 are `\\xNN` and `\\uNNNN`. The log of a failed step is in events alone: CI services hide
secrets in what a job prints, not in the files that it keeps.

## `bakegen-report.json`

The file is whole at any time, so another process may read it while the build runs: it has a target from the moment
that its image can be pulled, and its caches as they are written. It is left out of the contexts of images; one that is
written elsewhere (`--report`) should not lie in a context.

`bakegen schema report` prints its JSON Schema. `schema_version` goes up when a field goes away or changes its meaning;
new fields may come at any time. Seconds are to the thousandth.
"""

_EVENTS_HEAD = """
## Events

`--events FILE` appends a line of JSON for each event as it happens; the file may be a named pipe. A line is an object:

| field | holds | meaning |
| --- | --- | --- |
| `event` | text | what happened, see below; others may come at any time |
| `at` | number | seconds since the build began |
| `target` | text or null | the target, null where it is about the whole build |
| `facts` | object | more about it, see below; facts that are not known are left out |

The `phase` of a step is `step` for an instruction, `image` for pushing the image, `cache` for writing its cache; its
`state` is `started`, `done` or `failed`; `done` and `total` count the instructions.
"""

_FOR_CI = """
## GitHub Actions

Where `GITHUB_OUTPUT` is set, the step gets these outputs, each JSON for `fromJSON`:

| output | holds |
| --- | --- |
| `digests` | target → digest of those that were built or skipped |
| `built`, `skipped`, `failed`, `not-built` | the targets that came to that |

```yaml
    strategy:
      matrix:
        target: ${{ fromJSON(needs.build.outputs.built) }}
```

Where `GITHUB_STEP_SUMMARY` is set, the page of the run shows a table of the targets, what failed first. GitHub takes
1 MiB; rows beyond it are left out and counted. `--summary FILE` writes the same for providers that show such a file.

## GitLab CI

`--dotenv FILE` writes a line `BAKEGEN_DIGEST_<NAME>=sha256:…` for each target that was built or skipped: `app-1-22`
is `BAKEGEN_DIGEST_APP_1_22`, `my_app` is `BAKEGEN_DIGEST_MY__APP`. A name with other signs, upper case, or an end
like a hash gets a hash behind it; so no two names meet, and no variable's name hangs on what else is built. Name the
file in `artifacts:reports:dotenv`. GitLab takes DOTENV_LIMIT bytes and 20 to 150 variables of a job, as it is set up;
a larger file is written all the same, with a warning.

## `--on-ready COMMAND`

The command is a line for the shell. It runs once a target, the moment its image can be pulled, beside the build: at
most 4 at once, each for at most 10 minutes. What it prints is shown with the target's name in front. When it fails, the
build goes on, and `bakegen build` ends with exit code 1. It is ended with all that it started when the build is
interrupted. What it leaves in the background lives on only with its output redirected. The report has the target
before the command begins.
"""

_FOR_CACHES = """
## `--on-cache-ready COMMAND`

The same for each cache of an image, the moment that others can read it; it has these variables, too:
"""
