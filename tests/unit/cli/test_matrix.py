"""`bakegen matrix` and `bakegen build --shard` without an engine and a registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import CI, bakegen

if TYPE_CHECKING:
    from pathlib import Path


def test_a_job_for_each_that_nothing_builds_on(project: Path) -> None:
    done = bakegen(project, "matrix", "--offline", CI_COMMIT_BRANCH="master", **CI)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    rows = json.loads(done.stdout)["include"]
    assert [row["shard"] for row in rows] == ["1/2", "2/2"]
    assert sorted(name for row in rows for name in row["targets"].split()) == ["app-1-10", "app-1-9", "base"]
    first = bakegen(project, "matrix", "--offline", "--first", CI_COMMIT_BRANCH="master", **CI)
    assert json.loads(first.stdout)["include"] == [{"name": "base", "targets": "base", "shard": "1/1"}]


def test_one_job_needs_nothing_before_it(project: Path) -> None:
    done = bakegen(project, "matrix", "--offline", "--shards", "1", "--first", "--format", "github")
    assert json.loads(done.stdout) == {"include": []}


def test_the_shards_of_a_build_are_all_of_it(project: Path) -> None:
    costs = project / "costs.json"
    steps = [{"name": "RUN make", "cached": False, "seconds": 600}]
    costs.write_text(json.dumps({"targets": [{"name": "base", "status": "built", "steps": steps}]}))
    found = []
    for shard in ("1/3", "2/3", "3/3"):
        done = bakegen(project, "build", "--plan", "--offline", "--shard", shard, "--costs", "costs.json")
        assert done.returncode == 0, done.stderr
        found += [line.split()[0] for line in done.stdout.splitlines()[1:] if "builds on it" not in line]
    assert sorted(found) == ["app-1-10", "app-1-9", "base"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("matrix", "--each", "--shards", "2"), "exclude each other"),
        (("matrix", "--costs", "nothing.json"), "nothing.json: No such file"),
        (("matrix", "--costs", "bakegen.yaml"), "bakegen.yaml: it is no report"),
        (("build", "--shard", "4/3"), "--shard"),
        (("build", "--costs", "nothing.json"), "nothing.json: No such file"),
    ],
)
def test_bad_usage(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = bakegen(project, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
