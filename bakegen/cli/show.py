"""`bakegen show`: every attribute of one target, and where each value comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import TARGET
from bakegen.cli.options import ProjectChoice, format_option, project_options
from bakegen.errors import ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.definition.origin import Origin
    from bakegen.matrix.model import Value

_COMPUTED = "computed"


@click.command(
    "show",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen show app-1-9": "a table",
            "bakegen show app-1-9 --set app-1-9.args.DEBUG=1": "what a flag changes",
            "bakegen show app-1-9 --format json": "",
        },
        arguments={"TARGET": "The name of one target."},
        reads=PROJECT,
        see="list render",
    ),
)
@project_options
@click.argument("target", type=TARGET)
@format_option("table", "json")
def command(target: str, format_: str, **options: object) -> int:
    """Show every attribute of one target and where it comes from.

    Values that bakegen works out itself (caches, the path of a rendered Dockerfile, links to other targets)
    have the origin `computed`; all others name the layer that set them: built-in, project, image, matrix,
    environment or flag.
    """
    workspace = ProjectChoice(**options).open()  # type: ignore[arg-type]

    from bakegen.bake.compose import main_file
    from bakegen.diagnostics import did_you_mean, error

    plan = workspace.plan
    if target not in plan.targets:
        known = did_you_mean(target, plan.targets)
        raise InputError([error("unknown-target", f"no target is called {target!r}", help=known)])
    console.report(workspace.warnings)
    variant = plan.targets[target].variant
    made = next(
        one
        for one in main_file(plan, workspace.project.settings.default_branch.value, ()).targets
        if one.name == target
    )
    origins: dict[str, Origin] = {}
    for field in variant.fields.values():
        origins.update(field.origins)
    rows: list[tuple[str, str, str]] = []
    for name, value in made.attributes.items():
        set_by_user = variant.value(name) == value
        for path, text in _leaves(name, value):
            origin = origins.get(path) if set_by_user or path.startswith("contexts.") else None
            rows.append((path, text, str(origin) if origin is not None else _COMPUTED))
    for name, field in variant.fields.items():
        if name not in made.attributes:
            rows += [(path, text, str(field.origins.get(path, _COMPUTED))) for path, text in _leaves(name, field.value)]
    if format_ == "json":
        listed = [{"attribute": path, "value": text, "origin": origin} for path, text, origin in rows]
        console.write(json.dumps({"target": target, "attributes": listed}, indent=2, ensure_ascii=False) + "\n")
    else:
        console.write(console.table(["attribute", "value", "origin"], rows))
    return ExitCode.CLEAN


def _leaves(path: str, value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, ("true" if value else "false") if isinstance(value, bool) else str(value)
