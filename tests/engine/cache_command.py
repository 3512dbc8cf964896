"""`bakegen cache` where there is no engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def cache(folder: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs the command, which has to end with `status`."""
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "cache", *arguments],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return done


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    """What the command says to programs."""
    found: dict[str, Any] = json.loads(cache(folder, *arguments, "--format", "json").stdout)
    return found
