"""All that looks on while `bakegen build` runs, and hands over what became of it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from bakegen.cli import console, streams
from bakegen.diagnostics import Severity
from bakegen.errors import EngineError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.building.costs import Costs
    from bakegen.building.model import Event, Outcome
    from bakegen.building.report import Report
    from bakegen.cli.deadline import Deadline
    from bakegen.cli.live import Display
    from bakegen.plan.branch import BranchState
    from bakegen.workspace.building import Build
    from bakegen.workspace.handover import EventLog, Places

_TICK = 0.2
_REPORTED = ("ready", "cache-written", "done")
"""The events that the report is written anew for."""


class Watch:
    """All that looks on while a build runs: the display, the file of events, the commands of `--on-ready`."""

    def __init__(self, options: dict[str, Any], costs: Costs, deadline: Deadline) -> None:
        from bakegen.building.model import Happening
        from bakegen.cli.live import ProgressKind, open_display
        from bakegen.workspace.handover import EventLog, places
        from bakegen.workspace.on_ready import OnReady

        self._places: Places = places(os.environ, options["report"], options["dotenv"], options["summary"])
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

    def __enter__(self) -> Watch:
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

        known = self._build.ledger.so_far if self._build is not None and event.what in _REPORTED else {}
        outcome = known.get(event.target)
        if outcome is not None and (outcome.status is not Status.SKIPPED or outcome.caches):
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
                console.say(interrupted(build.ledger.outcomes.values()))
        late = [problem for command in self._commands.values() for problem in command.finish()]
        code, line = verdict(
            build.ledger.outcomes.values(),
            failure=failure,
            unwritten=self._unwritten,
            late=len(late),
            problems=len(build.ledger.problems),
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
            report = Report(__version__, self._state, told, self._build.ledger.seconds(), finished=False)
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
        outcomes = build.prepared.told(build.ledger.outcomes.values())
        report: Report = Report(__version__, state, outcomes, build.ledger.seconds(), finished)
        told = (*hand_over(report, self._places), *(self._log.close() if self._log is not None else ()))
        console.report(told)
        self._unwritten = any(one.severity is Severity.ERROR for one in told)
        console.report(over_budget(build.prepared.plan, build.ledger.outcomes, self._costs.joined(report_text(report))))
        for problem in (*build.ledger.problems, *build.ledger.remarks):
            console.say(f"warning: {problem}")
        for kept in build.ledger.rescue.kept:
            console.say(kept.text)
        console.write(summary(build.ledger.outcomes.values(), build.ledger.seconds()))
