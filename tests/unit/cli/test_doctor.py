"""`bakegen doctor` as a process: outside of a project, without docker, with a registry that refuses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.workspace.fake_registry import Reply, Request, as_json, serving

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cret-Passw0rd"
CI = {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "master", "CI_DEFAULT_BRANCH": "master"}


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH with git and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "git")
    return str(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "here"
    made.mkdir()
    return made


def doctor(folder: Path, path: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bakegen", "doctor", *arguments],
        cwd=folder,
        env={
            "PATH": path,
            "HOME": str(folder),
            "PYTHONIOENCODING": "utf-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


def told(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """The findings by check; of several of one check the first, which is the worst."""
    found: dict[str, dict[str, Any]] = {}
    for one in json.loads(done.stdout)["findings"]:
        found.setdefault(one["check"], one)
    return found


def project(folder: Path, registry: str = "") -> None:
    (folder / "bakegen.yaml").write_text(f"registry: {registry}/team\n" if registry else "")
    (folder / "images/app").mkdir(parents=True)
    (folder / "images/app/image.yaml").write_text("")
    (folder / "images/app/Dockerfile").write_text("FROM scratch\nCOPY . /\n")


def test_in_an_empty_folder_without_docker_nothing_fails(folder: Path, programs: str) -> None:
    done = doctor(folder, programs)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("warning        docker-client         there is no docker on PATH\n")
    assert done.stdout.endswith("; no project here: the machine alone was looked at\n")
    assert "\x1b" not in done.stdout and "waiting" not in done.stderr
    assert doctor(folder, programs, "--strict").returncode == 1
    assert doctor(folder, programs, "--strict", "--only", "git").returncode == 0


def test_in_a_project_no_docker_fails_and_what_needs_none_does_not(folder: Path, programs: str) -> None:
    project(folder)
    done = doctor(folder, programs, "--format", "json")
    assert done.returncode == 1
    found = told(done)
    assert found["docker-client"]["result"] == "failure"
    assert found["docker-client"]["fix"]
    assert found["git-rendered"]["seen"] == "out of date: docker-bake.hcl"
    assert doctor(folder, programs, "--only", "git").returncode == 0


def test_the_form_of_json(folder: Path, programs: str) -> None:
    done = doctor(folder, programs, "--format", "json")
    found = json.loads(done.stdout)
    assert set(found) == {"schema_version", "bakegen", "project", "counts", "findings"}
    assert (found["schema_version"], found["project"]) == (1, None)
    assert sum(found["counts"].values()) == len(found["findings"])
    for one in found["findings"]:
        assert set(one) == {"check", "group", "result", "about", "seen", "why", "fix"}
        assert all(isinstance(value, str) for value in one.values())
    project(folder)
    assert json.loads(doctor(folder, programs, "--format", "json").stdout)["project"] == str(folder)


def test_everything_is_shown_where_it_is_asked_for(folder: Path, programs: str) -> None:
    project(folder)
    assert "machine-python" not in doctor(folder, programs).stdout
    assert "ok             machine-python        Python 3." in doctor(folder, programs, "--verbose").stdout


def test_bad_input(folder: Path, programs: str) -> None:
    assert doctor(folder, programs, "--project", "nowhere").returncode == 2
    assert doctor(folder, programs, "--only", "everything").returncode == 2
    assert doctor(folder, programs, "--timeout", "0").returncode == 2


def test_definitions_that_cannot_be_read_are_a_finding_among_others(folder: Path, programs: str) -> None:
    project(folder)
    (folder / "images/app/image.yaml").write_text("nonsense: 1\n")
    done = doctor(folder, programs, "--format", "json", "--only", "git")
    assert done.returncode == 1
    assert told(done)["git-definitions"]["seen"].startswith("images/app/image.yaml:1: ")


def refusing(request: Request) -> Reply:
    """Everybody may read and nobody write."""
    if request.method == "POST":
        return as_json({"errors": [{"code": "DENIED"}]}, 403)
    return as_json({"name": "team/app", "tags": []})


def test_a_registry_that_refuses_fails_where_this_run_would_write(folder: Path, programs: str) -> None:
    with serving(refusing) as registry:
        project(folder, registry.host)
        (folder / "config.json").write_text(
            json.dumps({"auths": {registry.host: {"username": "me", "password": SECRET}}})
        )
        arguments = ("--only", "registry", "--format", "json")
        done = doctor(folder, programs, *arguments, DOCKER_CONFIG=str(folder), **CI)
        assert done.returncode == 1, done.stdout
        found = told(done)["registry-write"]
        assert found["result"] == "failure"
        assert found["seen"] == f"access refused (403): the login to {registry.host} does not allow it"
        assert found["about"] == f"{registry.host}/team/app"
        assert SECRET not in done.stdout + done.stderr
        # Nobody would write from here, and nobody is asked where that is not wanted.
        assert (
            told(doctor(folder, programs, *arguments, DOCKER_CONFIG=str(folder)))["registry-write"]["result"] == "note"
        )
        registry.requests.clear()
        assert "registry-write" not in told(doctor(folder, programs, *arguments, "--no-write", **CI))
        assert {one.method for one in registry.requests} == {"GET"}


def test_a_missing_credential_helper_is_named(folder: Path, programs: str) -> None:
    with serving(refusing) as registry:
        project(folder, registry.host)
        (folder / "config.json").write_text('{"credsStore": "desktop"}')
        done = doctor(folder, programs, "--only", "registry", "--format", "json", DOCKER_CONFIG=str(folder))
    assert told(done)["registry-login"]["seen"] == "docker-credential-desktop is not installed"


def test_a_registry_that_is_silent_holds_nothing_up(folder: Path, programs: str) -> None:
    with serving(lambda request: Reply(delay=300)) as registry:
        project(folder, registry.host)
        done = doctor(folder, programs, "--only", "registry", "--timeout", "1", "--format", "json")
    assert told(done)["registry-read"]["result"] == "failure"
    assert told(done)["registry-read"]["about"] == f"{registry.host}/team/app"
