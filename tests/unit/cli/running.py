"""A small project, and `bakegen` run in it as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = {
    "bakegen.yaml": "registry: registry.example.com/team\nselections: {pr: newest 1 of v}\n",
    "images/base/image.yaml": "",
    "images/base/Dockerfile": "FROM debian:12\n",
    "images/app/image.yaml": 'matrix: {axes: {v: ["1.9", "1.10"]}}\nargs: {V: "{{ v }}"}\nignore: [secret]\n',
    "images/app/Dockerfile": "FROM base\nARG V\nCOPY . .\n",
    "images/app/main.txt": "main\n",
}
CI = {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "master"}


def lay_out(folder: Path, files: Mapping[str, str]) -> Path:
    """Writes `files`, by their paths below `folder`, which is given back."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def bakegen(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """One run with an environment of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "bakegen", *arguments],
        cwd=folder,
        env={**kept, "PYTHONIOENCODING": "utf-8", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
