"""`bakegen list`: the targets with their tags, platforms and content keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import TARGETS
from bakegen.cli.options import ProjectChoice, chosen, costs_option, format_option, project_options
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.building.costs import Costs
    from bakegen.plan.content import ContentKey
    from bakegen.plan.model import Plan


@click.command(
    "list",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen list": "all targets",
            "bakegen list pr 'go-*' --format tree": "some, below their images",
            "bakegen list app-1-9 --explain": "what its content key is made of",
            "bakegen list --no-keys --format json": "for scripts, without reading contexts",
        },
        arguments={"TARGETS": "Names, globs or groups; without any, all are listed."},
        headings={"What is shown": "--keys --explain --costs"},
        exits={3: "git failed"},
        reads=PROJECT + "; reports of builds (--costs)",
        see="show graph",
    ),
)
@project_options
@click.argument("targets", nargs=-1, type=TARGETS)
@format_option("table", "tree", "json")
@click.option("--keys/--no-keys", default=True, help="Whether to hash the inputs of each target. [default: keys]")
@click.option("--explain", is_flag=True, help="Show what each content key is made of, line by line.")
@costs_option
def command(
    targets: tuple[str, ...], format_: str, keys: bool, explain: bool, costs: tuple[Path, ...], **options: object
) -> int:
    """List targets with their tags and content keys.

    A content key changes when, and only when, something changes that decides what the target holds. With `--costs`
    the time that a cold build takes is shown, and whatever is known to exceed its `budget` is warned of.
    """
    workspace = ProjectChoice(**options).open()  # type: ignore[arg-type]

    from bakegen.building.budget import over_budget
    from bakegen.plan.content import content_keys
    from bakegen.workspace.context import Contexts
    from bakegen.workspace.measured import read_cost_files

    plan = workspace.plan
    names = chosen(plan, targets)
    found: dict[str, ContentKey] = {}
    contexts = Contexts(workspace.files)
    if keys or explain:
        found = content_keys(plan, contexts, names)
    measured = read_cost_files(costs)
    console.report((*workspace.warnings, *contexts.diagnostics, *over_budget(plan, names, measured)))
    if format_ == "json":
        console.write(json.dumps(_json(plan, names, found, explain, measured), indent=2, ensure_ascii=False) + "\n")
    elif explain:
        console.write(_explained(names, found))
    elif format_ == "tree":
        console.write(_tree(plan, names, found))
    else:
        console.write(_table(plan, names, found, measured))
    return ExitCode.CLEAN


def _short(found: ContentKey | None) -> str:
    if found is None:
        return ""
    return found.key[:12] if found.key else "unknown"


def _table(plan: Plan, names: list[str], found: dict[str, ContentKey], costs: Costs) -> str:
    from bakegen.building.step_summary import time_text

    rows = []
    for name in names:
        target = plan.targets[name]
        row = [name, str(target.kind), ",".join(target.platforms) or "native"]
        if found:
            row.append(_short(found.get(name)))
        if costs.order:
            cold = costs.cold(name)
            row.append("" if cold is None else time_text(cold))
        rows.append([*row, " ".join(target.tags)])
    more = [*(["key"] if found else []), *(["cold"] if costs.order else [])]
    return console.table(["target", "kind", "platforms", *more, "tags"], rows)


def _tree(plan: Plan, names: list[str], found: dict[str, ContentKey]) -> str:
    images: dict[str, list[str]] = {}
    for name in names:
        images.setdefault(plan.targets[name].variant.image, []).append(name)
    lines = []
    for image, members in images.items():
        lines.append(image)
        for index, name in enumerate(members):
            branch = "└── " if index == len(members) - 1 else "├── "
            key = _short(found.get(name))
            lines.append(f"{branch}{name}{'  ' + console.style(key, 'dim') if key else ''}")
    return "\n".join(lines) + "\n" if lines else ""


def _explained(names: list[str], found: dict[str, ContentKey]) -> str:
    from bakegen.plan.keys import explain

    lines = []
    for name in names:
        key = found[name]
        lines.append(f"{name}  {key.key or 'unknown: ' + key.unknown}")
        if key.inputs is not None:
            lines += [f"  {what}  {value}" for what, value in explain(key.inputs)]
    return "\n".join(lines) + "\n" if lines else ""


def _json(
    plan: Plan, names: list[str], found: dict[str, ContentKey], explained: bool, costs: Costs
) -> list[dict[str, object]]:
    from bakegen.building.budget import budget
    from bakegen.plan.keys import explain

    out: list[dict[str, object]] = []
    for name in names:
        target = plan.targets[name]
        entry: dict[str, object] = {
            "name": name,
            "kind": str(target.kind),
            "image": target.variant.image,
            "axes": {axis: str(value) for axis, value in target.variant.axes.items()},
            "platforms": list(target.platforms),
            "tags": list(target.tags),
            "builds_on": [parent.target for parent in target.parents],
            "bases": list(target.bases),
            "groups": [group for group, members in plan.groups.items() if name in members],
        }
        if (allowed := budget(target)) is not None:
            entry["budget"] = allowed
        if (cold := costs.cold(name)) is not None:
            entry["cold"] = round(cold, 3)
        key = found.get(name)
        if key is not None:
            entry["key"] = key.key
            if key.unknown:
                entry["key_unknown"] = key.unknown
            if explained and key.inputs is not None:
                entry["key_inputs"] = dict(explain(key.inputs))
        out.append(entry)
    return out
