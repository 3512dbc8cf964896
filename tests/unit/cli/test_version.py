"""`bakegen version`: what it tells, what it keeps to itself, and that it needs nobody's answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from bakegen import __version__
from bakegen.workspace.about import local, markdown

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SECRET = "s3cr3t-of-somebody"


def version(*arguments: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "version", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_is_told() -> None:
    found = json.loads(version("--format", "json"))
    assert found["schema_version"] == 1
    assert found["bakegen"]["version"] == __version__
    assert set(found["bakegen"]) >= {"installed", "python", "platform", "libc", "container"}
    assert {"click", "jinja2", "pyyaml"} <= set(found["dependencies"])
    assert "pytest" not in found["dependencies"]
    assert set(found["tools"]) >= {"git", "docker client", "docker engine", "buildx", "builder"}
    assert all(found["tools"].values())


def test_without_any_program(tmp_path: Path) -> None:
    found = json.loads(version("--format", "json", PATH=str(tmp_path)))
    assert found["tools"]["docker client"] == found["tools"]["buildx"] == "not there"
    assert found["tools"]["git"].startswith("unknown: ")
    assert "tools" not in json.loads(version("--quick", "--format", "json"))


def test_a_docker_that_hangs_is_left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bakegen.workspace.about import asked

    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\nexec sleep 60\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = asked(0.2)
    assert "no answer within" in found["tools"]["docker engine"]


def test_no_secret_and_no_name_of_anybody(tmp_path: Path) -> None:
    home = tmp_path / "home" / "somebody"
    home.mkdir(parents=True)
    environ = {
        "HOME": str(home),
        "BAKEGEN_SET": f"args.TOKEN={SECRET}",
        "DOCKER_HOST": f"tcp://{SECRET}.example.com:1",
        "https_proxy": f"http://somebody:{SECRET}@proxy.example.com",
        "MY_PASSWORD": SECRET,
        "TERM": f"{home}/x",
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_TOKEN": SECRET,
    }
    for form in ("json", "markdown"):
        text = version("--format", form, **environ)
        assert SECRET not in text
        assert "somebody" not in text
        assert "example.com" not in text
        assert "MY_PASSWORD" not in text
    found = json.loads(version("--quick", "--format", "json", **environ))
    assert found["variables"]["BAKEGEN_SET"] == found["variables"]["https_proxy"] == "set"
    assert found["variables"]["TERM"] == "~/x"
    assert found["surroundings"]["ci"] == "GitHub Actions"


def test_a_table_for_an_issue() -> None:
    facts = local({"LC_ALL": "a|b"})
    lines = markdown(facts).splitlines()
    assert lines[:3] == ["| what | value |", "| --- | --- |", f"| bakegen | {__version__} |"]
    assert "| `LC_ALL` | a\\|b |" in lines


def test_a_crash_tells_the_same() -> None:
    code = (
        "import sys, bakegen.cli.main as main\n"
        "main._Commands.get_command = lambda *a: 1 / 0\n"
        "sys.exit(main.run(['list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 70
    assert f"| bakegen | {__version__} |" in done.stderr
    assert done.stderr.rstrip().endswith("ZeroDivisionError: division by zero")


def test_the_option_is_one_line() -> None:
    done = subprocess.run([sys.executable, "-m", "bakegen", "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"bakegen {__version__}\n"
