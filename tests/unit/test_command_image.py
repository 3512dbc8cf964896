"""images/command: what is committed there is what its definitions render to, and fits the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from bakegen import __version__
from tests.readme import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = ROOT / "images/command"
PINNED = dict(re.findall(r"^(\S+)==(\S+) \\$", (PROJECT / "image/requirements.txt").read_text(), re.MULTILINE))


def test_the_committed_file_is_what_is_rendered(tmp_path: Path) -> None:
    for name in ("bakegen", "templates"):
        (tmp_path / name).mkdir()
    project = tmp_path / "images/command"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".bakegen"))
    command = [sys.executable, "-m", "bakegen", "render", "--check", "--allow-outside=../.."]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_own_linter_finds_nothing() -> None:
    command = [sys.executable, "-m", "bakegen", "lint", "--no-cache", "--fail-on", "note", "images/command"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_version_is_that_of_the_package() -> None:
    definition = yaml.safe_load((PROJECT / "image/image.yaml").read_text())
    assert definition["vars"]["version"] == __version__


def test_what_is_pinned_fits_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in (*project["dependencies"], *project["optional-dependencies"]["zstd"]):
        wanted = Requirement(line)
        assert Version(PINNED[wanted.name]) in wanted.specifier, line
