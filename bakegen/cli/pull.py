"""`bakegen pull`: the files of an artifact from its registry, verified and unpacked."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import ARTIFACT, PLATFORM
from bakegen.cli.options import ProjectChoice, project_options
from bakegen.errors import EngineError, ExitCode, InputError

if TYPE_CHECKING:
    from bakegen.plan.artifacts import Artifact
    from bakegen.plan.model import Plan
    from bakegen.workspace.project import Workspace

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


@click.command(
    "pull",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen pull app/headers --to include": "one of several artifacts of a target",
            'bakegen pull app --to build --digest "$BAKEGEN_DIGEST"': "what a build reported",
            "bakegen pull app --check || bakegen build app": "build it where it is not there",
        },
        arguments={"TARGET[/NAME]": "The artifact; NAME may be left out where the target has just one."},
        headings={"Artifact": "--to --digest --platform --check"},
        exits={0: "it is there", 1: "it is not (--check)", 3: "a registry failed or has no such artifact"},
        reads=PROJECT + ", the registry",
        writes="the folder (--to)",
        see="build",
    ),
)
@click.argument("what", type=ARTIFACT, metavar="TARGET[/NAME]")
@project_options
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A new or empty folder, or one that has it.",
)
@click.option("--digest", metavar="sha256:…", help="What a build reported; without it the content key tells.")
@click.option(
    "--platform", type=PLATFORM, metavar="OS/ARCH", help="Of several platforms this one; without it this machine's."
)
@click.option("--check", is_flag=True, help="Only say whether it is there.")
def command(
    what: str, folder: Path | None, digest: str | None, platform: str | None, check: bool, **options: Any
) -> int:
    """Get an artifact from its registry and unpack it.

    Which one is told by the content key of this checkout, as `bakegen build` computes it. The digests of all that
    comes are verified before FOLDER is there; a FOLDER that has these very files is left as it is.
    """
    if (folder is None) != check:
        raise click.UsageError("one of --to FOLDER and --check is needed" + (", not both" if check else ""))
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise click.BadParameter("it is not sha256: and 64 hexadecimal digits", param_hint="--digest")
    if platform is not None and not _is_platform(platform):
        raise click.BadParameter(f"{platform!r} is no platform", param_hint="--platform")
    workspace = ProjectChoice(**options).open()

    from bakegen.workspace.artifacts import find, pull

    artifact = _chosen(workspace.plan, what)
    reference = _reference(workspace, artifact, digest)
    if folder is None:
        found = find(reference)
        console.say(f"{artifact.title}: {found or 'not there'} ({reference})")
        return ExitCode.CLEAN if found else ExitCode.FINDINGS
    began = time.monotonic()
    pulled = pull(reference, folder, platform=platform or "")
    seconds = time.monotonic() - began
    if pulled.known:
        console.say(f"{artifact.title}: {pulled.entries} entries are there already, verified: {pulled.digest}")
        return ExitCode.CLEAN
    megabytes = pulled.size / 1_000_000
    console.say(f"{artifact.title}: {pulled.entries} entries, {megabytes:.1f} MB in {seconds:.1f} s: {pulled.digest}")
    return ExitCode.CLEAN


def _is_platform(text: str) -> bool:
    from bakegen.dockerfile.platforms import PlatformError, parse_platform

    try:
        parse_platform(text)
    except PlatformError:
        return False
    return True


def _chosen(plan: Plan, what: str) -> Artifact:
    from bakegen.diagnostics import did_you_mean, error

    known = plan.artifacts
    found = [known[what]] if what in known else [one for one in known.values() if one.owner == what]
    if len(found) == 1:
        return found[0]
    if found:
        help = f"name one of {', '.join(one.title for one in found)}"
        raise InputError([error("unknown-artifact", f"{what} has {len(found)} artifacts", help=help)])
    said = f"there is no artifact {what!r}"
    help = did_you_mean(what, list(known)) or (f"known are {', '.join(known)}" if known else "no image has `artifacts`")
    raise InputError([error("unknown-artifact", said, help=help)])


def _reference(workspace: Workspace, artifact: Artifact, digest: str | None) -> str:
    from bakegen.plan.artifacts import artifact_references
    from bakegen.workspace.context import Contexts

    repository = artifact.source.repository
    if repository is None:
        raise EngineError(f"{artifact.title} has no repository: set `registry` in bakegen.yaml")
    if digest is not None:
        return f"{repository}@{digest}"
    found = artifact_references(workspace.plan, (artifact,), Contexts(workspace.files))
    if artifact.title not in found:
        raise EngineError(f"{artifact.title} has no content key: name it by --digest")
    return found[artifact.title][1]
