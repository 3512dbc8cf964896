"""The README's commands that need Docker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests import readme
from tests.unit.workspace.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness.engine import Engine, PrivateEngine
    from tests.engine.harness.registry import Registry


def environment(engine: Engine, bases: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The engine's, with a base image from the harness in place of the public one."""
    debian = bases("debian")["debian"]
    return {**engine.env, "BAKEGEN_SET": f"hello*.contexts.debian:trixie-slim=docker-image://{debian}"}


def test_the_tour_builds_and_runs(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    environ = environment(first_machine, bases)
    assert readme.tour(tmp_path, environ).returncode == 0
    done = readme.run("build", tmp_path, environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "hello from 3.10"


def test_a_ci_job(
    first_machine: PrivateEngine, registry: Registry, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    environ = environment(first_machine, bases)
    readme.tour(tmp_path, environ)
    settings = tmp_path / "bakegen.yaml"
    settings.write_text(f"registry: {registry.host}/readme\n" + settings.read_text())
    environ |= {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "topic", "CI_DEFAULT_BRANCH": "master"}
    kept = {name: value for name, value in environ.items() if not name.startswith(("GITLAB", "CI_"))}
    committed = subprocess.run(["bakegen", "render"], cwd=tmp_path, env=_with_bakegen(kept), check=False)
    assert committed.returncode == 0
    done = readme.run("ci", tmp_path, environ)
    assert done.returncode == 0, done.stderr
    tags = registry.tags("readme/hello")
    assert {"3.10-topic", "3.11-topic"} <= set(tags)
    assert "3.9-topic" not in tags
    assert len([tag for tag in tags if tag.startswith("key-")]) == 2
    # Another branch finds what this one has built: nothing is built, and it has its own tags.
    again = readme.run("build-changed", tmp_path, {**environ, "CI_COMMIT_BRANCH": "next"})
    assert again.returncode == 0, again.stderr
    assert "0 to build, 2 there already" in again.stderr
    assert {"3.10-next", "3.11-next"} <= set(registry.tags("readme/hello"))
    # In a repository whose only branch is master, the caches of topic are those of a branch that is gone.
    Repository(tmp_path).init("-b", "master").commit(a="1")
    cleaned = readme.run("cache", tmp_path, kept)
    assert cleaned.returncode == 0, cleaned.stderr
    assert "cache-hello-3-10.topic" in cleaned.stdout
    assert "images/hello/Dockerfile:2 COPY . /hello" in cleaned.stdout  # where the two that are there part
    assert "hello-3-9: there is no " in cleaned.stderr
    assert cleaned.stdout.splitlines()[-1].startswith("nothing to remove, ")  # nothing is seven days old


def _with_bakegen(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"}


def test_base_images_are_locked_and_pinned(
    engine: Engine, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    environ = environment(engine, bases)
    assert readme.tour(tmp_path, environ).returncode == 0
    stale = subprocess.run(
        ["bakegen", "lock", "--check"], cwd=tmp_path, env=_with_bakegen(environ), capture_output=True, text=True
    )
    assert stale.returncode == 1
    done = readme.run("lock", tmp_path, environ)
    assert done.returncode == 0, done.stderr
    assert f"{bases('debian')['debian']}@sha256:" in (tmp_path / "docker-bake.hcl").read_text()


def test_verify_shows_what_the_readme_says(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    debian = bases("debian")["debian"]
    first_machine.run(["pull", "--quiet", debian])
    first_machine.run(["tag", debian, "debian:trixie-slim"])
    try:
        done = readme.run("verify", tmp_path, first_machine.env)
    finally:
        first_machine.run(["image", "rm", "debian:trixie-slim"])
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(readme.shown("verify"))


def test_the_benchmarks_run_and_print_their_tables(engine: Engine) -> None:
    done = readme.run("benchmarks", readme.ROOT, engine.env)
    assert done.returncode == 0, done.stderr
    assert "render/bake" in done.stdout
    assert "bakegen --version" in done.stdout
    assert "bakegen, unchanged files" in done.stdout
    assert "skipped: i000-0" in done.stdout
