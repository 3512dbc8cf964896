"""`python -m tests.bench.rewrites`: real builds after a change, a Dockerfile as it was beside what is made of it.

Every project of tests/bench/projects is built as a CI does: a new machine, the cache of the last commit in a registry,
image and cache pushed. What changed since is one of: a source file, a dependency, the base image, the commit's id.
Original and rewritten (`--level assumed`) take turns; the ratio of their medians is what counts, more is better. At
the end the images of both are compared, with a second build of the original as the control.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest.mock import patch

from bakegen.errors import EngineError
from bakegen.workspace.verifying import Build, Engine, verify_pair
from tests.bench.realbuilds import EDITIONS, SCENARIOS, Laboratory, Trial, projects
from tests.engine.harness.commands import CommandFailed, TookTooLong
from tests.engine.harness.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.realbuilds import Measured, Project

GOAL = 5.0
"""After a source change, in the median of the projects that install after they copy."""

SLOWEST = 1 / 1.05
"""No rewritten build takes longer than 1.05 times the original's time."""


@dataclass(frozen=True, slots=True)
class Row:
    """One project after one change."""

    project: Project
    scenario: str
    original: Measured
    rewritten: Measured

    @property
    def ratio(self) -> float:
        """How many times faster the rewritten one is."""
        return self.original.median / self.rewritten.median


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the benchmark; out: 1 where images differ, or something could not be built."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rewrites", description=__doc__.splitlines()[0])
    parser.add_argument("--project", action="append", choices=[one.name for one in projects()], help="only this one")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="only this one")
    parser.add_argument("--rounds", type=int, default=3, help="builds of each kind that the median is taken of")
    parser.add_argument("--quick", action="store_true", help="a source change only, once")
    parser.add_argument("--no-verify", action="store_true", help="do not compare the images")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    asked = parser.parse_args(argv)
    scenarios = tuple(asked.scenario or (("source",) if asked.quick else SCENARIOS))
    rounds = 1 if asked.quick else asked.rounds
    chosen = [one for one in projects() if not asked.project or one.name in asked.project]
    rows: list[Row] = []
    differences: dict[str, int] = {}
    failed: list[str] = []
    session = Session()
    try:
        with tempfile.TemporaryDirectory(prefix="bakegen-bench-") as folder:
            laboratory = Laboratory(session, Path(folder))
            laboratory.make_bases(sorted({base for one in chosen for base in one.bases.values()}))
            for project in chosen:
                trial = Trial(laboratory, project)
                try:
                    say(f"{project.name}: first commit, both ways")
                    trial.prepare()
                    for scenario in scenarios:
                        found = trial.measure(scenario, rounds)
                        rows.append(Row(project, scenario, found["original"], found["rewritten"]))
                        say(text_of(rows[-1]))
                    if not asked.no_verify:
                        differences |= compare(trial)
                except (CommandFailed, TookTooLong, EngineError) as problem:
                    failed.append(project.name)
                    say(f"{project.name}: {problem}")
    finally:
        session.close()
    print(as_json(rows, differences) if asked.format == "json" else as_text(rows, differences))
    if failed:
        say(f"not measured to the end: {', '.join(failed)}")
    return 1 if failed or any(differences.values()) else 0


def compare(trial: Trial) -> dict[str, int]:
    """Compares the images of every target of a project; out: how many differences each has."""
    folder = trial.project.lay_out(trial.home / "verify")
    counted: dict[str, int] = {}
    originals = trial.targets(folder, "original", EDITIONS[0], "0000000")
    rewritten = trial.targets(folder, "rewritten", EDITIONS[0], "0000000")
    with patch.dict(os.environ, trial.laboratory.before.env, clear=True), Engine(timeout=1800) as engine:
        for name, target in originals.items():
            outcome = trial.project.rewrite(folder, name, target["args"], trial.laboratory.facts[EDITIONS[0]])
            one, other = (
                Build(
                    Path(found["dockerfile"]).read_text(encoding="utf-8"),
                    found["context"],
                    args=found["args"],
                    contexts=found["contexts"],
                    extra=("--network=host", "--allow=network.host"),
                )
                for found in (target, rewritten[name])
            )
            result = verify_pair(one, other, ignore=outcome.declared, engine=engine)
            label = f"{trial.project.name} {name}"
            counted[label] = len(result.differences)
            say(f"{label}: {counted[label]} differences in {result.comparison.entries} entries")
            for difference in result.differences[:10]:
                say(f"    {difference.path}: {difference.aspect}: {difference.original} / {difference.rewritten}")
    return counted


def say(text: str) -> None:
    """Tells what is going on."""
    print(text, file=sys.stderr, flush=True)


def text_of(row: Row) -> str:
    """One line of the table."""
    return (
        f"{row.project.name:15} {row.scenario:11} {row.original.median:7.1f} s {row.rewritten.median:7.1f} s"
        f" {row.ratio:6.2f}   {row.original.steps:3} {row.rewritten.steps:4}"
    )


def as_text(rows: Sequence[Row], differences: dict[str, int]) -> str:
    """The table and what it comes to."""
    lines = [
        "project         after a …    original rewritten  ratio   steps run",
        *(text_of(row) for row in rows),
        "",
    ]
    ratios = [row.ratio for row in rows if row.scenario == "source" and row.project.installs_after_copy]
    if ratios:
        lines.append(f"source change: {median(ratios):.1f} times faster in the median (goal: {GOAL:g})")
    if rows:
        slowest = min(rows, key=lambda row: row.ratio)
        lines.append(
            f"slowest: {slowest.project.name}, {slowest.scenario}: {slowest.ratio:.2f} (goal: at least {SLOWEST:.2f})"
        )
    if differences:
        lines.append(f"differences of images: {sum(differences.values())} in {len(differences)} targets")
    return "\n".join(lines)


def as_json(rows: Sequence[Row], differences: dict[str, int]) -> str:
    """The same, for programs."""
    table = [
        {
            "project": row.project.name,
            "scenario": row.scenario,
            "ratio": round(row.ratio, 3),
            "original": {"seconds": row.original.seconds, "ran": row.original.ran},
            "rewritten": {"seconds": row.rewritten.seconds, "ran": row.rewritten.ran},
        }
        for row in rows
    ]
    return json.dumps({"builds": table, "differences": differences}, indent=2)


if __name__ == "__main__":
    sys.exit(main())
