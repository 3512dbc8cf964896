"""`bakegen build` without an engine: what it plans, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import CI, bakegen

if TYPE_CHECKING:
    from pathlib import Path


def test_the_plan_names_every_target_with_its_parents(project: Path) -> None:
    done = bakegen(project, "build", "--plan", "--offline", "app-1-10", CI_COMMIT_BRANCH="master", **CI)
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["TARGET", "DECISION"], ["app-1-10", "build"], ["base", "build"],
    ]  # fmt: skip
    assert "2 to build, 0 there already" in done.stderr
    assert not (project / "docker-bake.hcl").exists()
    assert not (project / "bakegen-report.json").exists()


def test_the_plan_for_programs(project: Path) -> None:
    done = bakegen(project, "build", "--plan", "--offline", "--format", "json", CI_COMMIT_BRANCH="topic", **CI)
    found = {one["target"]: one for one in json.loads(done.stdout)}
    assert set(found) == {"app-1-9", "app-1-10", "base"}
    assert all(one["decision"] == "build" and len(one["key"]) == 40 for one in found.values())
    assert found["base"]["tags"] == ["registry.example.com/team/base:topic"]


def test_outside_of_a_branch_nothing_is_looked_up(project: Path) -> None:
    done = bakegen(project, "build", "--plan", "base")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].split()[:2] == ["base", "build"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "no target or group is called 'nothing'"),
        (("--retries", "-1"), "--retries"),
        (("--progress", "loud"), "--progress"),
    ],
)
def test_bad_usage(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = bakegen(project, "build", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_engine_it_says_so(project: Path) -> None:
    done = bakegen(project, "build", "base", PATH="/usr/bin:/bin", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 3
    assert "docker" in done.stderr
    assert "Traceback" not in done.stderr
