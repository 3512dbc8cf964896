"""The image of the frontend, built as images/frontend says, for every test that needs it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.context import ListedContext
from bakegen.facts.model import Evidence
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.disk import DiskFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
SLIM = "bakegen/frontend:latest-slim"
DEBIAN = "bakegen/frontend:latest"
MACHINE = {"aarch64": "linux/arm64"}.get(platform.machine(), "linux/amd64")
"""The platform that tests run on: for others the image is built in the same way."""

DIGEST = "containerimage.digest"
PLAIN = ("--provenance=false", "--output=type=image,store=false", "--build-arg=SOURCE_DATE_EPOCH=0")
"""For a build whose digest says whether it is the same as another one."""


_BUILT: set[tuple[str, str]] = set()
"""What was built by this run's tests on which engine: it is there until that engine is made fresh."""


def copy_frontend(to: Path) -> Path:
    """A copy of images/frontend and of what it takes from outside, at `to`; out: the copy of images/frontend."""
    unwanted = shutil.ignore_patterns("__pycache__", ".bakegen", "docker-bake*")
    for name in ("bakegen", "templates", "images/frontend"):
        shutil.copytree(ROOT / name, to / name, ignore=unwanted)
    return to / "images" / "frontend"


def build_frontend(
    engine: Engine, bases: Callable[..., dict[str, str]], folder: Path, target: str = "frontend-slim", *more: str
) -> str:
    """Builds the image on an engine, out of this checkout, once; out: its name there."""
    name = SLIM if target == "frontend-slim" else DEBIAN
    key = (engine.name, name)
    if key in _BUILT and engine.run(["image", "inspect", name], check=False).code == 0:
        return name
    found = bases("debian", "debian-python")
    replaced = {"debian:trixie-slim": found["debian"], "python:3.13-slim": found["debian-python"]}
    sets = [f"--set=*.contexts.{name}=docker-image://{image}" for name, image in replaced.items()]
    project = copy_frontend(folder)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bakegen", "build", target, "--progress=plain", "--allow-outside=../.."),
            *(*sets, "--set=*.cache.policy=none", "--set=*.network=host", "--allow=network.host"),
            *(f"--set=*.platforms={MACHINE}", *more),
        ],
        cwd=project, env={**engine.env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    _BUILT.add(key)
    return name


def image_id(engine: Engine, name: str) -> str:
    """The digest of an image that an engine has."""
    return engine.run(["image", "inspect", "--format", "{{.Id}}", name]).stdout.strip()


def by_hand(project: Path, text: str, **request: object) -> str:
    """What `bakegen rewrite` makes of a Dockerfile with a project's files and its ignore file."""
    path = project / ".dockerignore"
    ignore = path.read_text() if path.exists() else ""
    evidence = Evidence(context=ListedContext(DiskFolder(project), IgnoreFile.parse(Source(".dockerignore", ignore))))
    return rewrite(Source("Dockerfile", text), evidence, ignore=ignore, **request).source.text  # type: ignore[arg-type]


def with_syntax(image: str) -> str:
    """The build argument that has a build use the frontend."""
    return f"--build-arg=BUILDKIT_SYNTAX={image}"


def processes(text: str) -> list[str]:
    """The command lines of this machine's processes that have `text` in them, without this one's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if text in line and path.parent.name != str(os.getpid()):
            found.append(line)
    return found
