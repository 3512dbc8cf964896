"""Every command of the README runs, and prints what the README says; those that need an engine are in tests/engine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from bakegen.rules.discovery import entries
from bakegen.templating.files import built_in_names
from tests import readme

if TYPE_CHECKING:
    from pathlib import Path


def test_every_shell_block_has_a_name_and_a_test() -> None:
    assert readme.TEXT.count("```sh\n") == len(readme.blocks())
    assert set(readme.blocks()) == {
        "main-job", "tests", "init", "tour", "build", "ci", "ci-file", "build-changed", "explain", "replay", "cache",
        "rewrite", "doctor", "frontend", "lint", "lock", "verify", "benchmarks",
    }  # fmt: skip


def test_the_main_job_runs_in_a_fresh_clone(tmp_path: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=readme.ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (readme.ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(readme.ROOT / name, tmp_path / name)
    done = subprocess.run(["bash", "-c", readme.blocks()["main-job"]], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "images" / "docker-bake.hcl").read_text().startswith("# Rendered by bakegen")
    # What was installed is whole: templates and schemas are in it.
    installed = tmp_path / ".venv/bin/bakegen"
    path = subprocess.run([installed, "schema", "--path"], cwd="/", capture_output=True, text=True, check=True).stdout
    assert path.startswith(str(tmp_path / ".venv"))
    for name in built_in_names():
        assert list((tmp_path / ".venv").rglob(f"site-packages/bakegen/templates/{name.rpartition('/')[2]}")), name


def test_ci_calls_the_command_of_the_readme() -> None:
    script = (readme.ROOT / ".ci" / "run").read_text().splitlines()
    assert shlex.split(script[-1]) == ["exec", *shlex.split(readme.blocks()["tests"])]


def test_a_bake_file_becomes_definitions_that_build_the_same(tmp_path: Path) -> None:
    done = readme.run("init", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 targets build the same as before." in done.stdout
    assert 'version: ["3.12", "3.13"]' in (tmp_path / "images/python/image.yaml").read_text()
    assert 'target "python-3-13"' in (tmp_path / "docker-bake.hcl").read_text()
    assert "matrix" in (tmp_path / "bake.before.hcl").read_text()


def test_the_tour_prints_what_the_readme_says(tmp_path: Path) -> None:
    done = readme.tour(tmp_path)
    assert done.returncode == 0, done.stderr
    assert readme.shown("tour") in done.stdout
    assert "computed" in done.stdout
    assert "debian:trixie-slim (base image)" in done.stdout


def test_the_doctor_prints_what_the_readme_says_where_there_is_no_docker(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "git"):
        (programs / name).symlink_to(shutil.which(name) or name)
    # What mends it differs by system and CI; the README shows it for Linux.
    done = readme.run("doctor", tmp_path, {"PATH": str(programs), "HOME": str(tmp_path), "GITLAB_CI": ""})
    assert done.returncode == 0, done.stderr
    assert readme.shown("doctor") in done.stdout


def test_the_file_for_a_ci_is_written(tmp_path: Path) -> None:
    assert readme.tour(tmp_path).returncode == 0
    done = readme.run("ci-file", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "bakegen/bakegen@" in (tmp_path / ".github/workflows/images.yml").read_text()


def test_explaining_prints_what_the_readme_says(tmp_path: Path) -> None:
    readme.tour(tmp_path)
    done = readme.run("explain", tmp_path, {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(readme.shown("explain"))
    assert "| hello-3-10 | images/hello/Dockerfile:2" in (tmp_path / "comment.md").read_text()


def test_a_history_is_replayed(tmp_path: Path) -> None:
    readme.tour(tmp_path)
    environ = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    assert readme.run("explain", tmp_path, environ).returncode == 0
    done = readme.run("replay", tmp_path, environ)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^branch only +original +2 +0 ", done.stdout, re.MULTILINE)
    assert (tmp_path / "replay.html").read_text().startswith("<!DOCTYPE html>")
    assert ",branch only,original,hello-3-10,2,2,0,31.0,0" in (tmp_path / "replay.csv").read_text()


def test_linting_prints_what_the_readme_says(tmp_path: Path) -> None:
    done = readme.run("lint", tmp_path, {"XDG_CACHE_HOME": str(tmp_path / ".cache")})
    assert done.returncode == 0, done.stderr
    assert readme.shown("lint") in done.stdout
    made = (tmp_path / "Dockerfile").read_text()
    assert made.startswith("FROM python:3.13-slim AS app\nENV PYTHONUNBUFFERED=1\nCOPY")
    assert "CA303 copy-all-before-install: Install dependencies before" in done.stdout


def test_the_number_of_rules_is_what_the_readme_says() -> None:
    (number,) = re.findall(r"\[(\d+) of them\]\(bakegen/docs/reference/rules.md\)", readme.TEXT)
    assert int(number) == len(entries())


def test_the_rewritten_dockerfile_is_what_the_readme_says(tmp_path: Path) -> None:
    done = readme.run("rewrite", tmp_path)
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "Dockerfile").read_text()
    assert re.sub(r",id=\S+-root-cache-pip", ",id=NAME-OF-THE-FOLDER-root-cache-pip", made) == readme.shown("rewrite")
    assert "# manifests-first: assumed" in done.stdout and "missing: " in done.stdout


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", readme.TEXT):
        assert link.startswith("https://") or (readme.ROOT / link).exists(), link
