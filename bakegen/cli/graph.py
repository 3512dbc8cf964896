"""`bakegen graph`: which target builds on which, as text, Mermaid or a picture."""

from __future__ import annotations

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import TARGETS
from bakegen.cli.options import ProjectChoice, chosen, format_option, project_options
from bakegen.errors import ExitCode


@click.command(
    "graph",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen graph": "all of it, as a tree",
            "bakegen graph 'app-*' --format mermaid": "for a Markdown page",
            "bakegen graph --format svg > graph.svg": "a picture",
        },
        arguments={"TARGETS": "Names, globs or groups: only they and what they build on. Without any, all."},
        reads=PROJECT,
        see="list explain",
    ),
)
@project_options
@click.argument("targets", nargs=-1, type=TARGETS)
@format_option("text", "mermaid", "svg", help="How it is drawn.")
def command(targets: tuple[str, ...], format_: str, **options: object) -> int:
    """Draw which target builds on which.

    An arrow, or a branch of the tree, goes from each base image and target to the targets that are built from it or
    copy from it. Nothing is built, and no registry is asked.
    """
    workspace = ProjectChoice(**options).open()  # type: ignore[arg-type]

    from bakegen.bake.compose import closed_under_parents
    from bakegen.plan.build import dependency_graph
    from bakegen.plan.graph import draw_mermaid, draw_svg, draw_text

    console.report(workspace.warnings)
    plan = workspace.plan
    if targets:
        plan = closed_under_parents(plan, chosen(plan, targets))
    draw = {"text": draw_text, "mermaid": draw_mermaid, "svg": draw_svg}[format_]
    console.write(draw(dependency_graph(plan)))
    return ExitCode.CLEAN
