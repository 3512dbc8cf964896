"""`docker bakegen …` with the real client of docker: found, called, completed, ended; and a build through it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from bakegen import __version__
from bakegen.workspace.docker_plugin import install
from tests.engine.test_baking import sleeping

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine


@pytest.fixture(scope="module")
def environ(first_machine: PrivateEngine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of the engine, with a docker configuration of its own in which the plugin is."""
    config = tmp_path_factory.mktemp("docker config")
    theirs = first_machine.env.get("DOCKER_CONFIG")
    if theirs:
        shutil.copytree(theirs, config, dirs_exist_ok=True, symlinks=True)
    assert install(config / "cli-plugins").problem == ""
    return {**first_machine.env, "DOCKER_CONFIG": str(config), "PYTHONIOENCODING": "utf-8"}


def docker(folder: Path, environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=120)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "bakegen.yaml").write_text("push: never\n")
    for name in ("quick", "slow"):
        image = tmp_path / "images" / name
        image.mkdir(parents=True)
        (image / "image.yaml").write_text("output: [type=cacheonly]\n")
        (image / "Dockerfile").write_text("FROM scratch\nCOPY file /\n")
        (image / "file").write_text(name)
    return tmp_path


def test_the_client_knows_it(environ: dict[str, str], tmp_path: Path) -> None:
    assert "\n  bakegen*" in docker(tmp_path, environ, "--help").stdout
    plugins = json.loads(docker(tmp_path, environ, "info", "--format", "{{json .ClientInfo.Plugins}}").stdout)
    found = next(one for one in plugins if one["Name"] == "bakegen")
    assert (found["Version"], found.get("Err")) == (__version__, None)


def test_help_by_every_way(environ: dict[str, str], project: Path) -> None:
    texts = {
        docker(project, environ, *line.split()).stdout for line in ("bakegen --help", "help bakegen", "bakegen -h")
    }
    assert len(texts) == 1
    assert texts.pop().startswith("Usage: docker bakegen [OPTIONS] COMMAND [ARGS]...\n")
    assert docker(project, environ, "bakegen", "--version").stdout == f"docker bakegen {__version__}\n"
    assert "Usage: docker bakegen cache prune" in docker(project, environ, "help", "bakegen", "cache", "prune").stdout


def test_exit_codes_are_those_of_bakegen(environ: dict[str, str], project: Path) -> None:
    assert docker(project, environ, "bakegen", "render").returncode == 0
    (project / "docker-bake.hcl").write_text("")
    assert docker(project, environ, "bakegen", "render", "--check").returncode in (1, 2)
    done = docker(project, environ, "bakegen", "show", "nothing")
    assert done.returncode == 2
    assert "no target is called 'nothing'" in done.stderr


def test_the_client_s_completion(environ: dict[str, str], project: Path) -> None:
    assert docker(project, environ, "__complete", "bakegen", "show", "q").stdout == "quick\ta target of quick\n:4\n"
    assert docker(project, environ, "__complete", "bakegen", "graph", "--form").stdout.startswith("--format\t")
    assert docker(project, environ, "__complete", "bakegen", "lint", "").stdout == ":0\n"
    assert docker(project, environ, "__complete", "bakege").stdout.startswith("bakegen\t")


def test_a_build_with_an_option_of_docker_before_it(environ: dict[str, str], project: Path) -> None:
    nowhere = {**environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    assert docker(project, nowhere, "bakegen", "build", "quick", "--retries", "0").returncode in (1, 3)
    done = docker(project, nowhere, "-H", environ["DOCKER_HOST"], "bakegen", "build", "quick")
    assert done.returncode == 0, done.stderr
    assert _status(project, "quick") == "built"


@pytest.mark.parametrize(
    ("both", "number", "code"),
    [(False, signal.SIGINT, 143), (True, signal.SIGINT, 130)],
    ids=["to docker alone", "by the keyboard"],
)
def test_a_signal_ends_a_build_as_without_docker(
    environ: dict[str, str], project: Path, busybox_image: str, both: bool, number: signal.Signals, code: int
) -> None:
    seconds = str(600 + os.getpid() / 1e7)
    # The client's standard output is no terminal: it tells the plugin by its socket, which does not say the signal.
    (project / "images/slow/Dockerfile").write_text(f"FROM {busybox_image}\nRUN sleep {seconds}\n")
    shown = project / "progress"
    with shown.open("wb") as progress:
        process = subprocess.Popen(
            ["docker", "bakegen", "build", "slow", "--progress", "plain"],
            cwd=project,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=progress,
            stderr=progress,
            start_new_session=True,
        )
    while not sleeping(seconds) and process.poll() is None:
        time.sleep(0.05)
    (os.killpg if both else os.kill)(process.pid, number)
    assert process.wait(60) == code, shown.read_text()
    assert _status(project, "slow") == "not built"
    assert "slow: not built: the build was interrupted\n" in shown.read_text()


def _status(project: Path, target: str) -> str:
    report = json.loads((project / "bakegen-report.json").read_text())
    return next(str(one["status"]) for one in report["targets"] if one["name"] == target)
