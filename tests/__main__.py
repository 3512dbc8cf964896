"""Runs everything that must pass, on a fresh machine too: `python3 -m tests [pytest arguments]`.

It makes `.venv` and installs bakegen with its development tools there, then runs formatting, lint, types, layers and
the tests. With arguments only the tests run, with those arguments. The tests set up a Docker engine by themselves.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
CHECKS = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("layers", ["lint-imports", "--no-logo"]),
)


def _install() -> None:
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / "bakegen-tests.stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("installing bakegen and its development tools into .venv", flush=True)
    venv.create(VENV, with_pip=True, clear=False)
    subprocess.run(
        [BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", ".[dev]"],
        cwd=ROOT,
        check=True,
    )
    stamp.write_text(wanted)


def main(arguments: list[str]) -> int:
    """Installs what is missing, runs the checks and the tests; returns the first exit code that is not 0."""
    _install()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(VENV)}
    for name, command in () if arguments else CHECKS:
        print(f"== {name}", flush=True)
        code = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, env=environment, check=False).returncode
        if code:
            print(f"{name} failed: {' '.join(command)}", file=sys.stderr)
            return code
    print("== tests", flush=True)
    return subprocess.run(
        [BIN / "python", "-m", "pytest", *(arguments or _side_by_side())], cwd=ROOT, env=environment, check=False
    ).returncode


def _side_by_side() -> list[str]:
    """Files of tests side by side, each worker with engines of its own: they wait for downloads and disks a lot."""
    workers = min(4, max(2, os.cpu_count() or 2))
    # In the order of their names: those that need an engine take longest and come first, so no worker ends alone.
    return ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "25"]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
