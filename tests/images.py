"""The repository's own images/, copied and rendered as a user would, for the golden and the engine tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGES = Path(__file__).resolve().parent.parent / "images"


def copy_images(to: Path) -> Path:
    """A copy of images/ at `to` without anything that was rendered there; out: `to`."""
    shutil.copytree(IMAGES, to, ignore=shutil.ignore_patterns(".bakegen", "docker-bake*", "__pycache__"))
    return to


def render(project: Path, environ: Mapping[str, str] | None = None, *arguments: str) -> None:
    """`bakegen render` in the folder `project`, with nothing of this process's environment but what programs need."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "bakegen", "render", *arguments]
    done = subprocess.run(
        command, cwd=project, env={**kept, **(environ or {})}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr


def github(event_folder: Path, branch: str, *, pull_request: int | None = None, fork: bool = False) -> dict[str, str]:
    """The environment of a GitHub workflow that runs for `branch`: a push, or a pull request into master."""
    event: dict[str, object] = {"repository": {"default_branch": "master"}}
    environ = {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "team/images",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_RUN_ID": "4711",
    }
    if pull_request is None:
        environ |= {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": branch}
    else:
        owner = "somebody" if fork else "team"
        event["pull_request"] = {"number": pull_request, "head": {"repo": {"full_name": f"{owner}/images"}}}
        environ |= {
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REF_NAME": f"{pull_request}/merge",
            "GITHUB_HEAD_REF": branch,
            "GITHUB_BASE_REF": "master",
        }
    path = event_folder / "event.json"
    path.write_text(json.dumps(event))
    return environ | {"GITHUB_EVENT_PATH": str(path)}
