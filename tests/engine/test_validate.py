"""`bakegen render --validate`: the installed buildx reads what was meant, or the command says what it reads instead."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bakegen.bake.hcl import write_hcl
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.errors import EngineError
from bakegen.workspace.engine import ReadBackError, read_back
from tests.images import copy_images

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import Engine


@pytest.mark.parametrize("form", ["hcl", "json"])
def test_buildx_reads_our_own_images_as_they_are_meant(engine: Engine, tmp_path: Path, form: str) -> None:
    project = copy_images(tmp_path / "images")
    arguments = ["render", "--validate", "--format", form, "--registry", "registry.example.com/team"]
    for branch in ([], ["--branch", "feature/x${boom()}", "--trusted", "--offline"]):
        done = subprocess.run(
            [sys.executable, "-m", "bakegen", *arguments, *branch],
            cwd=project,
            env=dict(engine.env),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr


def test_another_meaning_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in engine.env.items():
        monkeypatch.setenv(name, value)
    written = BakeFile(targets=(BakeTarget("a", {"tags": ("a:1",)}),))
    meant = BakeFile(targets=(BakeTarget("a", {"tags": ("a:2",)}),))
    with pytest.raises(ReadBackError, match=r'otherwise than meant, at target a:\nmeant: .*"a:2"'):
        read_back({"docker-bake.hcl": write_hcl(written, "0.20")}, {"docker-bake.hcl": meant})
    with pytest.raises(EngineError, match="buildx cannot read"):
        read_back({"docker-bake.hcl": "target {"}, {"docker-bake.hcl": meant})


def test_without_docker_it_says_so(tmp_path: Path) -> None:
    project = copy_images(tmp_path / "images")
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "render", "--validate"],
        cwd=project,
        env={"PATH": "/nowhere", "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
