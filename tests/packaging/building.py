"""Builds bakegen's wheel and sdist out of the files that git knows, and installs the wheel, with uv."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("zstd", "frontend")
"""Those that have lower bounds."""

_TRIES = 3
NETWORK = re.compile(
    r"failed to (fetch|download)|error sending request|could not connect|connection (refused|reset)|timed? ?out"
    r"|dns error|HTTP status (server error|client error \(429)|network connectivity",
    re.IGNORECASE,
)


def tracked(to: Path) -> Path:
    """A copy, without git, of the files that git knows or would take; out: `to`."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name, follow_symlinks=False)
    return to


def uv(*words: str | Path) -> str:
    """Runs uv; out: what it says.

    A download that fails is tried again; where it fails always the test is skipped, because that says nothing about
    bakegen. Everything else that fails is a failure, also that there are no versions which fit together.
    """
    command = [find_uv_bin(), *map(str, words)]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    for again in range(_TRIES):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 0:
            return done.stdout + done.stderr
        if not NETWORK.search(done.stderr):
            pytest.fail(f"{' '.join(command)}\n{done.stderr}")
        time.sleep(2 * again)
    pytest.skip(f"packages cannot be downloaded: {done.stderr.strip().splitlines()[-1]}")


def build(source: Path, to: Path, *options: str) -> tuple[Path, Path]:
    """Builds the sdist, and the wheel out of the sdist; out: wheel and sdist."""
    uv("build", "--quiet", "--python", sys.executable, *options, "--out-dir", to, source)
    (wheel,), (sdist,) = to.glob("*.whl"), to.glob("*.tar.gz")
    return wheel, sdist


def install(folder: Path, wheel: Path, resolution: str, extras: Sequence[str] = EXTRAS) -> Path:
    """A new environment in `folder` with a wheel; out: the folder of its programs.

    Args:
        folder: where it is made.
        wheel: what is installed.
        resolution: `highest` for the newest releases, `lowest-direct` for the lowest that pyproject.toml allows.
        extras: the extras that are installed with it.
    """
    uv("venv", "--quiet", "--python", sys.executable, folder)
    # What a wheel needs is not "direct" for uv; what is asked for beside it is.
    requirements: list[str | Path] = []
    if resolution == "lowest-direct":
        requirements = ["--requirements", ROOT / "pyproject.toml", *(f"--extra={one}" for one in extras)]
    named = f"bakegen[{','.join(extras)}] @ {wheel.as_uri()}"
    python = folder / "bin/python"
    uv("pip", "install", "--quiet", "--python", python, "--resolution", resolution, named, *requirements)
    return folder / "bin"
