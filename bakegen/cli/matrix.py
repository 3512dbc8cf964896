"""`bakegen matrix`: what is to be built, shared out to the jobs of a CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console
from bakegen.cli.manual import PROJECT, Command, Manual
from bakegen.cli.names import TARGETS
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
    from bakegen.building.shards import Shard


@click.command(
    "matrix",
    cls=Command,
    manual=Manual(
        examples={
            "bakegen matrix": "a job for each target, as GitHub's matrix",
            "bakegen matrix --shards 4 --costs bakegen-report.json": "four jobs that take about as long",
            "bakegen matrix --format gitlab > jobs.yml": "a child pipeline for GitLab",
        },
        arguments={"TARGETS|GROUPS": "What is to be built; globs too. Without any the group default, or all."},
        headings={"Jobs": "--for-event --shards --each --first --costs --force --offline"},
        exits={3: "git or a registry failed"},
        reads=PROJECT,
        see="build",
        notes={
            "GitHub": """\
An empty matrix is an error there, so the job is left out where nothing is to be built.
  plan:
    steps: [{id: plan, run: 'found=$(bakegen matrix --shards 4) && echo "matrix=$found" >> "$GITHUB_OUTPUT"'}]
    outputs: {matrix: "${{ steps.plan.outputs.matrix }}"}
  build:
    needs: plan
    if: needs.plan.outputs.matrix != '{"include":[]}'
    strategy: {fail-fast: false, matrix: "${{ fromJSON(needs.plan.outputs.matrix) }}"}
    name: ${{ matrix.name }}
    steps: [{run: "bakegen build ${{ matrix.targets }}"}]""",
            "GitLab": """\
A child pipeline of jobs that extend your own job .bakegen, which runs `bakegen build $TARGETS`;
where nothing is to be built it has one job that does nothing.
  plan: {script: [bakegen matrix --format gitlab > jobs.yml], artifacts: {paths: [jobs.yml]}}
  build: {trigger: {include: [{local: bakegen-job.yml}, {artifact: jobs.yml, job: plan}], strategy: depend}}""",
            "After the jobs": """\
A `bakegen build` behind them tags what was there before and writes one report of all; it needs
no engine, as all is there then.""",
        },
    ),
)
@click.argument("selected", nargs=-1, type=TARGETS, metavar="[TARGETS|GROUPS]...")
@project_options
@branch_options
@for_event_option
@click.option("--shards", "count", type=click.IntRange(1, 1000), metavar="N", help="At most N jobs.")
@click.option("--each", is_flag=True, help="A job for each target, with what only that builds on. This is the default.")
@click.option("--first", is_flag=True, help="Only what several of these jobs build on, as one job to run before them.")
@costs_option
@click.option("--force", is_flag=True, help="Take what is in the registry already, too.")
@click.option("--offline", is_flag=True, help="Ask no registry what is there: take all.")
@format_option("github", "gitlab", help="The CI that reads it.")
def command(selected: tuple[str, ...], count: int | None, each: bool, first: bool, **options: Any) -> int:
    """Print what is to be built as the jobs of a CI, in JSON.

    Jobs are as even as the costs in `--costs` allow; targets that build on the same stay together where that is dear.
    What several jobs build on is built in each of them, unless a job before them has built it (`--first`).
    """
    if each and count is not None:
        raise click.UsageError("--shards and --each exclude each other")
    branch = BranchChoice.taken(options)
    project = ProjectChoice(**{name: options.pop(name) for name in ("project", "registry", "sets", "allow_outside")})
    workspace = project.open()

    from bakegen.building.shards import ends, shards, shared
    from bakegen.workspace.measured import read_cost_files
    from bakegen.workspace.preparing import prepare

    costs = read_cost_files(options["costs"])
    detected = branch.detect(workspace)
    state = detected if branch.given or not detected.local else None
    selected = selected_by(selected, options["for_event"], detected, workspace)
    wanted = images_to_build(workspace.plan, selected)
    prepared = prepare(workspace, wanted, state, force=options["force"], offline=options["offline"])
    console.report(prepared.rendering.warnings)
    built = set(prepared.built)
    targets = [name for name in wanted if name in built]
    parents = {
        name: [one.target for one in target.parents if one.target in built]
        for name, target in prepared.plan.targets.items()
    }
    cost = costs.of(prepared.built)
    made = shards(targets, parents, cost, min(count or len(targets), len(ends(targets, parents))) or 1)
    if first:
        made = shards(shared(made), parents, cost, 1)
    console.write(_text(made, options["format_"]))
    for shard in made:
        if shard.targets:
            console.say(f"{shard}: {', '.join(shard.targets)}")
    return ExitCode.CLEAN


def _text(made: tuple[Shard, ...], format_: str) -> str:
    from bakegen.building.job_matrix import GITHUB_JOBS, github_text, gitlab_text

    if format_ == "gitlab":
        return gitlab_text(made)
    if len(made) > GITHUB_JOBS:
        raise click.UsageError(f"{len(made)} jobs, and GitHub takes {GITHUB_JOBS}: --shards {GITHUB_JOBS} or fewer")
    return github_text(made)
