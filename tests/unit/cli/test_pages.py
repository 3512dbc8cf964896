"""The commands of pages that write into somebody's home folder, run with a folder that nobody lives in."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import read

if TYPE_CHECKING:
    from pathlib import Path

BY = "tests/unit/cli/test_pages.py"
MADE = {
    "completion": {
        ".local/share/bash-completion/completions/bakegen",
        ".zfunc/_bakegen",
        ".config/fish/completions/bakegen.fish",
    },
    "docker-plugin": {".docker/cli-plugins/docker-bakegen"},
}


@pytest.mark.parametrize("name", MADE)
def test_what_a_page_says_to_install_is_there_then(name: str, tmp_path: Path) -> None:
    blocks = [one for one in read(f"bakegen/docs/reference/{name}.md").blocks if one.mark.by == BY]
    assert blocks
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "bakegen").write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -m bakegen \"$@\"\n")
    (programs / "bakegen").chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environ = {"HOME": str(home), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    for block in blocks:
        done = subprocess.run(
            ["bash", "-eu", "-c", block.text], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
    made = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert made == MADE[name]
    assert all((home / path).stat().st_size for path in made)
