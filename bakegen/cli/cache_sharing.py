"""`bakegen cache sharing`: which layers and bytes the images of a matrix share, and which instruction parts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import BRANCH, TARGETS
from bakegen.cli.options import BranchChoice, ProjectChoice, format_option, images_to_build, project_options
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from bakegen.sharing.lines import Lines
    from bakegen.sharing.model import Sharing

_PROBLEMS = 10


@click.command(
    "sharing",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen cache sharing": "all images of the project",
            "bakegen cache sharing --tree 'app-*'": "how the variants of app part, layer by layer",
            "bakegen cache sharing --offline": "before anything is built: where the steps part",
        },
        arguments={"TARGETS|GROUPS": "The images; globs too. Without any, all."},
        headings={"Images": "--branch --default-branch --offline", "What is shown": "--tree --no-advice"},
        exits={3: "a registry failed, or has none of the images"},
        reads=PROJECT + ", the registry",
        see="cache/size rewrite",
    ),
)
@click.argument("selected", nargs=-1, type=TARGETS, metavar="[TARGETS|GROUPS]...")
@project_options
@click.option(
    "--branch",
    type=BRANCH,
    metavar="NAME",
    help="The branch whose tags count; without it the CI's variables or git tell.",
)
@click.option("--default-branch", type=BRANCH, metavar="NAME", help="The branch whose tags have no branch in them.")
@click.option("--offline", is_flag=True, help="Ask no registry: only where the steps part, by the plan.")
@click.option("--tree", "as_tree", is_flag=True, help="Show every parting, with how much is shared before it.")
@click.option("--no-advice", is_flag=True, help="Do not work out which rewrites would share more.")
@format_option("text", "json")
def sharing_command(
    selected: tuple[str, ...],
    branch: str | None,
    default_branch: str | None,
    offline: bool,
    as_tree: bool,
    no_advice: bool,
    format_: str,
    **options: Any,
) -> int:
    """Show which layers variants share, and which instruction makes them part.

    Images are those that have the content of this checkout, or else the tags of the branch. IN ALL is what every image
    of a definition has, IN SOME what several have, OWN what just one has: packed bytes, as registries store them.
    """
    workspace = ProjectChoice(**options).open()
    state = BranchChoice(branch=branch, default_branch=default_branch).detect(workspace)

    from bakegen.sharing.data import json_text
    from bakegen.sharing.shown import advice_lines, total
    from bakegen.workspace.sharing import read_sharing

    plan = workspace.plan
    names = images_to_build(plan, selected) if selected else images_to_build(plan, ("*",))
    found, lines = read_sharing(workspace, names, state, offline=offline, advised=not no_advice)
    if format_ == "json":
        console.write(json_text(found, lines))
    else:
        console.write(_text(found, lines, as_tree=as_tree))
        for line in advice_lines(found):
            console.write(f"{line}\n")
        console.say(total(found))
    if tagged := sum(one.by == "tag" for family in found.families for one in family.stored):
        console.say(f"note: {tagged} of these were found by a tag: they may not be what this checkout would build")
    for problem in found.problems[:_PROBLEMS]:
        console.say(f"warning: {problem}")
    if (more := len(found.problems) - _PROBLEMS) > 0:
        console.say(f"warning: {more} more images are not there or not known; --format json names all")
    there = any(family.stored for family in found.families)
    return ExitCode.CLEAN if offline or there or not found.problems else ExitCode.ENGINE


def _text(found: Sharing, lines: Lines, *, as_tree: bool) -> str:
    from bakegen.sharing.shown import PARTING_HEADS, SIZE_HEADS, STEP_HEADS, parting_rows, size_rows, step_rows, tree

    parts = []
    if found.asked and (rows := list(size_rows(found))):
        parts.append(console.table(SIZE_HEADS, rows))
    elif not found.asked and (rows := list(step_rows(found))):
        parts.append(console.table(STEP_HEADS, rows))
    if as_tree:
        parts.append(tree(found, lines))
    elif partings := list(parting_rows(found, lines)):
        parts.append(console.table(PARTING_HEADS, partings))
    return "\n".join(part for part in parts if part)
