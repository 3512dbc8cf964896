"""`bakegen graph`: which target builds on which, as text, Mermaid or a picture."""

from __future__ import annotations

import click

from bakegen.cli import console
from bakegen.cli.options import ProjectChoice, chosen, project_options
from bakegen.errors import ExitCode


@click.command("graph")
@project_options
@click.argument("targets", nargs=-1)
@click.option("--format", "format_", type=click.Choice(["text", "mermaid", "svg"]), default="text", show_default=True)
def command(targets: tuple[str, ...], format_: str, **options: object) -> int:
    """Draw which target builds on which.

    TARGETS are names, globs or groups: with any, only they and what they build on are drawn.
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
