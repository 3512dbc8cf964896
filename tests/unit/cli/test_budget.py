"""`budget`: what is known to take longer is warned of, with the steps that cost most; nothing else changes by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import FILES, bakegen, lay_out

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "images/base/image.yaml"
SECRET = "RUN curl https://me:secret@example.com/x"
STEPS = {"RUN one": 30.0, "RUN " + "long " * 40: 400.0, SECRET: 200.0, "RUN two": 60.0, "COPY . .": 0.5}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lay_out(tmp_path, FILES)
    steps = [{"name": name, "cached": False, "seconds": seconds} for name, seconds in STEPS.items()]
    report = {"targets": [{"name": "base", "status": "built", "steps": steps}]}
    (tmp_path / "costs.json").write_text(json.dumps(report))
    return tmp_path


@pytest.mark.parametrize("command", [("list",), ("build", "--plan", "--offline")])
def test_what_exceeds_its_budget_is_warned_of(project: Path, command: tuple[str, ...]) -> None:
    (project / IMAGE).write_text("budget: 10m\n")
    done = bakegen(project, *command, "--costs", "costs.json")
    assert done.returncode == 0, done.stderr
    assert "a cold build of base takes 11 min 30 s, and its budget is 10 min 00 s" in done.stderr
    assert "image.yaml:1" in done.stderr
    line = next(line for line in done.stderr.splitlines() if "costs most" in line)
    assert line.index("6 min 40 s RUN long") < line.index("3 min 20 s RUN curl") < line.index("1 min 00 s RUN two")
    assert "RUN one" not in line
    assert "secret" not in done.stderr
    assert "app" not in done.stderr


@pytest.mark.parametrize("budget", ["", "budget: 11m31s\n", 'budget: "{{ 1 }}h"\n', "budget: 691s\n"])
def test_what_keeps_to_it_is_not(project: Path, budget: str) -> None:
    (project / IMAGE).write_text(budget)
    assert "budget" not in bakegen(project, "list", "--costs", "costs.json").stderr
    assert "budget" not in bakegen(project, "list").stderr


def test_the_list_shows_what_is_known(project: Path) -> None:
    (project / IMAGE).write_text("budget: 1h\n")
    done = bakegen(project, "list", "--no-keys", "--costs", "costs.json")
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["TARGET", "KIND", "PLATFORMS", "COLD", "TAGS"]
    assert "11 min 30 s" in next(row for row in rows if row.startswith("base "))
    found = {
        one["name"]: one
        for one in json.loads(bakegen(project, "list", "--format", "json", "--costs", "costs.json").stdout)
    }
    assert (found["base"]["budget"], found["base"]["cold"]) == (3600, 690.5)
    assert "cold" not in found["app-1-9"]


def test_a_budget_changes_no_key_and_no_file(project: Path) -> None:
    def made() -> tuple[str, str]:
        listed = bakegen(project, "list").stdout
        assert bakegen(project, "render").returncode == 0
        return listed, (project / "docker-bake.hcl").read_text()

    before = made()
    (project / IMAGE).write_text("budget: 1s\n")
    assert made() == before


@pytest.mark.parametrize("text", ["10", "0m", "10 m", "m", "-1m", "1.5h", "5m1h", "[10m]", '"{{ 1 }}"', "9999999s"])
def test_no_duration(project: Path, text: str) -> None:
    (project / IMAGE).write_text(f"budget: {text}\n")
    done = bakegen(project, "list")
    assert done.returncode == 2
    assert "`budget` takes a" in done.stderr
    assert "image.yaml:1" in done.stderr
