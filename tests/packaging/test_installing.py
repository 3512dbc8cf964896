"""The wheel in an environment of its own, with the lowest versions that pyproject.toml allows and with the newest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bakegen import __version__
from tests import readme
from tests.images import copy_images
from tests.packaging.building import ROOT, build, install, tracked

INSIDE = ROOT / "tests/packaging/inside.py"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("built")
    return build(tracked(folder / "source"), folder / "dist")[0]


@pytest.fixture(scope="module", params=["lowest-direct", "highest"])
def programs(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the lowest, and with the newest versions."""
    return install(tmp_path_factory.mktemp(request.param) / "environment", wheel, request.param)


def run(folder: Path, *command: str | Path) -> str:
    """Runs a program outside of the repository; out: what it prints."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_modules_commands_and_zstd(programs: Path, tmp_path: Path) -> None:
    lowest = [ROOT / "pyproject.toml"] if "lowest" in str(programs) else []
    said = run(tmp_path, programs / "python", "-I", "-W", "error", INSIDE, *lowest)
    modules, commands = (int(line.split()[0]) for line in said.splitlines())
    assert modules > 400 and commands > 20


def test_the_repositorys_images_are_rendered_as_here_to_the_byte(programs: Path, tmp_path: Path) -> None:
    made: list[bytes] = []
    for bakegen in (programs / "bakegen", Path(sys.executable).with_name("bakegen")):
        folder = tmp_path / str(len(made))
        copy_images(folder / "images")
        run(folder, bakegen, "render", "--project", "images")
        made.append((folder / "images/docker-bake.hcl").read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("blocks", [("tour", "explain"), ("rewrite",), ("lint",)], ids=lambda names: names[-1])
def test_the_readme_says_what_it_prints(programs: Path, tmp_path: Path, blocks: tuple[str, ...]) -> None:
    environ = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    for name in blocks:
        done = readme.run(name, tmp_path, environ, programs)
        assert done.returncode == 0, done.stderr
        assert name == "rewrite" or readme.shown(name) in done.stdout


def test_the_programs(programs: Path, tmp_path: Path) -> None:
    assert run(tmp_path, programs / "bakegen", "--version") == f"bakegen {__version__}\n"
    plugin = json.loads(run(tmp_path, programs / "docker-bakegen", "docker-cli-plugin-metadata"))
    assert plugin["Version"] == __version__
    assert run(tmp_path, programs / "bakegen", "help", "--man").startswith((".", "'"))
    assert "bakegen" in run(tmp_path, programs / "bakegen", "completion", "bash")
    # It is the installed one that ran, and all that it reads at run time came with it.
    schema = run(tmp_path, programs / "bakegen", "schema", "--path").strip()
    assert schema.startswith(str(programs.parent))
