"""`bakegen replay`: what the builds of a repository's history would have run, without building any."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.cli.names import REVISION, TARGET
from bakegen.cli.options import ProjectChoice, costs_option, format_option, project_options
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from bakegen.explaining.replay.figures import Figures
    from bakegen.explaining.replay.policies import Policy
    from bakegen.workspace.replaying import Order


@click.command(
    "replay",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen replay --commits 1000 --costs bakegen-report.json --html replay.html": "a page with charts",
            "bakegen replay --dockerfiles": "a repository that has no definitions",
        },
        arguments={"TARGETS": "Names of targets; without any, all images."},
        headings={
            "History": "--commits --until --no-pulls",
            "Without definitions": "--dockerfiles --dockerfile --context",
            "Figures": "--level --costs --run-seconds --step-seconds",
        },
        exits={3: "git failed"},
        reads="the commits of the repository; reports of builds (--costs)",
        writes="the page (--html)",
        see="explain",
    ),
)
@click.argument("selected", nargs=-1, type=TARGET, metavar="[TARGETS]...")
@project_options
@click.option(
    "--commits",
    type=click.IntRange(2),
    metavar="N",
    default=500,
    show_default=True,
    help="How many commits of the branch.",
)
@click.option("--until", type=REVISION, metavar="REV", default="HEAD", show_default=True, help="The newest commit.")
@click.option("--no-pulls", is_flag=True, help="Leave out the commits that merges brought.")
@click.option("--dockerfiles", is_flag=True, help="Take every Dockerfile in the repository for an image.")
@click.option(
    "--dockerfile", multiple=True, metavar="PATH", help="Take this Dockerfile of the repository for an image."
)
@click.option("--context", metavar="FOLDER", help="The context of these Dockerfiles. [default: the folder of each]")
@click.option(
    "--level",
    type=click.Choice(["proved", "assumed"]),
    default="assumed",
    show_default=True,
    help="How far Dockerfiles are rewritten for the comparison.",
)
@costs_option
@click.option("--run-seconds", type=click.FloatRange(0), metavar="SECONDS", default=30.0, show_default=True,
              help="What a RUN takes of which no report tells.")  # fmt: skip
@click.option("--step-seconds", type=click.FloatRange(0), metavar="SECONDS", default=1.0, show_default=True,
              help="What any other step takes of which no report tells.")  # fmt: skip
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Also write a page with charts.")
@format_option("text", "json", "csv")
def command(selected: tuple[str, ...], page: Path | None, format_: str, **options: Any) -> int:
    """Tell what the builds of a repository's history would have run, without building any.

    Goes through the commits of the branch, and of the pull requests that were merged into it, and tells for several
    policies which steps would not have been in a cache: with the Dockerfiles as they are, and rewritten. Nothing is
    checked out. Steps are exact as far as `bakegen explain` is; minutes are estimates, and are those of all steps one
    after the other.
    """
    from bakegen.explaining.replay.figures import figures
    from bakegen.explaining.replay.policies import Policy
    from bakegen.explaining.replay.shown import csv_text, json_text
    from bakegen.workspace.replaying import builds

    reports = len(options["costs"])
    order = _order(selected, options)
    found = figures(list(builds(order)), order.run, order.other, reports)
    if found.builds and (unknown := sorted(set(selected) - found.names)):
        raise click.BadParameter(f"no commit has a target called {unknown[0]!r}", param_hint="TARGETS")
    if page is not None:
        _write_page(page, found, order)
    if format_ != "text":
        console.write(json_text(found) if format_ == "json" else csv_text(found))
        return ExitCode.CLEAN
    _show(found, Policy.DEFAULT)
    return ExitCode.CLEAN


def _order(selected: tuple[str, ...], options: dict[str, Any]) -> Order:
    from bakegen.workspace.measured import read_cost_files
    from bakegen.workspace.project import find_root
    from bakegen.workspace.replaying import Order, repository

    choice = ProjectChoice(*(options[name] for name in ("project", "registry", "sets", "allow_outside")))
    found = options["dockerfiles"] or bool(options["dockerfile"])
    return Order(
        repository(choice.project) if found else find_root(choice.project),
        os.environ,
        choice.settings,
        choice.allow_outside,
        options["commits"],
        options["until"],
        not options["no_pulls"],
        options["level"],
        read_cost_files(options["costs"]),
        options["run_seconds"],
        options["step_seconds"],
        found,
        options["dockerfile"],
        options["context"] or "",
        selected,
    )


def _write_page(page: Path, found: Figures, order: Order) -> None:
    from bakegen.explaining.replay.page import html
    from bakegen.workspace.files import write_atomic
    from bakegen.workspace.walking import changed_files

    changed = partial(changed_files, order.root)
    write_atomic(page, html(found, order.root.resolve().name, changed).encode("utf-8", "replace"))
    console.say(f"wrote {page}")


def _show(found: Figures, policy: Policy) -> None:
    from bakegen.explaining.replay.shown import HEADS, TARGET_HEADS, rows, target_rows

    console.write(console.table(HEADS, rows(found)))
    if shown := list(target_rows(found, policy)):
        console.write(f"\nTargets with {policy}:\n{console.table(TARGET_HEADS, shown)}")
    for problem, count in found.problems.items():
        console.say(f"not read: {count} commit{'' if count == 1 else 's'}: {problem}")
    for name, problem in found.untold.items():
        console.say(f"not told: {name}: {problem}")
    console.say(f"{found.said}; {found.basis}")
