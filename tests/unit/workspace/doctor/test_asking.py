"""What docker, registries and git are asked, and what is understood of their answers."""

from __future__ import annotations

import json
import os
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.doctor.asking import ask_docker, read_builder
from bakegen.workspace.doctor.asking_registries import ask_registry
from bakegen.workspace.doctor.findings import Unseen
from bakegen.workspace.doctor.history import ask_git
from bakegen.workspace.doctor.looking import Wish, look
from bakegen.workspace.doctor.model import Asked, Builder
from tests.unit.workspace.fake_registry import FakeRegistry, Reply, Request, as_json, challenge, serving
from tests.unit.workspace.repositories import Repository, no_configuration, repository

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["no_configuration", "repository"]

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}

RUNNING = """\
Name:          mine
Driver:        docker-container
Last Activity: 2026-11-22 17:28:33 +0000 UTC

Nodes:
Name:                  mine0
Endpoint:              unix:///var/run/docker.sock
Driver Options:        default-load="true" network="host"
Status:                running
BuildKit daemon flags: --allow-insecure-entitlement=network.host
BuildKit version:      v0.28.1
Platforms:             linux/amd64*, linux/amd64/v2, linux/arm64
Features:
 Automatically load images to the Docker Engine image store: true
 Cache export:                                               true
Labels:
 org.mobyproject.buildkit.worker.executor: oci
GC Policy rule#0:
 All:            false
 Filters:        type==source.local
 Max Used Space: 488.3MiB
GC Policy rule#1:
 All:            true
 Min Free Space: 47.5GiB

Name:     mine1
Endpoint: ssh://me@far
Status:   running
Error:    ssh: connect to host far: no route
"""


def test_a_builder_is_read_node_by_node() -> None:
    builder = read_builder(RUNNING)
    assert (builder.name, builder.driver, builder.error) == ("mine", "docker-container", "")
    one, other = builder.nodes
    assert (one.version, one.status, one.platforms) == (
        "v0.28.1",
        "running",
        ("linux/amd64", "linux/amd64/v2", "linux/arm64"),
    )
    assert one.flags == "--allow-insecure-entitlement=network.host"
    assert one.features["Cache export"] is True
    assert one.collect[1] == {"All": "true", "Min Free Space": "47.5GiB"}
    assert (other.name, other.error) == ("mine1", "ssh: connect to host far: no route")
    away = read_builder("Name:   default\nDriver: \nError:  Cannot connect to https://me:secret@far\n")
    assert away == Builder("default", "", (), "Cannot connect to https://***@far")


def test_there_is_no_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_docker(5).client == ""


def test_a_docker_that_never_answers_ends_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    begun = time.monotonic()
    facts = look(None, os.environ, Wish(tmp_path, frozenset({"docker"}), seconds=1.0))
    assert time.monotonic() - begun < 60
    assert facts.builder == Unseen("no answer within 1 seconds")
    assert facts.engine.server == ""


class Shelf:
    """A registry that lets everybody read and write, and remembers uploads that are open."""

    def __init__(self, **headers: str) -> None:
        self.open: set[str] = set()
        self.headers = headers

    def __call__(self, request: Request) -> Reply:
        if request.method == "POST":
            self.open.add("/v2/team/app/blobs/uploads/1")
            return Reply(202, {"Location": "/v2/team/app/blobs/uploads/1?state=x", **self.headers})
        if request.method == "DELETE":
            path = request.path.partition("?")[0]
            if path in self.open:
                self.open.remove(path)
                return Reply(204)
            return Reply(404)
        return as_json({"name": "team/app", "tags": ["a"]}, headers=self.headers)


def ask(registry: FakeRegistry, *, write: bool = True, environ: dict[str, str] = NO_LOGIN) -> Asked:
    found = ask_registry(f"{registry.host}/team/app", environ, base=False, write=write, seconds=20)
    assert found is not None
    return found


def test_an_upload_is_begun_and_cancelled() -> None:
    shelf = Shelf()
    with serving(shelf) as registry:
        found = ask(registry)
        assert (found.read, found.there, found.write, found.deletes, found.kept_open) == ("", True, "", True, False)
        assert registry.asked("POST", "/blobs/uploads/")
    assert not shelf.open
    assert not any(one.body for one in registry.requests)


def test_nothing_that_writes_is_asked_where_that_is_not_wanted() -> None:
    with serving(Shelf()) as registry:
        found = ask(registry, write=False)
        assert (found.read, found.write, found.deletes) == ("", None, None)
        assert {one.method for one in registry.requests} == {"GET"}


def test_an_upload_that_goes_on_elsewhere_is_left_alone() -> None:
    def script(request: Request) -> Reply:
        if request.method == "POST":
            return Reply(202, {"Location": "https://storage.example.com/1"})
        return Reply(404)

    with serving(script) as registry:
        found = ask(registry)
    assert (found.write, found.kept_open) == ("", True)


@pytest.mark.parametrize("status", [403, 405])
def test_a_registry_that_lets_nobody_write(status: int) -> None:
    with serving(lambda request: Reply(status) if request.method == "POST" else Reply(404)) as registry:
        found = ask(registry)
    assert (found.read, found.there) == ("", False)
    assert str(status) in (found.write or "")
    assert found.deletes is None


def test_a_login_that_is_over(tmp_path: Path) -> None:
    with serving(lambda request: Reply(401)) as tokens:
        realm = f"{tokens.url}/token"
        with serving(lambda request: challenge(realm)) as registry:
            login = {"auths": {registry.host: {"auth": "bWU6czNjcmV0"}}}
            (tmp_path / "config.json").write_text(json.dumps(login))
            found = ask(registry, environ={"DOCKER_CONFIG": str(tmp_path)})
    assert "token server" in found.read and "401" in found.read
    assert found.login == ""
    assert "s3cret" not in str(found)


@pytest.mark.parametrize("off", [-7200, 0, 7200])
def test_the_clock_of_a_registry(off: int) -> None:
    with serving(Shelf(Date=formatdate(time.time() + off, usegmt=True))) as registry:
        found = ask(registry)
    assert found.clock is not None
    assert abs(found.clock - off) < 60


def test_an_answer_out_of_a_cache_tells_no_time_and_limits_are_read() -> None:
    told = {
        "Date": formatdate(0, usegmt=True),
        "Age": "3",
        "RateLimit-Limit": "100;w=21600",
        "RateLimit-Remaining": "7;w=21600",
    }
    with serving(Shelf(**told)) as registry:
        found = ask(registry)
    assert (found.clock, found.limit, found.remaining) == (None, 100, 7)


def test_what_is_no_reference_is_not_asked_for() -> None:
    assert ask_registry("NO REFERENCE", NO_LOGIN, base=True, write=False, seconds=1) is None


def test_a_full_clone(repository: Repository, tmp_path: Path) -> None:
    for number in range(3):
        repository.commit(a=str(number))
    clone = Repository(tmp_path / "clone")
    clone.git("clone", "-q", f"file://{repository.root}", ".")
    clone.git("switch", "-q", "-c", "topic")
    clone.commit(b="1", **{"docker-bake.override.hcl": ""})
    found = ask_git(clone.root, "main", 2)
    assert (found.commits, found.problem, found.facts.default_branch) == (2, "", "main")
    assert found.tracked == ("docker-bake.override.hcl",)
    assert not found.partial


def test_a_shallow_and_partial_clone_without_the_default_branch(repository: Repository, tmp_path: Path) -> None:
    for number in range(3):
        repository.commit(a=str(number))
    repository.git("switch", "-q", "-c", "topic")
    repository.commit(b="1")
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = Repository(tmp_path / "clone")
    options = ("--depth=1", "--single-branch", "--branch=topic", "--filter=blob:none")
    clone.git("clone", "-q", *options, f"file://{repository.root}", ".")
    found = ask_git(clone.root, "main", 20)
    assert found.facts.shallow is True
    assert found.partial
    assert "nothing in this clone names the branch main" in found.problem or "shallow" in found.problem


def test_submodules_that_are_not_checked_out(repository: Repository, tmp_path: Path) -> None:
    part = Repository(tmp_path / "part").init()
    part.commit(x="1")
    repository.git("submodule", "--quiet", "add", f"file://{part.root}", "vendor/part")
    repository.commit(a="1")
    clone = Repository(tmp_path / "clone")
    clone.git("clone", "-q", f"file://{repository.root}", ".")
    assert ask_git(clone.root, "main", 2).modules == ("vendor/part",)
    clone.git("submodule", "--quiet", "update", "--init")
    assert ask_git(clone.root, "main", 2).modules == ()


def test_a_folder_without_git(tmp_path: Path) -> None:
    found = ask_git(tmp_path, "main", 2)
    assert found.facts.reasons == ("this is not a git repository",)
