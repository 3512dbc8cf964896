"""The image of the command: it works on mounted projects, for anybody, and is the same wherever it is built."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import readme
from tests.docs.pages import read
from tests.engine.frontend_image import MACHINE, ROOT, image_id
from tests.engine.harness.packages import engine_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness.engine import Engine, PrivateEngine

SLIM, DOCKER = "bakegen/bakegen:slim", "bakegen/bakegen:latest"
STAND_INS = {"debian:trixie-slim": "debian", "python:3.13-slim-trixie": "debian-python"}
SOMEBODY = 4711
LARGE = os.environ.get("BAKEGEN_TEST_PROFILE") == "large"
LIBRARY = "/usr/local/lib/python3.13/dist-packages"

CLIENT = """FROM scratch
COPY docker /usr/local/bin/docker
COPY docker-buildx /usr/local/libexec/docker/cli-plugins/docker-buildx
"""
"""Stands for docker:28-cli, with the programs of the harness."""


def block(name: str) -> str:
    """A block of the page on installing."""
    (found,) = (one.text for one in read("bakegen/docs/guide/installing.md").blocks if one.mark.value == name)
    return found


def build(engine: Engine, found: dict[str, str], folder: Path, target: str, *more: str) -> None:
    """Builds a target of images/command on an engine, as the page says, out of a copy of this checkout in `folder`."""
    if not folder.is_dir():
        unwanted = shutil.ignore_patterns("__pycache__", ".bakegen", "docker-bake*")
        for name in ("bakegen", "templates", "images/command"):
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    words = [target if word == "command-slim" else word for word in shlex.split(block("install-image"))]
    done = subprocess.run(
        [
            *(sys.executable, "-m", *words, "--progress=plain"),
            *(f"--set=*.contexts.{name}=docker-image://{found[base]}" for name, base in STAND_INS.items()),
            "--set=*.cache.policy=none",
            *("--set=*.network=host", "--allow=network.host", f"--set=*.platforms={MACHINE}", *more),
        ],
        cwd=folder, env={**engine.env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the copy of this checkout is."""
    return tmp_path_factory.mktemp("command") / "source"


@pytest.fixture(scope="module")
def slim(first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], source: Path) -> str:
    """The image without Docker's client, on the first machine."""
    build(first_machine, bases(*STAND_INS.values()), source, "command-slim")
    return SLIM


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project of the README's tour under git, nothing rendered; all of it is somebody else's."""
    assert readme.tour(tmp_path).returncode == 0
    for name in (".bakegen", "docker-bake.hcl"):
        path = tmp_path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *author, "commit", "--quiet", "-m", "three"], cwd=tmp_path, check=True)
    tmp_path.chmod(0o755)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
    return tmp_path


def test_a_mounted_project(first_machine: PrivateEngine, slim: str, project: Path) -> None:
    reach = project
    while reach != reach.parent and not reach.stat().st_mode & 0o001:
        reach.chmod(reach.stat().st_mode | 0o011)
        reach = reach.parent

    def run(*words: str, user: str = "") -> str:
        asked = [f"--user={user}"] if user else []
        command = ["run", "--rm", "--network=none", *asked, f"--volume={project}:/work", slim, *words]
        return first_machine.run(command).stdout

    # Whom the files belong to writes them; another one reads what git knows of them all the same.
    run("render", user=f"{SOMEBODY}:{SOMEBODY}")
    assert (project / "docker-bake.hcl").read_text().startswith("# Rendered by bakegen")
    assert (project / "docker-bake.hcl").stat().st_uid == SOMEBODY
    run("render", "--check")
    assert readme.shown("tour") in run("list")
    (project / "images/hello/3.10.txt").write_text("hello again\n")
    assert "3.10.txt changed" in run("explain")
    (project / "images/hello/Dockerfile").write_text("FROM debian:trixie-slim\nRUN cd $HOME\n")
    assert "SC2086" in run("lint", "--select", "SC2086", "--fail-on", "error")
    assert run("--version").startswith("bakegen ")


def test_as_the_page_on_installing_says(first_machine: PrivateEngine, slim: str, project: Path) -> None:
    done = subprocess.run(
        ["bash", "-euc", block("use-image")], cwd=project, env=first_machine.env, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert slim in block("use-image")
    assert (project / "docker-bake.hcl").stat().st_uid == os.getuid()


def test_what_is_in_it(first_machine: PrivateEngine, slim: str) -> None:
    (found,) = json.loads(first_machine.run(["image", "inspect", slim]).stdout)
    assert found["Config"]["User"] == "1000:1000"
    assert found["Config"]["Entrypoint"] == ["bakegen"]
    assert found["Config"]["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    script = (
        "set -e; touch ~/a /work/b; cd /; test -f /usr/share/doc/git/copyright; test -s /var/lib/dpkg/status.d/git\n"
        f"test ! -e {LIBRARY}/bakegen/docs\n"
        f"find {LIBRARY}/bakegen -name '*.py' | wc -l; find {LIBRARY}/bakegen -name '*.pyc' | wc -l\n"
        "git config --system safe.directory; git ls-remote https://127.0.0.1:1/x 2>&1 | head -n 1"
    )
    command = ["run", "--rm", "--network=none", "--user=9999:9999", "--entrypoint=sh", slim, "-c", script]
    modules, compiled, safe, https = first_machine.run(command).stdout.splitlines()
    assert modules == compiled and int(modules) > 400
    assert safe == "*"
    assert "unable to access 'https://127.0.0.1:1/x/'" in https  # the helper for https is there, with its libraries


@pytest.mark.skipif(not LARGE, reason="builds it once more: in the large profile")
def test_other_machines_make_the_same_bytes(
    first_machine: PrivateEngine,
    second_engine: PrivateEngine,
    bases: Callable[..., dict[str, str]],
    slim: str,
    source: Path,
) -> None:
    second_engine.make_fresh()
    build(second_engine, bases(*STAND_INS.values()), source, "command-slim")
    assert image_id(second_engine, slim) == image_id(first_machine, slim)


@pytest.mark.skipif(not LARGE, reason="packs a hundred megabytes of Docker's client: in the large profile")
def test_it_builds_with_the_engine_that_is_mounted(
    first_machine: PrivateEngine,
    bases: Callable[..., dict[str, str]],
    source: Path,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    client = tmp_path_factory.mktemp("client")
    prefix = engine_prefix()
    shutil.copy(prefix.program("docker"), client)
    shutil.copy(prefix.buildx, client)
    (client / "Dockerfile").write_text(CLIENT)
    first_machine.run(["build", "--quiet", "--tag=client:28", str(client)])
    found = bases(*STAND_INS.values())
    build(first_machine, found, source, "command", "--set=*.contexts.docker:28-cli=docker-image://client:28")
    socket = Path(first_machine.env["DOCKER_HOST"].removeprefix("unix://"))
    asked = [f"--user={SOMEBODY}:{SOMEBODY}", f"--group-add={socket.stat().st_gid}", f"--volume={project}:/work"]
    command = ["run", "--rm", *asked, f"--volume={socket}:/var/run/docker.sock", "--network=host"]
    place = f"hello*.contexts.debian:trixie-slim=docker-image://{found['debian']}"
    first_machine.run([*command, DOCKER, "build", "hello-3-11", "--set", place])
    assert first_machine.run(["run", "--rm", "hello:3.11"]).stdout == "hello from 3.11\n"
    plugin = [*command, "--entrypoint=docker", DOCKER, "bakegen", "--version"]
    assert first_machine.run(plugin).stdout.startswith("docker bakegen ")
