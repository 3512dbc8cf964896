"""`bakegen build`: builds what changed, tags what is there already, and tells what became of it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bakegen.cli import console, streams
from bakegen.cli.deadline import Deadline, duration
from bakegen.cli.options import (
    BranchChoice,
    ProjectChoice,
    branch_options,
    costs_option,
    images_to_build,
    project_options,
)
from bakegen.diagnostics import Severity
from bakegen.errors import EngineError, ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.costs import Costs
    from bakegen.building.model import Event, Outcome
    from bakegen.building.report import Report
    from bakegen.cli.live import Display
    from bakegen.plan.branch import BranchState
    from bakegen.plan.model import Plan
    from bakegen.workspace.building import Build
    from bakegen.workspace.handover import EventLog, Places
    from bakegen.workspace.preparing import Prepared

_TICK = 0.2
_REPORTED = ("ready", "cache-written", "done")
"""The events that the report is written anew for."""


@click.command(
    "build",
    epilog="""\b
Examples:
  bakegen build                         all targets of the group default
  bakegen build --plan                  what would be built, what is there already, and why
  bakegen build 'go-*' --force          some targets, whatever the registry has
  bakegen build --shard 2/5             the second of five machines' share of it
  bakegen build --on-ready 'deploy "$BAKEGEN_REFERENCE"'
\b
Exit codes: 0 all is there, 1 a target failed, 2 bad input, 3 the engine or a registry failed,
124 not done within --timeout, 129/130/143 interrupted: what was done until then stands in the report,
and what was built of targets that are not done is in their caches.""",
)
@click.argument("selected", nargs=-1, metavar="[TARGETS|GROUPS]")
@project_options
@branch_options
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be built and why; build nothing.")
@click.option("--why", is_flag=True, help="Find out what changed about what is built, as --plan does.")
@click.option("--force", is_flag=True, help="Build what is in the registry already, too.")
@click.option("--offline", is_flag=True, help="Ask no registry what is there.")
@click.option("--shard", metavar="I/N", help="Build the I-th of N shares of it; every machine gets the same options.")
@costs_option
@click.option("--builder", metavar="NAME", help="The builder; without it buildx chooses.")
@click.option("--allow", multiple=True, metavar="WHAT", help="Grant what a target asks for: network.host, ssh, …")
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
@click.option("--events", type=click.Path(path_type=Path), help="Append each event to this file, a line of JSON each.")
@click.option("--dotenv", type=click.Path(path_type=Path), help="Write the digests as variables, for GitLab.")
@click.option("--on-ready", metavar="COMMAND", help="Run this the moment an image can be pulled.")
@click.option("--on-cache-ready", metavar="COMMAND", help="Run this the moment a cache is written.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of --plan."
)
def command(selected: tuple[str, ...], **options: Any) -> int:
    """Build what changed.

    Renders as `bakegen render` does. A target whose content key is in the registry is not built but tagged for this
    branch there; parents that are not built are taken from the registry. One that fails takes no others with it.
    """
    with Deadline(options["timeout"]) as deadline:
        return _command(selected, options, deadline)


def _command(selected: tuple[str, ...], options: dict[str, Any], deadline: Deadline) -> int:
    branch = BranchChoice(**{name: options.pop(name) for name in ("branch", "base", "default_branch", "trusted")})
    project = ProjectChoice(**{name: options.pop(name) for name in ("project", "registry", "sets", "allow_outside")})
    workspace = project.open()

    from bakegen.building.budget import over_budget
    from bakegen.workspace.building import Build
    from bakegen.workspace.checkpoints import checkpoints
    from bakegen.workspace.measured import read_cost_files, with_last_report
    from bakegen.workspace.preparing import prepare

    detected = branch.detect(workspace)
    state = detected if branch.given or not detected.local else None
    plan = workspace.plan
    costs = read_cost_files(options["costs"])
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
    with _Watch(options, costs, deadline) as watch:
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
    console.say(f"{built} to build, {len(decisions) - built} there already")
    return ExitCode.CLEAN


class _Watch:
    """All that looks on while a build runs: the display, the file of events, the commands of `--on-ready`."""

    def __init__(self, options: dict[str, Any], costs: Costs, deadline: Deadline) -> None:
        from bakegen.building.model import Happening
        from bakegen.cli.live import ProgressKind, open_display
        from bakegen.workspace.handover import EventLog, places
        from bakegen.workspace.on_ready import OnReady

        self._places: Places = places(os.environ, options["report"], options["dotenv"])
        self._log: EventLog | None = EventLog(options["events"]) if options["events"] else None
        self._display: Display = open_display(ProgressKind(options["progress"]), sys.stderr)
        self._costs = costs
        self._deadline = deadline
        self._lock = threading.Lock()
        self._commands = {
            what: OnReady(options[option], self._say, option=f"--{option.replace('_', '-')}")
            for what, option in ((Happening.READY, "on_ready"), (Happening.CACHED, "on_cache_ready"))
            if options[option]
        }
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._build: Build | None = None
        self._state: BranchState | None = None
        self._told: set[str] = set()
        self._unwritten = False

    def __enter__(self) -> _Watch:
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._clock.join()
        with self._lock:
            self._display.close()
        for command in self._commands.values():
            command.stop()
        if self._log is not None:
            self._log.close()

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            with self._lock:
                self._display.tick()

    def _say(self, text: str) -> None:
        with self._lock:
            self._display.say(text)

    def event(self, event: Event) -> None:
        """Passes an event on; the report has it before anybody is told."""
        from bakegen.building.model import Happening, Status

        known = self._build.so_far if self._build is not None and event.what in _REPORTED else {}
        outcome = known.get(event.target)
        if outcome is not None and outcome.status is not Status.SKIPPED:
            self._report_so_far(known.values())
        with self._lock:
            self._display.event(event)
        if self._log is not None:
            self._log.write(event)
        command = self._commands.get(event.what)
        if command is None or outcome is None:
            return
        if event.what is Happening.CACHED:
            command.start(outcome, outcome.caches[-1] if outcome.caches else None)
        elif event.target not in self._told:
            self._told.add(event.target)  # an image has several references, and is ready by the first of them
            command.start(outcome)

    def carry_out(self, build: Build, state: BranchState) -> int:
        """Runs a build to its end, and hands over what became of it, whatever happens; out: the exit code."""
        from bakegen.cli.verdict import interrupted, verdict

        self._build, self._state = build, state
        failure = ""
        finished = ended = False
        try:
            build.run()
            finished = True
        except EngineError as problem:
            failure = str(problem)
            build.give_up(failure)
            finished = True
        except Exception as problem:
            build.give_up(str(problem).partition("\n")[0])
            raise
        except BaseException:
            ended = True
            build.give_up(self._deadline.text if self._deadline.passed else "the build was interrupted")
            raise
        finally:
            self._deadline.stop()
            self._hand_over(build, state, finished=finished)
            streams.flush()  # the summary comes before the last line, which tells how it ended
            if ended:
                console.say(interrupted(build.outcomes.values()))
        late = [problem for command in self._commands.values() for problem in command.finish()]
        code, line = verdict(
            build.outcomes.values(),
            failure=failure,
            unwritten=self._unwritten,
            late=len(late),
            problems=len(build.problems),
        )
        if line:
            console.say(f"error: {line}")
        return code

    def _report_so_far(self, outcomes: Iterable[Outcome]) -> None:
        """Writes the report as it stands; that it cannot be written is told at the end."""
        from bakegen import __version__
        from bakegen.building.report import Report
        from bakegen.workspace.handover import write_report

        assert self._build is not None and self._state is not None
        if self._places.report is not None:
            told = self._build.prepared.told(outcomes)
            report = Report(__version__, self._state, told, self._build.seconds, finished=False)
            with contextlib.suppress(InputError):
                write_report(report, self._places.report, self._places.umask)

    def _hand_over(self, build: Build, state: BranchState, *, finished: bool) -> None:
        from bakegen import __version__
        from bakegen.building.budget import over_budget
        from bakegen.building.report import Report, report_text
        from bakegen.cli.live import summary
        from bakegen.workspace.handover import hand_over

        with self._lock:
            self._display.close()
        outcomes = build.prepared.told(build.outcomes.values())
        report: Report = Report(__version__, state, outcomes, build.seconds, finished)
        told = (*hand_over(report, self._places), *(self._log.close() if self._log is not None else ()))
        console.report(told)
        self._unwritten = any(one.severity is Severity.ERROR for one in told)
        console.report(over_budget(build.prepared.plan, build.outcomes, self._costs.joined(report_text(report))))
        for problem in build.problems:
            console.say(f"warning: {problem}")
        for kept in build.rescue.kept:
            console.say(kept.text)
        console.write(summary(build.outcomes.values(), build.seconds))
