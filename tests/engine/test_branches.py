"""Two engines and one registry stand for two CI machines: caches work across branches, and forks leave no trace."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.images import github, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.progress import BuildResult
    from tests.engine.harness.registry import Registry

DOCKERFILE = """\
FROM {base} AS tools
COPY tools.txt /tools.txt
RUN cat /tools.txt > /installed && echo tools >> /installed

FROM tools
COPY deps.txt /deps.txt
RUN cat /deps.txt > /dependencies
COPY main.txt /main.txt
RUN cat /main.txt /dependencies > /built
"""
IMAGE = """\
stages: [tools]
"""
PROJECT = """\
registry: {registry}/{name}
default-branch: master
cache: {{policy: {policy}}}
"""


def ci(engine: PrivateEngine, folder: Path, environ: Mapping[str, str]) -> BuildResult:
    """What a CI job does: render, the stages, then everything else; the second bake's steps."""
    render(folder, environ)
    engine.bake("stages", cwd=folder)
    return engine.bake(cwd=folder)


def instructions(steps: object) -> list[str]:
    return sorted(step.instruction for step in steps)  # type: ignore[attr-defined]


@pytest.fixture
def project(tmp_path: Path, registry: Registry, busybox_image: str, request: pytest.FixtureRequest) -> Path:
    name = request.node.name.replace("_", "-").replace("[", "-").replace("]", "")[:40].rstrip("-")
    folder = tmp_path / "project"
    image = folder / "images" / "app"
    image.mkdir(parents=True)
    (folder / "bakegen.yaml").write_text(PROJECT.format(registry=registry.host, name=name, policy="branch"))
    (image / "image.yaml").write_text(IMAGE)
    (image / "Dockerfile").write_text(DOCKERFILE.format(base=busybox_image))
    for file in ("tools", "deps", "main"):
        (image / f"{file}.txt").write_text(f"{file} 1\n")
    return folder


def change_main(folder: Path, text: str = "main 2\n") -> None:
    (folder / "images" / "app" / "main.txt").write_text(text)


def other_checkout(folder: Path, name: str) -> Path:
    """A second checkout of the same sources, without what was rendered for the first."""
    copy = folder.parent / name / "project"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("docker-bake.override.*"))
    return copy


def test_a_branch_builds_on_masters_caches_and_then_on_its_own(
    project: Path, registry: Registry, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    first_machine.make_fresh()
    cold = ci(first_machine, project, github(project.parent, "master"))
    assert len(cold.executed) + len(cold.cached) == 6
    committed = (project / "docker-bake.hcl").read_bytes()

    # (b) a new branch, a fresh machine, one line changed: only what comes behind that line runs.
    checkout = other_checkout(project, "branch")
    change_main(checkout)
    second_engine.make_fresh()
    first_build = ci(second_engine, checkout, github(checkout.parent, "feature/new-main"))
    assert instructions(first_build.executed) == ["COPY main.txt /main.txt", "RUN cat /main.txt /dependencies > /built"]
    assert len(first_build.cached) == 4
    assert (checkout / "docker-bake.hcl").read_bytes() == committed

    # (c) the branch again, on a fresh machine: everything comes from the branch's own cache.
    second_engine.make_fresh()
    second_build = ci(second_engine, checkout, github(checkout.parent, "feature/new-main"))
    assert instructions(second_build.executed) == []
    assert len(second_build.cached) == 6

    (repository,) = {name for name in registry.repositories() if name.endswith("/app") and "builds-on" in name}
    tags = registry.tags(repository)
    assert "latest" in tags
    assert any(tag.startswith("feature-new-main-") for tag in tags)
    assert any(tag.startswith("key-") for tag in tags)
    assert "cache-app.master" in tags
    assert "cache-app-stage-tools.master" in tags


def test_a_fork_reads_and_leaves_the_registry_byte_for_byte_as_it_was(
    project: Path, registry: Registry, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    first_machine.make_fresh()
    ci(first_machine, project, github(project.parent, "master"))
    before = registry.snapshot()

    checkout = other_checkout(project, "fork")
    change_main(checkout)
    second_engine.make_fresh()
    # The fork's branch is called master, which must not help it.
    build = ci(second_engine, checkout, github(checkout.parent, "master", pull_request=12, fork=True))
    assert instructions(build.executed) == ["COPY main.txt /main.txt", "RUN cat /main.txt /dependencies > /built"]
    assert registry.snapshot() == before


def test_without_bakegen_or_ci_a_bake_reads_masters_caches_and_writes_none(
    project: Path, registry: Registry, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    first_machine.make_fresh()
    ci(first_machine, project, github(project.parent, "master"))
    before = registry.snapshot()

    checkout = other_checkout(project, "laptop")
    assert not list(checkout.glob("docker-bake.override.*"))
    second_engine.make_fresh()
    build = second_engine.bake(cwd=checkout)
    assert instructions(build.executed) == []
    assert registry.snapshot() == before


def test_under_default_only_a_trusted_branch_writes_no_cache(
    project: Path, registry: Registry, first_machine: PrivateEngine
) -> None:
    settings = project / "bakegen.yaml"
    settings.write_text(settings.read_text().replace("policy: branch", "policy: default-only"))
    first_machine.make_fresh()
    ci(first_machine, project, github(project.parent, "master"))
    (repository,) = {name for name in registry.repositories() if name.endswith("/app") and "default-only" in name}
    caches = {tag for tag in registry.tags(repository) if tag.startswith("cache-")}
    assert caches == {"cache-app.master", "cache-app-stage-tools.master"}

    change_main(project)
    ci(first_machine, project, github(project.parent, "topic", pull_request=7))
    tags = registry.tags(repository)
    assert {tag for tag in tags if tag.startswith("cache-")} == caches
    assert "pr-7" in tags


def test_a_stage_is_kept_when_a_later_step_fails(
    project: Path, registry: Registry, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    dockerfile = project / "images" / "app" / "Dockerfile"
    good = dockerfile.read_text()
    dockerfile.write_text(good.replace("RUN cat /deps.txt > /dependencies", "RUN false"))
    environ = github(project.parent, "master")
    first_machine.make_fresh()
    render(project, environ)
    first_machine.bake("stages", cwd=project)
    assert first_machine.bake(cwd=project, check=False).failed

    dockerfile.write_text(good)
    second_engine.make_fresh()
    build = ci(second_engine, project, environ)
    assert instructions(build.matching("tools")) != []
    assert not [step for step in build.executed if "tools" in step.instruction]


MATRIX = """\
matrix: {{axes: {{version: [{versions}]}}}}
ignore: ["*.mod", "!v{{{{ version }}}}.mod", image.yaml, Dockerfile]
args: {{VERSION: "{{{{ version }}}}"}}
"""
MATRIX_DOCKERFILE = """\
FROM {base}
COPY . /src
ARG VERSION
RUN cat /src/v$VERSION.mod > /peer
"""


def test_one_more_version_builds_that_one_only(
    tmp_path: Path, registry: Registry, busybox_image: str, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    folder = tmp_path / "project"
    image = folder / "images" / "peer"
    image.mkdir(parents=True)
    (folder / "bakegen.yaml").write_text(PROJECT.format(registry=registry.host, name="matrix", policy="default-only"))
    (image / "Dockerfile").write_text(MATRIX_DOCKERFILE.format(base=busybox_image))
    (image / "main.txt").write_text("main\n")

    def versions(*names: str) -> None:
        for name in names:
            (image / f"v{name}.mod").write_text(f"version {name}\n")
        (image / "image.yaml").write_text(MATRIX.format(versions=", ".join(f'"{name}"' for name in names)))

    versions("0.20", "0.21", "0.22")
    environ = github(tmp_path, "master")
    render(folder, environ)
    first_machine.make_fresh()
    first_machine.bake(cwd=folder)
    keys_before = set(registry.tags("matrix/peer"))

    versions("0.20", "0.21", "0.22", "0.23")
    render(folder, environ)
    second_engine.make_fresh()
    build = second_engine.bake(cwd=folder)
    # COPY and RUN of the new version; everything of the other three is there already.
    assert [step.label[0] for step in build.executed] == ["peer-0-23", "peer-0-23"]
    assert len(build.cached) == 6
    new = set(registry.tags("matrix/peer")) - keys_before
    assert {tag for tag in new if not tag.startswith("key-")} == {"0-23", "cache-peer-0-23.master"}
    assert len([tag for tag in new if tag.startswith("key-")]) == 1
