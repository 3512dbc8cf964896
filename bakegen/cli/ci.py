"""`bakegen ci`: the file that runs bakegen in a CI, with the project's own values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import PROVIDER
from bakegen.cli.options import ProjectChoice, project_options
from bakegen.errors import ExitCode, InputError


@click.command(
    "ci",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen ci": "the providers, and which of them this repository uses",
            "bakegen ci github": "a workflow, on standard output",
            "bakegen ci github --output .github/workflows/images.yml": "into the file",
        },
        arguments={"PROVIDER": "github, gitlab, jenkins, circleci, buildkite, azure or bitbucket."},
        headings={"Output": "--output --force --source"},
        exits={0: "printed or written"},
        reads=PROJECT + ", .git",
        writes="what --output names, nothing else",
        see="branch build matrix",
    ),
)
@click.argument("provider", type=PROVIDER, required=False, default="")
@project_options
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it to this file."
)
@click.option("--force", is_flag=True, help="Write over a file that is there with other content.")
@click.option(
    "--source",
    default="",
    metavar="OWNER/NAME[@REF]",
    help="The repository of the action (GitHub) or the component (GitLab), where it is a copy; REF may be a commit.",
)
def command(provider: str, output: Path | None, force: bool, source: str, **options: Any) -> int:
    """Print the file that builds the project's images in a CI.

    It builds what `bakegen.yaml` says for pull requests, merges, nights and tags (the setting `events`), writes caches
    where the commit is trusted, only reads them elsewhere, and keeps the report. Secrets are named in it, and never
    in its output. Without PROVIDER it lists the providers.
    """
    from bakegen.diagnostics import did_you_mean
    from bakegen.workspace.ci_files import PROVIDERS, file_for, used
    from bakegen.workspace.files import write_atomic

    project = ProjectChoice(**options)
    if not provider:
        found = used(project.project)
        rows = [[one.name, one.title, one.path, "yes" if one.name in found else ""] for one in PROVIDERS.values()]
        console.write(console.table(["provider", "for", "its file", "used here"], rows))
        return ExitCode.CLEAN
    if provider not in PROVIDERS:
        help = did_you_mean(provider, list(PROVIDERS)) or f"there are {', '.join(PROVIDERS)}"
        raise click.BadParameter(f"there is no provider {provider!r}; {help}", param_hint="PROVIDER")
    text, notes = file_for(project.open(), PROVIDERS[provider], source)
    console.report(notes)
    if output is None:
        console.write(text)
        return ExitCode.CLEAN
    _refuse_to_overwrite(output, text, force)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(output, text.encode())
    console.say(f"wrote {output}")
    return ExitCode.CLEAN


def _refuse_to_overwrite(output: Path, text: str, force: bool) -> None:
    """Raises InputError where `output` has other content that somebody may want to keep."""
    from bakegen.diagnostics import error

    if force or not output.exists() or output.read_bytes() == text.encode():
        return
    help = "look at both and use --force, or write it to another file"
    raise InputError([error("file-there", f"{output} is there, with other content", help=help)])
