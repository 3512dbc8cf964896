"""Two machines and one registry share a build: all of it is done, and each target once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.engine.test_build import build, project, statuses
from tests.images import github

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine

__all__ = ["project"]


def executed(targets: Mapping[str, Any]) -> set[str]:
    """The targets of a report of which a step was run."""
    return {name for name, one in targets.items() if any(not step["cached"] for step in one["steps"])}


def test_two_machines_do_each_target_once(
    project: Path, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    for engine in (first_machine, second_engine):
        engine.make_fresh()
    base = (project / "images" / "base" / "Dockerfile").read_text().splitlines()[0].removeprefix("FROM ")
    for name, start in (("more", "base"), ("other", base), ("last", "tool")):
        folder = project / "images" / name
        folder.mkdir()
        (folder / "image.yaml").write_text("")
        (folder / "Dockerfile").write_text(f"FROM {start}\nRUN echo {name} > /{name}\n")
    other_image = project / "images" / "other"
    (other_image / "image.yaml").write_text("budget: 1s\n")
    (other_image / "Dockerfile").write_text(f"FROM {base}\nRUN sleep 1.2\nRUN echo other > /other\n")
    master = github(project.parent, "master")
    (project / "costs.json").write_text(_costs(base=30, app=2, more=2, other=20, tool=9, last=1))

    said: dict[int, str] = {}

    def shard(number: int, engine: PrivateEngine) -> dict[str, Any]:
        name = f"shard-{number}.json"
        done, _ = build(project, engine, master, "--shard", f"{number}/2", "--costs", "costs.json", "--report", name)
        assert done.returncode == 0, done.stderr
        said[number] = done.stderr
        return {one["name"]: one for one in json.loads((project / name).read_text())["targets"]}

    with ThreadPoolExecutor() as both:
        one, other = both.map(shard, (1, 2), (first_machine, second_engine))
    # Parents are with their children, so that nothing is done twice.
    assert statuses(one) == dict.fromkeys(("app", "base", "more"), "built")
    assert statuses(other) == dict.fromkeys(("last", "other", "tool"), "built")
    assert executed(one) == set(one)
    assert executed(other) == set(other)

    assert "a cold build of other takes " in said[2]
    assert " RUN sleep 1.2; " in said[2]
    assert "over-budget" not in said[1]

    # All is there now, for any machine, and the CI has nothing to do.
    again, targets = build(project, None, master)
    assert again.returncode == 0, again.stderr
    assert {name: one["digest"] for name, one in targets.items()} == {
        name: report[name]["digest"] for report in (one, other) for name in report
    }


def test_the_jobs_of_a_matrix_do_what_is_left(
    project: Path, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    for engine in (first_machine, second_engine):
        engine.make_fresh()
    (project / "images" / "tool" / "Dockerfile").write_text("FROM base\nRUN echo tool > /tool\n")
    master = github(project.parent, "master")

    def matrix(*arguments: str) -> list[dict[str, str]]:
        found = build_matrix(project, master, *arguments)
        assert found.returncode == 0, found.stderr
        rows: list[dict[str, str]] = json.loads(found.stdout)["include"]
        return rows

    # What both jobs build on is built before them; each job then does its own and no more.
    (first,) = matrix("--each", "--first")
    assert first["targets"] == "base"
    done, targets = build(project, first_machine, master, *first["targets"].split())
    assert done.returncode == 0, done.stderr
    jobs = matrix("--each")
    assert sorted(job["targets"] for job in jobs) == ["app", "tool"]
    for job, engine in zip(jobs, (first_machine, second_engine), strict=True):
        done, targets = build(project, engine, master, *job["targets"].split())
        assert done.returncode == 0, done.stderr
        assert executed(targets) == {job["targets"]}
        assert set(statuses(targets)) == {job["targets"], "base"}
        assert statuses(targets)["base"] == "skipped"
    assert matrix("--shards", "5") == []


def build_matrix(folder: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bakegen matrix` as a CI runs it, without an engine."""
    return subprocess.run(
        [sys.executable, "-m", "bakegen", "matrix", *arguments],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def _costs(**seconds: float) -> str:
    """A report of which only times matter."""
    steps = {name: [{"name": "RUN", "cached": False, "seconds": time}] for name, time in seconds.items()}
    return json.dumps({"targets": [{"name": name, "status": "built", "steps": found} for name, found in steps.items()]})
