"""Measures a commit that changes nothing: `python -m tests.bench.unchanged [--targets 300] [--files 20]`.

It makes a git repository of images with five variants each and some files, and a registry on loopback that has an image
under the content key of each target, as a build would have pushed it. Then `bakegen build` runs on a machine that has
git and no docker: on a branch that is new (each image gets its tag), once more, with `--plan`, and with `--plan` after
one file has changed. Prints seconds, requests of the registry and the last line; with `--json FILE`, writes them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.plan.refs import key_reference
from bakegen.workspace.contents import Contents
from bakegen.workspace.project import open_workspace
from tests.engine.harness.session import Session
from tests.engine.pushing import Pusher
from tests.images import github
from tests.unit.workspace.repositories import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.harness.registry import Registry

VARIANTS = 5
_CONFIG = b'{"os": "linux", "architecture": "amd64"}'
_METHOD = re.compile(r"msg=\"response completed.*http\.request\.method=(\w+)")


def make_project(root: Path, host: str, targets: int, files: int) -> None:
    """A project in git: every tenth image builds on the first one."""
    paths = {"bakegen.yaml": f"registry: {host}/bench\ndefault-branch: master\n", ".gitignore": "bakegen-report.json\n"}
    for number in range(-(-targets // VARIANTS)):
        image = f"images/i{number:03}"
        versions = ", ".join(f'"{version}"' for version in range(VARIANTS))
        base = "i000-0" if number % 10 == 1 else "debian:trixie"
        paths[f"{image}/image.yaml"] = f'matrix: {{axes: {{v: [{versions}]}}}}\nargs: {{V: "{{{{ v }}}}"}}\n'
        paths[f"{image}/Dockerfile"] = f"FROM {base}\nARG V\nCOPY . /app\nRUN make -C /app V=$V\n"
        for file in range(files):
            paths[f"{image}/src/f{file}.c"] = f"int f{file}_{number}(void) {{ return {file}; }}\n" * 20
    for path, text in paths.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for arguments in (["init", "-q", "-b", "master"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=root, env={**os.environ, **ENVIRONMENT}, check=True)


def push_keys(root: Path, registry: Registry) -> int:
    """Puts a small image under the content key of every target; out: how many targets there are."""
    workspace = open_workspace(root, {})
    keys = Contents(workspace, workspace.plan).keys
    with closing(http.client.HTTPConnection(registry.host, timeout=60)) as connection:
        pusher = Pusher(connection)
        for name, key in keys.items():
            repository = workspace.plan.targets[name].repository
            assert repository is not None
            path, _, tag = key_reference(repository, key).removeprefix(f"{registry.host}/").rpartition(":")
            pusher.push(path, tag, "latest", config=_CONFIG)
    return len(keys)


def requests(registry: Registry) -> dict[str, int]:
    """How many requests the registry has answered, by method."""
    assert registry.daemon is not None
    found: dict[str, int] = {}
    for line in registry.daemon.log.read_text("utf-8", "replace").splitlines():
        if match := _METHOD.search(line):
            found[match[1]] = found.get(match[1], 0) + 1
    return found


def measure(root: Path, registry: Registry, title: str, *arguments: str) -> dict[str, object]:
    """Runs `bakegen build` for a branch where there is git and no docker."""
    with tempfile.TemporaryDirectory() as folder:
        git = shutil.which("git")
        assert git is not None
        (Path(folder) / "git").symlink_to(git)
        environ = {"PATH": folder, "HOME": folder, "DOCKER_HOST": "unix:///nowhere/docker.sock", **ENVIRONMENT}
        assert shutil.which("docker", path=folder) is None
        before, spent = requests(registry), resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bakegen", "build", "--project", str(root), *arguments],
            cwd=root, env={**environ, **github(Path(folder), "topic")}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = {method: count - before.get(method, 0) for method, count in requests(registry).items()}
    return {
        "run": title,
        "seconds": round(seconds, 2),
        "cpu": round(after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime, 2),
        "requests": {method: count for method, count in sorted(asked.items()) if count},
        "result": (done.stderr if "--plan" in arguments else done.stdout).strip().splitlines()[-1],
    }


def rows(root: Path, registry: Registry) -> Iterator[dict[str, object]]:
    """The runs, one after the other."""
    yield measure(root, registry, "a new branch")
    yield measure(root, registry, "once more")
    yield measure(root, registry, "--plan", "--plan")
    (root / "images/i000/src/f0.c").write_text("changed\n")
    yield measure(root, registry, "--plan, a file changed", "--plan")


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.unchanged", description=__doc__.partition("\n")[0])
    parser.add_argument("--targets", type=int, default=300)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    session = Session()
    try:
        registry = session.registry()
        with tempfile.TemporaryDirectory(prefix="bakegen-unchanged-") as folder:
            make_project(Path(folder), registry.host, options.targets, options.files)
            print(f"{push_keys(Path(folder), registry)} targets, {options.files} files an image, no docker on PATH")
            print(f"{'run':<24} {'seconds':>8} {'CPU':>6}  {'requests':<32} result")
            found = []
            for row in rows(Path(folder), registry):
                found.append(row)
                asked = ", ".join(f"{count} {method}" for method, count in row["requests"].items())  # type: ignore[attr-defined]
                print(f"{row['run']:<24} {row['seconds']:>8} {row['cpu']:>6}  {asked:<32} {row['result']}", flush=True)
    finally:
        session.close()
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
