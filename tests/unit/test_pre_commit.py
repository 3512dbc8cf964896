"""The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit in a repository made here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bakegen.workspace.linting import kind_of_file
from tests import readme

PACKAGE = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "bakegen", "templates")
HOOKS = yaml.safe_load((readme.ROOT / ".pre-commit-hooks.yaml").read_text())
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: bakegen-fix
        args: [--select, "BK103,GE001"]
      - id: bakegen-lint
        args: [--select, "BK103,GE001", --fail-on, note]
      - id: bakegen-check
"""


def run(folder: Path, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A command with a home of its own: neither git nor pre-commit looks at this user's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    environment = {
        **kept,
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "NO_COLOR": "1",
    }
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=400, check=False)


def commit(folder: Path, home: Path) -> str:
    """Makes a repository of a folder, or adds to it what changed; out: the commit."""
    for words in (
        ("git", "init", "-q"),
        ("git", "add", "-A"),
        ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--no-verify", "-m", "x"),
    ):
        assert run(folder, *words, home=home).returncode == 0
    return run(folder, "git", "rev-parse", "HEAD", home=home).stdout.strip()


def test_the_hooks_in_a_repository(tmp_path: Path) -> None:
    package, project, home = tmp_path / "package", tmp_path / "project", tmp_path / "home"
    package.mkdir()
    for name in PACKAGE:
        place = readme.ROOT / name
        if place.is_dir():
            shutil.copytree(place, package / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, package / name)
    revision = commit(package, home)
    (project / "images" / "app").mkdir(parents=True)
    (project / "bakegen.yaml").write_text("registry: registry.example.com/team\n")
    (project / "images" / "app" / "image.yaml").write_text("")
    (project / "images" / "app" / "Dockerfile").write_text("FROM scratch as base\n")
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(repository=package, revision=revision))
    commit(project, home)
    pre_commit = (sys.executable, "-m", "pre_commit", "run", "--all-files")
    first = run(project, *pre_commit, home=home)
    states = dict(re.findall(r"^(bakegen [a-z -]+?)\.{3,}(Passed|Failed)", first.stdout, re.MULTILINE))
    # The first hook mends and says so by failing, the second is content then, the third finds no bake file.
    assert states == {
        "bakegen lint --fix": "Failed",
        "bakegen lint": "Passed",
        "bakegen render --check": "Failed",
    }, first.stdout + first.stderr
    assert (project / "images" / "app" / "Dockerfile").read_text() == "FROM scratch AS base\n"
    assert subprocess.run([sys.executable, "-m", "bakegen", "render"], cwd=project, check=False).returncode == 0
    commit(project, home)
    again = run(project, *pre_commit, home=home)
    assert again.returncode == 0, again.stdout
    (project / "images" / "app" / "Dockerfile").write_text("FROM scratch\nRUM x\n")
    commit(project, home)
    broken = run(project, *pre_commit, home=home)
    assert broken.returncode == 1
    assert "images/app/Dockerfile:2:1" in broken.stdout


NAMES = (
    "Dockerfile", "Containerfile", "a/Dockerfile.dev", "Dockerfile-x", "x.Dockerfile", "a/b.dockerfile",
    "docker-bake.hcl", "docker-bake.override.json", "x.bake.hcl", "bakegen.yaml", "images/a/image.yaml",
    "Dockerfile.md", "Dockerfile.j2", "MyDockerfile", "bake.hcl", "README.md", "a.yaml", "Dockerfile.dockerignore",
    "dockerfile.py", "Dockerfile/x",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_hooks_take_the_files_that_a_search_finds(name: str) -> None:
    hook = next(one for one in HOOKS if one["id"] == "bakegen-lint")
    taken = bool(re.search(hook["files"], name)) and not re.search(hook["exclude"], name)
    assert taken == (kind_of_file(Path(name)) is not None)


def test_there_is_a_hook_for_each_use() -> None:
    assert [one["id"] for one in HOOKS] == ["bakegen-lint", "bakegen-fix", "bakegen-check"]
    assert all(one["entry"].startswith("bakegen ") and one["language"] == "python" for one in HOOKS)
