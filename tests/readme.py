"""The README's commands, as its tests run them: every block has a name and a test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
_NAMED = re.compile(r"<!-- run: ([a-z-]+) -->\n```sh\n(.*?)```", re.DOTALL)


def blocks() -> dict[str, str]:
    """The shell blocks of the README by name."""
    return dict(_NAMED.findall(TEXT))


def shown(name: str) -> str:
    """What the README shows between the shell block `name` and the next: all blocks of other languages, joined."""
    behind = TEXT.partition(f"<!-- run: {name} -->\n```sh\n")[2].partition("```")[2]
    before_next = behind.partition("<!-- run: ")[0]
    return "".join(re.findall(r"^```[a-z]+\n(.*?)^```$", before_next, re.DOTALL | re.MULTILINE))


def run(
    name: str,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    programs: Path = Path(sys.executable).parent,
) -> subprocess.CompletedProcess[str]:
    """Runs a block in `folder` as a person would who has bakegen in `programs`, ending at the first failure."""
    merged = {**os.environ, **(environ or {})}
    merged["PATH"] = f"{programs}{os.pathsep}{merged['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks()[name]],
        cwd=folder,
        env=merged,
        capture_output=True,
        text=True,
        timeout=600,
    )


def tour(folder: Path, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The five minutes of the README, in an empty folder."""
    return run("tour", folder, environ)
