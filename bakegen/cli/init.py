"""`bakegen init`: definitions from what a repository has already, and whether they build the same."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bakegen.cli import console
from bakegen.cli.init_report import report
from bakegen.cli.manual import Command, Manual
from bakegen.cli.options import format_option
from bakegen.errors import ExitCode, InputError

if TYPE_CHECKING:
    from bakegen.importing.model import Loss
    from bakegen.workspace.importing import Imported

KINDS = ("bake", "compose", "versions", "workflows", "dockerfiles")
_FIRST_STEPS = """\
Nothing to start from here. `bakegen init` looks for
  docker-bake.hcl, docker-bake.json       what `docker buildx bake` builds (asked from buildx)
  compose.yaml, docker-compose.yml        services with `build`
  versions.json                           with Dockerfile templates beside it
  .github/workflows/*.yml                 docker/build-push-action and docker/metadata-action
  Dockerfile, */Dockerfile, *.Dockerfile  in the whole tree, less what git ignores

A first image is a folder with a Dockerfile and this image.yaml, say images/hello/image.yaml:

  description: "Hello in Python {{ version }}"
  matrix:
    axes:
      version: ["3.12", "3.13"]
  args:
    VERSION: "{{ version }}"
  tags: ["{{ repository }}:{{ version }}"]

With an empty bakegen.yaml beside images/, `bakegen render` makes docker-bake.hcl of it.
"""


@click.command(
    "init",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen init": "read what is there, write definitions",
            "bakegen init --dry-run": "print them instead",
            "bakegen init docker-bake.hcl ci.hcl": "these bake files together, as bake -f … -f … reads them",
            "bakegen init services --from dockerfiles": "the Dockerfiles below one folder",
        },
        arguments={"PATH": "Files and folders to look at, below the current folder; all of it without any."},
        headings={"What is read": "--from", "What is written": "--folder --registry --templates --dry-run --force"},
        exits={
            0: "all that was found builds the same",
            1: "something differs or is left out; the files are written all the same",
            2: "bad input, or files that are there already; nothing is written",
            3: "buildx refuses a bake file; nothing is written",
        },
        reads="docker-bake.hcl and .json, compose files, versions.json, .github/workflows, Dockerfiles",
        writes="bakegen.yaml, images/*/image.yaml, the schemas for editors that they name in .bakegen/, and .gitignore",
        see="render list lock ci",
    ),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--from", "sources", multiple=True, type=click.Choice(KINDS), help="Only these sources; several times for several."
)
@click.option("--folder", default="images", show_default=True, metavar="FOLDER", help="Where images are written.")
@click.option(
    "--registry",
    metavar="HOST/PATH",
    help="The project's registry. [default: what the tags that were found begin with]",
)
@click.option(
    "--templates",
    is_flag=True,
    help="Make a Dockerfile.j2 of docker-library's Dockerfile*.template where all Dockerfiles come out the same.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; print the files.")
@click.option("--force", is_flag=True, help="Write over files that are there and differ.")
@format_option("text", "json", help="The form of what is said.")
def command(
    paths: tuple[str, ...],
    sources: tuple[str, ...],
    folder: str,
    registry: str | None,
    templates: bool,
    dry_run: bool,
    force: bool,
    format_: str,
) -> int:
    """Write bakegen.yaml and images/*/image.yaml from what is there.

    The current folder becomes the project. PATHs, files and folders in it, limit what is looked at. What was found is
    compared with what the definitions come to, target by target, before anything is written.
    """
    from bakegen.importing.sources import Kind
    from bakegen.workspace.importing import import_project, pending

    root = Path()
    _check_paths(root, paths)
    imported = import_project(
        root, os.environ, [Kind(one) for one in sources], paths,
        folder=_folder(folder), registry=registry, templates=templates,
    )  # fmt: skip
    if imported is None:
        if format_ == "json":
            console.write(json.dumps({"found": {}, "targets": 0}, indent=2) + "\n")
        else:
            console.write(_FIRST_STEPS)
        return ExitCode.CLEAN
    changes, beside = pending(root, imported)
    kept = [change.path for change in changes.pending if change.old is not None]
    changed = 0
    if kept and not force and not dry_run:
        from bakegen.diagnostics import error

        raise InputError([error("file-there", f"{path} is there already", help=_KEPT) for path in kept])
    if not dry_run and imported.definitions.images:
        changed = len(changes.apply())
        beside.apply()
    if format_ == "json":
        console.write(json.dumps(_json(imported, written=not dry_run), indent=2, ensure_ascii=False) + "\n")
    else:
        console.write(_files(imported) if dry_run else "")
        console.write(report(imported, None if dry_run else changed))
    bad = bool(imported.comparison.differences or imported.found.losses)
    return ExitCode.FINDINGS if bad else ExitCode.CLEAN


_KEPT = "nothing was written; --dry-run shows what would be, --force writes over it"


def _folder(text: str) -> str:
    found = os.path.normpath(text).replace(os.sep, "/")
    if found.startswith(("..", "/")) or found == ".":
        raise click.BadParameter("it has to be a folder below the current one", param_hint="--folder")
    return found


def _check_paths(root: Path, paths: tuple[str, ...]) -> None:
    for path in paths:
        place = (root / path).resolve()
        if not place.exists():
            raise click.BadParameter(f"there is no {path}", param_hint="PATH")
        if not place.is_relative_to(root.resolve()):
            raise click.BadParameter(f"{path} is outside of the current folder", param_hint="PATH")


def _files(imported: Imported) -> str:
    ignored = imported.ignored
    lines = "".join(f"{line}\n" for line in ignored.added) if ignored is not None else ""
    head = "=== .gitignore\n" if ignored is not None and ignored.new else "=== .gitignore, at its end\n"
    texts = "".join(f"=== {path}\n{text}\n" for path, text in imported.texts.items())
    return texts + (f"{head}{lines}\n" if lines else "")


def _json(imported: Imported, *, written: bool) -> dict[str, object]:
    comparison = imported.comparison
    return {
        "written": written,
        "found": {str(kind): {"targets": count, "new": new} for kind, (count, new) in imported.sources.items()},
        "images": [
            {
                "name": image.name,
                "targets": [target.name for target in image.members],
                "axes": dict(image.axes),
                "from": image.members[0].origin,
                "guesses": [{"field": guess.field, "why": guess.why} for guess in image.guesses],
            }
            for image in imported.definitions.images
        ],
        "notes": [_loss_json(one) for one in imported.found.notes],
        "losses": [_loss_json(one) for one in imported.found.losses],
        "targets": comparison.targets,
        "same": comparison.same,
        "added": {what: list(names) for what, names in comparison.added.items()},
        "differences": [
            {"name": one.name, "what": one.what, "before": one.before, "now": one.now} for one in comparison.differences
        ],
        "files": dict(imported.texts),
        "gitignore": list(imported.ignored.added) if imported.ignored is not None else [],
    }


def _loss_json(one: Loss) -> dict[str, str]:
    return {"origin": one.origin, "what": one.what, "instead": one.instead}
