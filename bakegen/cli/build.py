"""`bakegen build`: builds what changed, tags what is there already, and tells what became of it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.deadline import Deadline, duration
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import BUILDER, GRANT, TARGETS
from bakegen.cli.options import (
    BranchChoice,
    ProjectChoice,
    branch_options,
    costs_option,
    for_event_option,
    format_option,
    images_to_build,
    project_options,
    selected_by,
)
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from bakegen.building.costs import Costs
    from bakegen.plan.model import Plan
    from bakegen.workspace.preparing import Prepared


@click.command(
    "build",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen build": "all targets of the group default",
            "bakegen build --plan": "what would be built, what is there already, and why",
            "bakegen build 'go-*' --force": "some targets, whatever the registry has",
            "bakegen build --for-event": "in CI: what the project builds for a pull request, a merge, at night",
            "bakegen build --shard 2/5": "the second of five machines' share of it",
            "bakegen build --on-ready 'deploy \"$BAKEGEN_REFERENCE\"'": "run a command for each image that is there",
        },
        arguments={"TARGETS|GROUPS": "What to build; globs too. Without any the group default, or all."},
        headings={
            "What is built": "--for-event --plan --why --force --offline --shard --costs",
            "How it is built": "--builder --allow --retries --timeout --grace",
            "Output": "--progress --format --report --record --events --dotenv --summary",
            "Commands to run": "--on-ready --on-cache-ready",
        },
        exits={
            0: "all is there",
            1: "a target failed",
            3: "the engine or a registry failed",
            124: "not done within --timeout",
        },
        environment={
            "BAKEGEN_REFERENCE, BAKEGEN_DIGEST, BAKEGEN_TARGET …": "set for the commands of --on-ready and "
            "--on-cache-ready",
        },
        reads=PROJECT,
        writes="what `bakegen render` writes, the report, and what --record, --events, --dotenv and --summary name",
        see="render matrix explain why pull",
        notes={
            "After an interrupt": "What was done until then stands in the report; what was built of targets that\n"
            "are not done is in their caches.",
        },
    ),
)
@click.argument("selected", nargs=-1, type=TARGETS, metavar="[TARGETS|GROUPS]...")
@project_options
@branch_options
@for_event_option
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be built and why; build nothing.")
@click.option("--why", is_flag=True, help="Find out what changed about what is built, as --plan does.")
@click.option("--force", is_flag=True, help="Build what is in the registry already, too.")
@click.option("--offline", is_flag=True, help="Ask no registry what is there.")
@click.option("--shard", metavar="I/N", help="Build the I-th of N shares of it; every machine gets the same options.")
@costs_option
@click.option("--builder", type=BUILDER, metavar="NAME", help="The builder; without it buildx chooses.")
@click.option(
    "--allow",
    multiple=True,
    type=GRANT,
    metavar="WHAT",
    help="Grant what a target asks for, such as network.host or ssh.",
)
@click.option("--retries", type=click.IntRange(0), default=2, show_default=True, help="Tries after passing failures.")
@click.option(
    "--timeout", callback=duration, metavar="DURATION", help="End the build after that time: 90s, 10m, 1h30m."
)
@click.option(
    "--grace",
    callback=duration,
    default="60s",
    show_default=True,
    metavar="DURATION",
    help="How long to go on writing caches of what was built after --timeout or a signal; a second signal ends that.",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "tty", "plain", "json"]),
    default="auto",
    show_default=True,
    help="How progress is shown.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    default=Path("bakegen-report.json"),
    show_default=True,
    help="Where to write the report.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="Write what every step is made of to this file: `bakegen why` compares two of them.",
)
@click.option("--events", type=click.Path(path_type=Path), help="Append each event to this file, a line of JSON each.")
@click.option("--dotenv", type=click.Path(path_type=Path), help="Write the digests as variables, for GitLab.")
@click.option(
    "--summary", type=click.Path(path_type=Path), help="Write a table of what became of it, in Markdown, to this file."
)
@click.option("--on-ready", metavar="COMMAND", help="Run this the moment an image can be pulled.")
@click.option("--on-cache-ready", metavar="COMMAND", help="Run this the moment a cache is written.")
@format_option("text", "json", help="Of --plan.")
def command(selected: tuple[str, ...], **options: Any) -> int:
    """Build what changed.

    Renders as `bakegen render` does. A target whose content key is in the registry is not built but tagged for this
    branch there; parents that are not built are taken from the registry. One that fails takes no others with it.
    """
    with Deadline(options["timeout"]) as deadline:
        return _command(selected, options, deadline)


def _command(selected: tuple[str, ...], options: dict[str, Any], deadline: Deadline) -> int:
    branch = BranchChoice.taken(options)
    project = ProjectChoice(**{name: options.pop(name) for name in ("project", "registry", "sets", "allow_outside")})
    workspace = project.open()

    from bakegen.building.budget import over_budget
    from bakegen.cli.watch import Watch
    from bakegen.workspace.building import Build
    from bakegen.workspace.checkpoints import checkpoints
    from bakegen.workspace.measured import read_cost_files, with_last_report
    from bakegen.workspace.preparing import prepare

    detected = branch.detect(workspace)
    state = detected if branch.given or not detected.local else None
    plan = workspace.plan
    costs = read_cost_files(options["costs"])
    selected = selected_by(selected, options["for_event"], detected, workspace)
    wanted = images_to_build(plan, selected)
    if options["shard"]:
        wanted = _share(plan, wanted, costs, options["shard"])
    why = options["why"] or options["plan_only"]
    further = partial(
        checkpoints,
        state=state,
        costs=with_last_report(costs, options["report"]),
        seconds=workspace.project.settings.checkpoint_after.value,
        ask_registry=not options["offline"],
    )
    prepared = prepare(
        workspace,
        wanted,
        state,
        force=options["force"],
        offline=options["offline"],
        why=why,
        further=None if options["plan_only"] else further,
    )
    console.report(prepared.rendering.warnings)
    if options["plan_only"]:
        console.report(over_budget(plan, prepared.decisions, costs))
        return _show_plan(prepared, options["format_"])
    if prepared.built or any(one.tags and not one.digest for one in prepared.artifacts.values()):
        from bakegen.workspace.engine import need_buildx

        need_buildx()
    if options["record"]:
        from bakegen.workspace.records import write_record

        write_record(workspace, options["record"])
    with Watch(options, costs, deadline) as watch:
        build = Build(
            workspace, prepared, watch.event, options["builder"], options["allow"], options["retries"], options["grace"]
        )
        return watch.carry_out(build, detected)


def _share(plan: Plan, wanted: list[str], costs: Costs, text: str) -> list[str]:
    """The targets of a shard such as ``2/5``; raises click.BadParameter."""
    from bakegen.building.shards import read_shard, shards

    try:
        number, count = read_shard(text)
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="--shard") from problem
    parents = {name: [one.target for one in target.parents] for name, target in plan.targets.items()}
    return list(shards(wanted, parents, costs.of(plan.targets), count)[number - 1].targets)


def _show_plan(prepared: Prepared, format_: str) -> int:
    from bakegen.building.model import Action
    from bakegen.building.plan_table import HEAD, rows, values

    decisions = {**prepared.decisions, **prepared.artifacts}
    if format_ == "json":
        console.write(json.dumps(values(decisions), indent=2) + "\n")
        return ExitCode.CLEAN
    console.write(console.table(HEAD, rows(decisions)))
    built = sum(one.action is Action.BUILD for one in decisions.values())
    caches = sum(one.writes_cache for one in decisions.values())
    more = f", {caches} of them built for {'its' if caches == 1 else 'their'} cache alone" if caches else ""
    console.say(f"{built} to build, {len(decisions) - built} there already{more}")
    return ExitCode.CLEAN
