"""`bakegen schema`: the JSON Schemas that editors check definitions with, and that of the report of a build."""

from __future__ import annotations

from importlib.resources import files

import click

from bakegen.cli import console
from bakegen.errors import ExitCode

_NAMES = {"bakegen": "bakegen.schema.json", "image": "image.schema.json", "report": "report.schema.json"}


@click.command("schema")
@click.argument("which", type=click.Choice(list(_NAMES)), default="image")
@click.option("--path", is_flag=True, help="Print where the installed schema is instead of its text.")
def command(which: str, path: bool) -> int:
    """Print the JSON Schema of bakegen.yaml (`bakegen`), image.yaml (`image`) or bakegen-report.json (`report`).

    An editor that speaks the YAML language server's protocol checks a file that begins with

    \b
        # yaml-language-server: $schema=PATH
    """
    found = files("bakegen") / "schema" / _NAMES[which]
    console.write(f"{found}\n" if path else found.read_text("utf-8"))
    return ExitCode.CLEAN
