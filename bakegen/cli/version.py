"""`bakegen version`: facts about this installation for a report of a bug."""

from __future__ import annotations

import json
import os

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.cli.options import format_option
from bakegen.errors import ExitCode


@click.command(
    "version",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen version": "a table to paste into a report",
            "bakegen version --quick": "without asking docker and git",
            "bakegen version --format json": "",
            "bakegen --version": "just the version, fast",
        },
        reads="the installed package, the environment; what docker, buildx and git say of themselves",
        see="help",
    ),
)
@click.option("--quick", is_flag=True, help="Ask no other program: neither docker nor git.")
@format_option("markdown", "json")
def command(quick: bool, format_: str) -> int:
    """Tell what is installed here, for a report of a bug.

    Versions of bakegen, Python, what both rest on, docker, buildx and the builder, git; the CI, the terminal, and which
    variables are set that change what happens. Nothing secret is shown: of most variables only the name, no host and no
    name of a user. What does not answer within ten seconds is left open.
    """
    from bakegen.workspace.about import asked, local, markdown

    facts = local(os.environ)
    if not quick:
        for section, values in asked().items():
            facts[section] = {**facts.get(section, {}), **values}
    if format_ == "json":
        console.write(json.dumps({"schema_version": 1, **facts}, indent=2, ensure_ascii=False) + "\n")
    else:
        console.write(markdown(facts))
    return ExitCode.CLEAN
