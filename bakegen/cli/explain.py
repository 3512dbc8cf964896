"""`bakegen explain`: what runs again because of what changed since a commit."""

from __future__ import annotations

from typing import Any

import click

from bakegen.cli import console
from bakegen.cli.options import BranchChoice, ProjectChoice, images_to_build, project_options
from bakegen.errors import ExitCode


@click.command("explain")
@click.argument("selected", nargs=-1, metavar="[TARGETS|GROUPS]")
@project_options
@click.option("--since", metavar="REV", help="The commit to compare with. [default: merge base with the default branch]")
@click.option("--until", metavar="REV", help="The newer commit. [default: the work tree]")
def command(selected: tuple[str, ...], since: str | None, until: str | None, **options: Any) -> int:
    """Tell what runs again because of what changed since a commit, without building anything."""
    workspace = ProjectChoice(**options).open()

    from bakegen.explaining.causes import clipped, summary
    from bakegen.explaining.model import Verdict
    from bakegen.workspace.explaining import commit_of, default_since, explain

    start = commit_of(workspace, since) if since else default_since(workspace, BranchChoice().detect(workspace).default)
    end = commit_of(workspace, until) if until else ""
    wanted = images_to_build(workspace.plan, selected) if selected else []
    found = explain(workspace, start, end, wanted)
    rows = []
    for target in found.targets:
        first = target.first
        runs, maybe = len(target.of(Verdict.RUNS)), len(target.of(Verdict.MAYBE))
        where, why = "", ""
        if first is not None:
            source = first.step.location.source
            where = f"{source.path}:{source.position(first.step.location.span.start)[0]} {clipped(first.step.shown, 40)}"
            why = summary(first.causes)
        rows.append((target.chain.name, where, why, f"{runs} of {len(target.steps)}" + (f", {maybe} may" if maybe else "")))
    console.write(console.table(["target", "first", "why", "steps"], rows))
    return ExitCode.CLEAN
