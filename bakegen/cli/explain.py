"""`bakegen explain`: what runs again because of what changed since a commit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import REVISION, TARGETS
from bakegen.cli.options import BranchChoice, ProjectChoice, chosen, costs_option, format_option, project_options
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from bakegen.plan.model import Plan


@click.command(
    "explain",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen explain": "since the default branch, with what is not committed",
            "bakegen explain app --since HEAD~1 --tree": "every step of one target",
            "bakegen explain --since origin/main --costs bakegen-report.json --format markdown": "a comment for a "
            "pull request",
        },
        arguments={"TARGETS|GROUPS": "What is explained; globs too. Without any, all images."},
        headings={"What is compared": "--since --until --costs", "What is shown": "--tree --no-advice"},
        exits={3: "git failed"},
        reads=PROJECT + ", of both commits; reports of builds (--costs)",
        see="why replay build",
    ),
)
@click.argument("selected", nargs=-1, type=TARGETS, metavar="[TARGETS|GROUPS]...")
@project_options
@click.option(
    "--since",
    type=REVISION,
    metavar="REV",
    help="The commit to compare with. [default: the merge base with the default branch]",
)
@click.option(
    "--until",
    type=REVISION,
    metavar="REV",
    help="The newer commit. [default: the work tree, with what is not committed]",
)
@costs_option
@click.option("--tree", "as_tree", is_flag=True, help="Show every stage and step, not just the first of each target.")
@click.option("--no-advice", is_flag=True, help="Do not work out what would have kept more in the cache.")
@format_option("text", "json", "markdown")
def command(
    selected: tuple[str, ...], since: str | None, until: str | None, as_tree: bool, format_: str, **options: Any
) -> int:
    """Tell what runs again because of what changed since a commit, without building anything.

    Nothing but the two commits is read: all steps of the older one are taken to be in the cache, and nothing else.
    A step that copies from a stage which runs again `may` run: BuildKit finds it in the cache where the files that
    come out of that stage are the same.
    """
    costs, no_advice = options.pop("costs"), options.pop("no_advice")
    workspace = ProjectChoice(**options).open()

    from bakegen.explaining.data import json_text
    from bakegen.explaining.markdown import markdown
    from bakegen.explaining.shown import HEADS, advice, rows, tree
    from bakegen.workspace.explaining import commit_of, default_since, explain
    from bakegen.workspace.measured import read_cost_files

    known = read_cost_files(costs)
    start = commit_of(workspace, since) if since else default_since(workspace, BranchChoice().detect(workspace).default)
    end = commit_of(workspace, until) if until else ""
    found = explain(workspace, start, end, partial(_wanted, selected), known, advised=not no_advice)
    if format_ == "json":
        console.write(json_text(found))
    elif format_ == "markdown":
        console.write(markdown(found))
    else:
        if shown := list(rows(found)):
            console.write(tree(found) if as_tree else console.table(HEADS, shown))
        if helped := advice(found):
            console.write(f"\n{helped}")
        console.say("; ".join(part for part in (f"{found.title}: {found.said}", found.quiet) if part))
    return ExitCode.CLEAN


def _wanted(selected: tuple[str, ...], plan: Plan) -> list[str]:
    from bakegen.workspace.explaining import images

    return chosen(plan, selected) if selected else images(plan)
