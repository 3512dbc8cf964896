"""`bakegen why`: why the steps of a target ran in a build that is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Manual
from bakegen.cli.names import TARGET
from bakegen.cli.options import format_option
from bakegen.errors import ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.explaining.misses import Miss, Reported
    from bakegen.explaining.model import Side

HEADS = ("stage", "step", "why it ran", "time")
_FILE = click.Path(path_type=Path)


@click.command(
    "why",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen build --record bakegen-steps.json": "in each build of a CI, which keeps the file",
            "bakegen why app --before of-the-default-branch/bakegen-steps.json": "after a build that took long",
        },
        arguments={"TARGET": "The name of one target."},
        headings={"What is read": "--before --after --report"},
        reads="two records (--before, --after) and the report of the build (--report)",
        see="build explain",
    ),
)
@click.argument("target", type=TARGET)
@click.option("--before", type=_FILE, required=True, help="The record of an earlier build, whose caches were read.")
@click.option(
    "--after", type=_FILE, default=Path("bakegen-steps.json"), show_default=True, help="The record of the build."
)
@click.option(
    "--report", type=_FILE, default=Path("bakegen-report.json"), show_default=True, help="The report of the build."
)
@format_option("text", "json")
def command(target: str, before: Path, after: Path, report: Path, format_: str) -> int:
    """Tell why the steps of a target ran in a build that is over.

    The report tells which steps ran; the records, which `bakegen build --record FILE` writes, what they were made of
    then and before. Named is the input that differs: a file, an argument (never its value), a base image, the order of
    variables, a mode. A step that ran although nothing differs was in none of the caches that were read.
    """
    from bakegen.explaining.misses import misses
    from bakegen.workspace.records import load_record

    told = _steps(report, target)
    made = load_record(after)
    if target not in made.targets:
        raise _unknown(target, after)
    earlier: Side = load_record(before)
    found = list(misses(earlier, made, target, told))
    if format_ == "json":
        console.write(_json(target, found, told))
        return ExitCode.CLEAN
    if found:
        console.write(console.table(HEADS, (_row(one) for one in found)))
    ran = sum(not one.cached for one in told)
    console.say(f"{target}: {ran} of {len(told)} steps ran{_first(found)}")
    return ExitCode.CLEAN


def _steps(report: Path, target: str) -> Sequence[Reported]:
    from bakegen.diagnostics import error
    from bakegen.explaining.misses import reported

    try:
        told = reported(report.read_text("utf-8"), target)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise InputError([error("no-report", f"{report}: {reason}", help="name one with --report")]) from None
    if told is None:
        raise _unknown(target, report)
    return told


def _unknown(target: str, file: Path) -> InputError:
    from bakegen.diagnostics import error

    return InputError([error("unknown-target", f"there is no target {target!r} in {file}")])


def _row(one: Miss) -> tuple[str, ...]:
    from bakegen.building.step_summary import time_text

    return one.stage, f"{one.place} {one.shown}", one.why, time_text(one.seconds)


def _first(found: Sequence[Miss]) -> str:
    first = next((one for one in found if one.first), None)
    return f"; the first at {first.place}: {first.why}" if first is not None else ""


def _json(target: str, found: Sequence[Miss], told: Sequence[Any]) -> str:
    import json
    from dataclasses import asdict

    made = {"schema_version": 1, "target": target, "steps": len(told), "ran": [asdict(one) for one in found]}
    return json.dumps(made, indent=2) + "\n"
