"""`bakegen schema`: the JSON Schemas that editors check definitions with, and that of the report of a build."""

from __future__ import annotations

from importlib.resources import files

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.errors import ExitCode

_NAMES = {
    "bakegen": "bakegen.schema.json",
    "image": "image.schema.json",
    "report": "report.schema.json",
    "catalog": "catalog.json",
}


@click.command(
    "schema",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen schema": "that of image.yaml",
            "bakegen schema bakegen > bakegen.schema.json": "a copy beside the definitions",
            "bakegen schema image --path": "where the installed one is",
        },
        arguments={
            "WHICH": "image (image.yaml), bakegen (bakegen.yaml), report (bakegen-report.json), or catalog: the "
            "entries for SchemaStore, by which editors find schemas. [default: image]",
        },
        see="show",
        notes={
            "In an editor": """\
One that has the YAML language server checks and completes a file that begins with
  # yaml-language-server: $schema=PATH""",
        },
    ),
)
@click.argument("which", type=click.Choice(list(_NAMES)), default="image", metavar="[WHICH]")
@click.option("--path", is_flag=True, help="Print where the installed file is instead of its text.")
def command(which: str, path: bool) -> int:
    """Print the JSON Schema of bakegen.yaml, image.yaml or bakegen-report.json.

    Editors check and complete definitions with it, and scripts the reports of builds. It is that of this version of
    bakegen: every field that it knows, with what is said of it in the reference.
    """
    found = files("bakegen") / "schema" / _NAMES[which]
    console.write(f"{found}\n" if path else found.read_text("utf-8"))
    return ExitCode.CLEAN
