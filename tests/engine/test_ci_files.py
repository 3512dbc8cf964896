"""The files of `bakegen ci` on an engine and a registry: what each event builds, pushes and caches."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.ci_files import github, shells
from tests.unit.workspace.repositories import ENVIRONMENT, Repository

if TYPE_CHECKING:
    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

IMAGE = """\
matrix:
  axes: {version: ["1", "2", "3"]}
  overrides: [{match: {version: "1"}, set: {default: false}}]
args: {VERSION: "{{ version }}"}
tags: ["{{ repository }}:{{ version }}"]
branch-tags: ["{{ repository }}:{{ version }}-{{ tag }}"]
"""
PROJECT = """\
registry: {registry}/{name}
default-branch: {default}
selections: {{pr: newest 1 of version, nightly: all}}
"""


@pytest.fixture
def repository(tmp_path: Path, registry: Registry, busybox_image: str, request: pytest.FixtureRequest) -> Repository:
    """A repository with one image of three versions: one for pull requests, two for merges, all at night."""
    made = Repository(tmp_path / "repository").init()
    name = f"ci/{re.sub('[^a-z]+', '-', request.node.name).strip('-')}"
    made.write("bakegen.yaml", PROJECT.format(registry=registry.host, name=name, default="main"))
    made.write("images/app/image.yaml", IMAGE)
    made.write("images/app/Dockerfile", f"FROM {busybox_image}\nARG VERSION\nRUN echo $VERSION > /version\n")
    made.commit()
    return made


def machine(engine: PrivateEngine) -> dict[str, str]:
    """The environment of a runner: an engine, and bakegen where the step that installs puts it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{engine.env['PATH']}"
    return {**engine.env, **ENVIRONMENT, "PATH": path}


def printed(repository: Repository, *arguments: str) -> str:
    """What `bakegen ci` prints there."""
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "ci", *arguments], cwd=repository.root, env={**os.environ, **ENVIRONMENT},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


class Shelf:
    """The tags of the image in the registry: those that came since it was asked the last time."""

    def __init__(self, registry: Registry, repository: Repository) -> None:
        settings = yaml.safe_load((repository.root / "bakegen.yaml").read_text())
        self.repository = settings["registry"].partition("/")[2] + "/app"
        self.registry = registry
        self.known: set[str] = set()

    def new(self) -> tuple[set[str], set[str]]:
        """Tags of images (of content keys, how many there are), and those of caches."""
        tags = set(self.registry.tags(self.repository)) - self.known
        self.known |= tags
        caches = {tag for tag in tags if tag.startswith("cache-")}
        return {tag for tag in tags - caches if not tag.startswith("key-")}, caches


def test_a_workflow_for_github(
    repository: Repository, first_machine: PrivateEngine, registry: Registry, tmp_path: Path
) -> None:
    shelf = Shelf(registry, repository)
    (job,) = yaml.safe_load(printed(repository, "github"))["jobs"].values()

    def run(name: str, **what: object) -> github.Run:
        environ, contexts = github.event(tmp_path, name, **what)  # type: ignore[arg-type]
        done = github.run_job(job, repository.root, {**machine(first_machine), **environ}, contexts, tmp_path)
        assert done.code == 0, done.said
        assert "s3cret" not in done.said and "t0ken" not in done.said
        return done

    # A fork first, when nothing is there yet: it builds, and leaves no trace in the registry.
    before = registry.snapshot()
    fork = run("pull_request", branch="main", number=18, fork=True)
    assert json.loads(fork.outputs["images"]["built"]) == ["app-3"]
    assert registry.snapshot() == before
    assert "docker/login-action" not in dict(fork.used)

    ours = run("pull_request", branch="faster", number=17)
    assert json.loads(ours.outputs["images"]["built"]) == ["app-3"]
    assert ours.outputs["images"]["targets"] == "pr"
    assert dict(ours.used)["docker/login-action"]["password"] == "s3cret"
    tags, caches = shelf.new()
    assert tags == {"3-pr-17"}
    assert {tag.partition(".")[2] for tag in caches} == {"pr-17"}

    merged = run("push", branch="main")
    assert json.loads(merged.outputs["images"]["built"]) == ["app-2"]
    assert json.loads(merged.outputs["images"]["skipped"]) == ["app-3"]
    assert set(json.loads(merged.outputs["images"]["digests"])) == {"app-2", "app-3"}
    assert "app-2" in merged.summary
    assert (repository.root / "bakegen-report.json") == Path(merged.outputs["images"]["report"])
    tags, caches = shelf.new()
    assert tags == {"2", "3"}
    assert {tag.partition(".")[2] for tag in caches} == {"main"}

    run("schedule", branch="main")
    assert shelf.new()[0] == {"1"}

    # Plain bake does what the event asks for, too: its own arguments say that nothing leaves this machine.
    environ, contexts = github.event(tmp_path, "schedule", branch="main")
    environ |= machine(first_machine)
    baked, inputs = github.Run(), {"command": "bake", "args": "--set\n*.output=type=cacheonly\n--progress=plain"}
    github.run_action(inputs, repository.root, environ, contexts, tmp_path, baked)
    assert baked.code == 0, baked.said
    assert baked.outputs[""] == {"targets": "nightly"}
    assert "app-1" in baked.said and shelf.new()[0] == set()

    released = run("release", tag="v1.0")
    assert json.loads(released.outputs["images"]["built"]) == []
    tags, caches = shelf.new()
    assert tags == {"1-v1.0", "2-v1.0", "3-v1.0"}
    assert caches == set()


def run_shell(
    provider: str, case: str, repository: Repository, engine: PrivateEngine, home: Path, **more: str
) -> dict[str, str]:
    """Runs the file of `provider` with what was recorded of `case`; out: the statuses in the report."""
    secrets = {} if case.endswith("-fork") else {"REGISTRY_USERNAME": "robot", "REGISTRY_PASSWORD": "s3cret"}
    environ = {**machine(engine), **shells.recorded(case), **secrets, **more, "HOME": str(home)}
    script = shells.script_of(provider, printed(repository, provider), environ)
    done, noted = shells.run_script(provider, script, repository.root, environ, home)
    assert done.returncode == 0, done.stderr
    assert shells.INSTALLED in noted
    assert "s3cret" not in done.stdout + done.stderr + noted
    report = home / "pipeline/bakegen/bakegen-report.json"
    report = report if report.is_file() else repository.root / "bakegen-report.json"
    return {one["name"]: one["status"] for one in json.loads(report.read_text())["targets"]}


def test_a_pipeline_for_gitlab(
    repository: Repository, first_machine: PrivateEngine, registry: Registry, tmp_path: Path
) -> None:
    settings = repository.root / "bakegen.yaml"
    settings.write_text(settings.read_text().replace("default-branch: main", "default-branch: master"))
    shelf = Shelf(registry, repository)

    def run(case: str, **more: str) -> dict[str, str]:
        return run_shell("gitlab", case, repository, first_machine, tmp_path, **more)

    before = registry.snapshot()
    assert run("gitlab-merge-request-fork") == {"app-3": "built"}
    assert registry.snapshot() == before

    assert run("gitlab-merge-request") == {"app-3": "built"}
    tags, caches = shelf.new()
    assert tags == {"3-pr-7"}
    assert {tag.partition(".")[2] for tag in caches} == {"pr-7"}
    (line,) = (repository.root / "bakegen.env").read_text().splitlines()
    assert line.startswith("BAKEGEN_DIGEST_APP_3=sha256:")

    assert run("gitlab-push", CI_COMMIT_BRANCH="master") == {"app-2": "built", "app-3": "skipped"}
    tags, caches = shelf.new()
    assert tags == {"2", "3"}
    assert {tag.partition(".")[2] for tag in caches} == {"master"}

    assert set(run("gitlab-schedule")) == {"app-1", "app-2", "app-3"}
    assert shelf.new()[0] == {"1"}

    assert set(run("gitlab-tag").values()) == {"skipped"}
    tag = shells.recorded("gitlab-tag")["CI_COMMIT_TAG"]
    tags, caches = shelf.new()
    assert (tags, caches) == ({f"{version}-{tag}" for version in (1, 2, 3)}, set())


@pytest.mark.parametrize(
    ("case", "branch"),
    [
        ("jenkins-push", ""),
        ("circleci-push", "-feature-faster-cache"),
        ("buildkite-pull-request", "-pr-"),
        ("azure-push", "-feature-faster-cache"),
        ("bitbucket-push", "-feature-faster-cache"),
    ],
)
def test_a_file_for_the_others(
    case: str, branch: str, repository: Repository, first_machine: PrivateEngine, registry: Registry, tmp_path: Path
) -> None:
    provider = case.partition("-")[0]
    if provider == "jenkins":
        settings = repository.root / "bakegen.yaml"
        settings.write_text(settings.read_text().replace("default-branch: main", "default-branch: master"))
    shelf = Shelf(registry, repository)
    built = run_shell(provider, case, repository, first_machine, tmp_path)
    expected = {"app-2", "app-3"} if provider == "jenkins" else {"app-3"}
    assert built == dict.fromkeys(expected, "built")
    tags, caches = shelf.new()
    assert {tag.partition("-")[0] for tag in tags} == {name[-1] for name in expected}
    assert all(tag[1:].startswith(branch) for tag in tags)
    assert len(caches) == len(expected)
    noted = (tmp_path / "log").read_text()
    assert provider != "buildkite" or ("buildkite-agent annotate" in noted and "app-3" in noted)
    assert provider != "azure" or "app-3" in (tmp_path / "pipeline/bakegen/summary.md").read_text()
