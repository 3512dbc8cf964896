"""`bakegen cache sharing` on projects whose images are not there: what the plan tells, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bakegen.cli.main import run
from bakegen.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = """\
FROM a
ARG V
RUN echo one > /one
RUN mkdir /two
RUN echo $V > /v
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "images" / "app"
    folder.mkdir(parents=True)
    (tmp_path / "bakegen.yaml").write_text("registry: 127.0.0.1:1/team\ndefault-branch: master\n")
    definition = 'matrix: {axes: {v: ["1", "2"]}}\nargs: {V: "{{ v }}"}\nplatforms: [linux/amd64, linux/arm64]\n'
    (folder / "image.yaml").write_text(definition)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    monkeypatch.setenv("DOCKER_CONFIG", "/nonexistent")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_plan_of_each_platform_with_advice(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "sharing", "--offline", "app-*"]) == ExitCode.CLEAN
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[1].split() == ["app", "linux/amd64", "2", "6", "of", "6", "0", "6"]
    assert lines[2].split()[:2] == ["app", "linux/arm64"]
    assert lines[5].endswith("images/app/Dockerfile:3 RUN echo one > /one  2     argument V differs")
    assert "with the rewrite sink-arg (" in lines[-1]
    assert lines[-1].endswith("two of its images part over 2 RUNs instead of 6")
    assert err == "4 images, 12 steps that leave layers; 12 if nothing was shared\n"


def test_advice_is_true(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the rewrite is said to do is what is found once the ARG has moved."""
    moved = "FROM a\nRUN echo one > /one\nRUN mkdir /two\nARG V\nRUN echo $V > /v\n"
    (project / "images" / "app" / "Dockerfile").write_text(moved)
    assert run(["cache", "sharing", "--offline", "--format", "json"]) == ExitCode.CLEAN
    found = json.loads(capsys.readouterr().out)["definitions"][0]
    assert (found["steps"], found["plan"]["line"], found["advice"]) == (4, 5, None)


def test_a_registry_that_cannot_be_reached(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "sharing", "--branch", "master", "--tree"]) == ExitCode.ENGINE
    out, err = capsys.readouterr()
    assert "warning: app-1: 127.0.0.1:1/team/app:key-" in err
    assert out.startswith("app linux/amd64, by the plan\n  app-1, app-2: the base and 0 steps\n  parts at images/app")
    assert "sink-arg" in out
    assert run(["cache", "sharing", "--branch", "master", "--format", "json"]) == ExitCode.ENGINE
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["images"] == 0
    assert all(one["missing"] for found in told["definitions"] for one in found["variants"])


def test_what_is_not_known_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "images" / "app" / "Dockerfile").write_text(f"# syntax=example.com/other:1\n{DOCKERFILE}")
    assert run(["cache", "sharing", "--offline"]) == ExitCode.CLEAN
    assert "warning: app-1: its Dockerfile is written for another frontend" in capsys.readouterr().err


def test_a_target_that_is_not_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "sharing", "ap"]) == ExitCode.BAD_INPUT
    assert "no target or group is called 'ap'" in capsys.readouterr().err
