"""`bakegen doctor` against real engines and registries: what it claims is what builds meet."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.harness.commands import CommandFailed
from tests.engine.harness.engine import PrivateEngine
from tests.engine.harness.packages import engine_prefix
from tests.engine.harness.proxy import answers, changed, misbehaving
from tests.engine.harness.tokens import guarded, log_in
from tests.unit.workspace.fake_registry import Reply, as_json
from tests.unit.workspace.repositories import ENVIRONMENT, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.engine.harness.registry import Registry

CI = {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
DOCKERFILE = "FROM scratch\nCOPY . /\n"


class Told:
    """What one run said: by check and, where there are several, by what it is about."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.text = done.stdout + done.stderr
        self.findings = json.loads(done.stdout)["findings"]

    def __getitem__(self, check: str) -> dict[str, Any]:
        """The worst finding of a check."""
        return next(one for one in self.findings if one["check"] == check)

    def result(self, check: str) -> str:
        found = self[check]["result"]
        assert isinstance(found, str)
        return found


def doctor(folder: Path, environ: Mapping[str, str], *arguments: str) -> Told:
    return Told(
        subprocess.run(
            [sys.executable, "-m", "bakegen", "doctor", "--format", "json", "--timeout", "60", *arguments],
            cwd=folder,
            env={**environ, **ENVIRONMENT, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            timeout=300,
        )
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is committed; the registry is said by `BAKEGEN_REGISTRY`."""
    made = Repository(tmp_path / "project").init()
    made.write("bakegen.yaml", "default-branch: main\n")
    made.write("images/app/image.yaml", "")
    made.write("images/app/Dockerfile", DOCKERFILE)
    return made.root


def rendered(project: Path, registry: str) -> dict[str, str]:
    """Renders and commits; what says where images are pushed to."""
    said = {"BAKEGEN_REGISTRY": f"{registry}/doctor"}
    subprocess.run([sys.executable, "-m", "bakegen", "render"], cwd=project, env={**ENVIRONMENT, **said}, check=True)
    Repository(project).commit()
    return said


def test_where_all_is_well_nothing_is_found_and_nothing_is_left(
    first_machine: PrivateEngine, own_registry: Registry, project: Path
) -> None:
    said = rendered(project, own_registry.host)
    before = own_registry.repositories()
    told = doctor(project, {**first_machine.env, **said, **CI})
    assert told.code == 0, told.text
    for check in (
        "docker-client", "docker-engine", "docker-buildx", "docker-builder", "docker-store", "builder-buildkit",
        "builder-caches", "registry-read", "registry-write", "git-rendered", "git-history", "machine-clock",
    ):  # fmt: skip
        assert told.result(check) == "ok", told[check]
    assert own_registry.repositories() == before
    # Of an upload that is open distribution keeps when it began; of a cancelled one the state of a hash of nothing.
    assert list(own_registry.storage.rglob("_uploads/*"))
    assert not list(own_registry.storage.rglob("_uploads/*/startedat"))


@pytest.fixture(scope="module")
def old_store(tmp_path_factory: pytest.TempPathFactory, first_machine: PrivateEngine) -> Iterator[PrivateEngine]:
    """An engine that keeps images in its own store; `first_machine` says whether this machine can have one."""
    folder = tmp_path_factory.mktemp("old-store")
    engine = PrivateEngine.start("old", folder, engine_prefix(), containerd_store=False)
    yield engine
    engine.stop()


def test_an_engine_without_containerds_store_cannot_export_the_cache_as_is_said(
    old_store: PrivateEngine, own_registry: Registry, project: Path
) -> None:
    told = doctor(project, {**old_store.env, **rendered(project, own_registry.host), **CI}, "--only", "docker")
    assert told.code == 1
    found = told["docker-store"]
    assert (found["result"], found["seen"]) == ("failure", "off, and caches are of type registry")
    assert "docker buildx create --name bakegen --driver docker-container" in found["fix"]
    cache = f"--cache-to=type=registry,ref={own_registry.host}/doctor/x:cache"
    with pytest.raises(CommandFailed, match=r"[Cc]ache export"):
        old_store.build(cache, "--file", "images/app/Dockerfile", "images/app", cwd=project)


def test_a_builder_of_its_own_that_has_not_started(
    first_machine: PrivateEngine, own_registry: Registry, project: Path
) -> None:
    (project / "images/app/Dockerfile").write_text(DOCKERFILE + "RUN --security=insecure true\n")
    environ = {**first_machine.env, **rendered(project, own_registry.host)}
    first_machine.run(["buildx", "create", "--name", "doctor", "--driver", "docker-container"])
    try:
        told = doctor(project, environ, "--only", "docker", "--only", "builder", "--builder", "doctor")
    finally:
        first_machine.run(["buildx", "rm", "doctor"])
    assert told.code == 1
    assert told["docker-builder"]["fix"] == "docker buildx inspect --bootstrap doctor"
    assert told.result("builder-entitlements") == "failure"
    assert told.result("builder-caches") == "ok"
    nobody = doctor(project, environ, "--only", "docker", "--builder", "doctor")
    assert nobody["docker-builder"]["seen"] == 'no builder "doctor" found'


def test_an_engine_that_is_away(first_machine: PrivateEngine, tmp_path: Path) -> None:
    environ = {**first_machine.env, "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    told = doctor(tmp_path, environ, "--only", "docker")
    assert (told.code, told.result("docker-engine")) == (0, "warning")  # there is no project
    assert told["docker-engine"]["fix"].startswith("unset DOCKER_HOST")


def test_a_registry_with_another_time_and_one_that_only_reads(
    own_registry: Registry, project: Path, first_machine: PrivateEngine
) -> None:
    with misbehaving(own_registry) as proxy:
        said = {**first_machine.env, **rendered(project, proxy.host), **CI}
        late = {"Date": formatdate(time.time() - 3600, usegmt=True)}
        proxy.on("GET", "", changed(lambda reply: replace(reply, headers={**reply.headers, **late})))
        proxy.on("POST", "/blobs/uploads/", answers(as_json({"errors": [{"code": "DENIED"}]}, 403)))
        told = doctor(project, said, "--only", "registry", "--only", "machine")
        assert told.code == 1
        assert "behind this machine's" in told["machine-clock"]["seen"]
        assert told.result("machine-clock") == "failure"
        assert told.result("registry-write") == "failure"
        assert told.result("registry-read") == "ok"


def test_a_registry_that_wants_a_login(
    own_registry: Registry, project: Path, first_machine: PrivateEngine, tmp_path: Path
) -> None:
    with misbehaving(own_registry) as proxy, guarded(proxy):
        said = {**first_machine.env, **rendered(project, proxy.host), **CI, "DOCKER_CONFIG": str(tmp_path)}
        nobody = doctor(project, said, "--only", "registry")
        assert (nobody.code, nobody.result("registry-read")) == (1, "failure")
        assert nobody["registry-read"]["fix"].startswith('echo "$CI_REGISTRY_PASSWORD" | docker login')
        log_in(tmp_path / "config.json", proxy.host)
        told = doctor(project, said, "--only", "registry")
        assert told.code == 0, told.text
        assert told.result("registry-write") == "ok"
        assert "s3cret-Passw0rd" not in told.text + nobody.text
    with misbehaving(own_registry) as proxy:
        proxy.on("", "", answers(Reply(401)))
        told = doctor(project, {**said, "BAKEGEN_REGISTRY": f"{proxy.host}/doctor"}, "--only", "registry")
        assert "does not say how to log in" in told["registry-read"]["seen"]
