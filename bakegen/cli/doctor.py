"""`bakegen doctor`: whether this machine, its registries and this clone can build the project, and what mends it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from bakegen import __version__
from bakegen.cli import console, streams
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.options import ProjectChoice, format_option, project_options
from bakegen.errors import ExitCode, InputError
from bakegen.workspace.doctor.checks import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bakegen.workspace.doctor.findings import Unseen
    from bakegen.workspace.doctor.judging import Judged
    from bakegen.workspace.project import Workspace

FORM = 1
"""The version of what `--format json` prints."""

_STYLES = {"failure": "red", "warning": "yellow", "could not tell": "cyan", "note": "cyan", "ok": "green"}
_NAMES = 40
_VARIABLES = {
    "DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG": "as docker reads them",
    "BUILDX_BUILDER": "the builder, as buildx reads it",
    "NO_COLOR": "no colour",
}


@click.command(
    "doctor",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen doctor": "in a project: what stands in the way of its builds",
            "bakegen doctor --only git --only registry": "in a CI job that has no docker",
            "bakegen doctor --strict --no-write": "end with 1 for warnings, too; begin no upload",
            "bakegen doctor --format json": "for programs; docs/reference/doctor.md describes the form",
        },
        headings={"What is checked": "--only --builder --no-write --timeout", "What is told": "--strict --verbose"},
        exits={
            0: "nothing stands in the way; outside of a project always",
            1: "something stands in the way; with --strict also for warnings, outside of a project, too",
        },
        reads=PROJECT + ", .git, docker's config.json",
        see="branch version build plugin",
        environment=_VARIABLES,
    ),
)
@project_options
@click.option("--only", multiple=True, type=click.Choice(GROUPS), help="Check these alone; may be repeated.")
@click.option("--builder", metavar="NAME", help="The builder to look at; without it the one that buildx would use.")
@click.option("--no-write", is_flag=True, help="Ask registries nothing that writes: no upload begun and cancelled.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1.0),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that docker, a registry or git may take to answer.",
)
@click.option("--strict", is_flag=True, help="End with 1 where there are warnings, too.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is well, too, and why each check is made.")
@format_option("text", "json")
def command(
    only: tuple[str, ...],
    builder: str | None,
    no_write: bool,
    timeout: float,
    strict: bool,
    verbose: bool,
    format_: str,
    **options: object,
) -> int:
    """Find what stands in the way of builds, and what mends it.

    Looks at docker, buildx, the builder and its BuildKit, registries, git, clocks and this machine: versions against
    what the project uses and against known security fixes, whether caches can be written, whether registries can be
    read and written. Outside of a project it looks at the machine alone. Nothing is changed: an upload is begun in
    each repository that images are pushed to and cancelled at once, which --no-write leaves out.

    A failure stands in the way of what this project does; a warning costs something, or stands in the way elsewhere.
    Outside of a project nothing is needed, so that what is missing is a warning there.
    """
    from bakegen.workspace.doctor.findings import Result
    from bakegen.workspace.doctor.judging import judge
    from bakegen.workspace.doctor.looking import Wish, look

    choice = ProjectChoice(**options)  # type: ignore[arg-type]
    workspace = _opened(choice)
    groups = frozenset(only or GROUPS)
    wish = Wish(choice.project, groups, builder, write=not no_write, seconds=timeout)
    facts = look(workspace, os.environ, wish, _progress)
    _progress(())
    found = judge(facts, groups)
    root = os.fspath(facts.plan.root) if facts.plan is not None else None
    if format_ == "json":
        console.write(json.dumps(as_json(found, root), indent=2, ensure_ascii=False) + "\n")
    else:
        console.write(_text(found, project=workspace is not None, verbose=verbose))
    results = {one.finding.result for one in found}
    bad = Result.FAILURE in results or (strict and Result.WARNING in results)
    return ExitCode.FINDINGS if bad else ExitCode.CLEAN


def _opened(choice: ProjectChoice) -> Workspace | Unseen | None:
    """The project, why it cannot be read, or None where there is none and nobody named one."""
    from bakegen.workspace.doctor.findings import Unseen
    from bakegen.workspace.project import find_root

    try:
        find_root(choice.project)
    except InputError:
        if os.fspath(choice.project) != ".":
            raise
        return None
    try:
        return choice.open()
    except InputError as problem:
        first = problem.diagnostics[0]
        at = first.location
        place = f"{at.source.path}:{at.source.position(at.span.start)[0]}: " if at is not None else ""
        return Unseen(f"{place}{first.message}")


def _progress(names: Iterable[str]) -> None:
    """One line on a terminal that says what is waited for, and is taken away by an empty one."""
    if not sys.stderr.isatty():
        return
    text = ", ".join(names)
    if len(text) > _NAMES:
        text = f"{text[:_NAMES]}…"
    streams.put(sys.stderr, f"\r\x1b[K{f'waiting for {text}' if text else ''}")
    sys.stderr.flush()


def as_json(found: Sequence[Judged], root: str | None) -> dict[str, object]:
    """What `--format json` prints."""
    counts = Counter(str(one.finding.result) for one in found)
    return {
        "schema_version": FORM,
        "bakegen": __version__,
        "project": root,
        "counts": dict(sorted(counts.items())),
        "findings": [
            {
                "check": one.check.name,
                "group": one.check.group,
                "result": str(one.finding.result),
                "about": one.finding.about,
                "seen": one.finding.seen,
                "why": one.why,
                "fix": one.finding.fix,
            }
            for one in found
        ],
    }


def _text(found: Sequence[Judged], *, project: bool, verbose: bool) -> str:
    """Problems first, each with what mends it; what is well is a number, or a line each with `verbose`."""
    from bakegen.diagnostics import printable

    lines: list[str] = []
    for one in found:
        result = str(one.finding.result)
        if result == "ok" and not verbose:
            continue
        about = f"{one.finding.about}: " if one.finding.about else ""
        head = f"{result.ljust(15)}{one.check.name.ljust(22)}"
        text = printable(f"{head}{about}{one.finding.seen}")
        lines.append(text.replace(result, console.style(result, _STYLES[result]), 1))
        if result != "ok" or verbose:
            lines.append(" " * 15 + console.style(f"{printable(one.why)}", "dim"))
        lines += [f"{' ' * 15}{'      ' if n else 'mend: '}{printable(line)}" for n, line in enumerate(_fixes(one))]
    if lines:
        lines.append("")
    counts = Counter(str(one.finding.result) for one in found)
    told = ", ".join(_counted(counts[name], name) for name in _STYLES if counts[name])
    lines.append(
        f"{told or 'nothing to check'}{'' if project else '; no project here: the machine alone was looked at'}"
    )
    return "\n".join(lines) + "\n"


def _counted(count: int, name: str) -> str:
    if name == "could not tell":
        return f"{count} that could not be told"
    return f"{count} {name}" if count == 1 or name == "ok" else f"{count} {name}s"


def _fixes(one: Judged) -> list[str]:
    return one.finding.fix.splitlines()
