"""`bakegen render`: writes the bake file and the Dockerfiles it needs, or checks that they are up to date."""

from __future__ import annotations

import os
import posixpath
from typing import Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import TARGETS
from bakegen.cli.options import BranchChoice, ProjectChoice, branch_options, chosen, format_option, project_options
from bakegen.errors import ExitCode

_SHOWN = 20


@click.command(
    "render",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen render": "write the committed files; in CI settle the branch, too",
            "bakegen render --check": "exit 1 with a diff where committed files are out of date",
            "bakegen render --diff": "show what would change, write nothing",
            "bakegen render --branch feature/x": "settle a branch by hand",
            "bakegen render --select pr --output -": "print the file for one selection",
        },
        headings={"What is rendered": "--select --offline", "Checks": "--check --diff --validate"},
        exits={
            0: "written, or up to date",
            1: "a committed file is out of date (--check)",
            3: "buildx failed (--validate)",
        },
        reads=PROJECT,
        writes="docker-bake.hcl, .bakegen/*.Dockerfile; on a branch docker-bake.override.hcl, too",
        see="build list show branch",
    ),
)
@project_options
@branch_options
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff where a committed file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@format_option("hcl", "json", help="The form of the bake file.")
@click.option(
    "--output",
    metavar="FILE",
    help="The bake file, relative to the project; - prints it and writes nothing. [default: docker-bake.FORMAT]",
)
@click.option(
    "--select",
    "selected",
    multiple=True,
    type=TARGETS,
    metavar="NAME",
    help="Only these targets or groups (globs too), and all that they build on.",
)
@click.option(
    "--offline", is_flag=True, help="Do not ask the registry which caches exist; read all that may, nearest last."
)
@click.option(
    "--validate", is_flag=True, help="Have the installed buildx read the committed file and compare what it says."
)
def command(
    check: bool,
    diff: bool,
    format_: str,
    output: str | None,
    selected: tuple[str, ...],
    offline: bool,
    validate: bool,
    **options: Any,
) -> int:
    """Write docker-bake.hcl and the Dockerfiles it needs.

    The committed files are the same on every branch and machine. In CI, or with one of the branch options, a
    second file docker-bake.override.hcl settles the branch: its tags, the caches it reads and, where it is
    trusted, those it writes. Bake merges it by itself; keep it out of git.
    """
    branch = BranchChoice.taken(options)
    workspace = ProjectChoice(**options).open()

    from bakegen.bake.compose import closed_under_parents
    from bakegen.workspace.rendering import OVERRIDE, render_project

    plan = workspace.plan
    if selected:
        plan = closed_under_parents(plan, chosen(plan, selected))
    state = None
    if not check:
        found = branch.detect(workspace)
        state = found if branch.given or not found.local else None
    path = None if output in (None, "-") else posixpath.normpath(output or "")
    rendering = render_project(workspace, plan, format=format_, output=path, state=state, ask_registry=not offline)
    console.report(rendering.warnings)
    if output == "-":
        console.write(next(iter(rendering.texts.values())))
        return ExitCode.CLEAN
    if validate:
        from bakegen.workspace.engine import read_back

        # An override means nothing without the file that it is laid over.
        whole = {name: text for name, text in rendering.texts.items() if not name.startswith(OVERRIDE)}
        read_back(whole, rendering.meanings)
    if check or diff:
        console.write(rendering.committed.diff() + ("" if check else rendering.settled.diff()))
        if check and rendering.committed.pending:
            names = ", ".join(change.path for change in rendering.committed.pending)
            console.say(f"out of date: {names}; run `bakegen render` and commit the result")
            return ExitCode.FINDINGS
        return ExitCode.CLEAN
    done = (*rendering.committed.apply(), *rendering.settled.apply())
    where = os.path.relpath(workspace.root)
    for change in done[:_SHOWN]:
        console.say(f"{change.verb.removesuffix('e')}ed  {posixpath.normpath(posixpath.join(where, change.path))}")
    if len(done) > _SHOWN:
        console.say(f"… and {len(done) - _SHOWN} more")
    written = sum(change.new is not None for change in done)
    same = len(rendering.texts) + len(workspace.renders) - written
    console.say(f"{len(plan.targets)} targets in {len(plan.groups)} groups; {written} files written, {same} unchanged")
    return ExitCode.CLEAN
