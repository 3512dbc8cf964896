"""`bakegen build` from end to end, on an engine and a registry: what changed is built, what is there is tagged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.images import github, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

FILES = {
    "images/base/image.yaml": "",
    "images/base/Dockerfile": "FROM {base}\nRUN echo base > /base\n",
    "images/app/image.yaml": "",
    "images/app/Dockerfile": "FROM base\nRUN cat /base >/e\nCOPY app.txt /app.txt\nRUN cat /base /app.txt >/built\n",
    "images/app/app.txt": "app 1\n",
    "images/tool/image.yaml": "",
    "images/tool/Dockerfile": "FROM {base}\nCOPY tool.txt /\n",
    "images/tool/tool.txt": "tool 1\n",
}


@pytest.fixture
def project(tmp_path: Path, registry: Registry, busybox_image: str, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "project"
    name = request.node.name.replace("_", "-")[:40].rstrip("-")
    (folder / "images").mkdir(parents=True)
    (folder / "bakegen.yaml").write_text(f"registry: {registry.host}/{name}\ndefault-branch: master\n")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text.format(base=busybox_image))
    return folder


def build(
    folder: Path, engine: PrivateEngine | None, environ: Mapping[str, str], *arguments: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Runs the command as a CI does; out: the process, and the targets of the report by name."""
    nowhere = {"PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    known = engine.env if engine is not None else nowhere
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "build", "--progress", "plain", *arguments],
        cwd=folder, env={**known, **environ}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    report = folder / "bakegen-report.json"
    targets = json.loads(report.read_text())["targets"] if report.is_file() else []
    return done, {one["name"]: one for one in targets}


def statuses(targets: Mapping[str, Any]) -> dict[str, str]:
    return {name: one["status"] for name, one in targets.items()}


def test_only_what_changed_is_built(project: Path, first_machine: PrivateEngine, registry: Registry) -> None:
    master = github(project.parent, "master")
    done, targets = build(project, first_machine, master)
    assert done.returncode == 0, done.stderr
    assert statuses(targets) == {"app": "built", "base": "built", "tool": "built"}
    assert all(digest_of(registry, name) == one["digest"] for one in targets.values() for name in one["references"])

    # Nothing changed: no engine is needed, and there is none.
    again, targets = build(project, None, master)
    assert again.returncode == 0, again.stderr
    assert statuses(targets) == {"app": "skipped", "base": "skipped", "tool": "skipped"}

    # One file: its target alone is built, on the parent that is in the registry.
    (project / "images" / "app" / "app.txt").write_text("app 2\n")
    branch = github(project.parent, "feature/one")
    plan = build(project, None, branch, "--plan")[0]
    assert [line.split()[:2] for line in plan.stdout.splitlines()[1:]] == [
        ["app", "build"], ["base", "skip"], ["tool", "skip"],
    ]  # fmt: skip
    # Its steps are in the cache on a machine that knows nothing: they were built on the parent that was pushed, too.
    first_machine.make_fresh()
    changed, targets = build(project, first_machine, branch, "--events", "events.jsonl")
    assert changed.returncode == 0, changed.stderr
    assert [step["cached"] for step in targets["app"]["steps"] if step["name"] != "FROM"] == [True, False, False]
    assert statuses(targets) == {"app": "built", "base": "skipped", "tool": "skipped"}
    events = [json.loads(line) for line in (project / "events.jsonl").read_text().splitlines()]
    assert {one["target"] for one in events if one["event"] == "ready"} == {"app", "base", "tool"}
    # What was not built has this branch's tag, too.
    assert all("feature-one" in targets[name]["references"][0] for name in targets)
    assert all(digest_of(registry, name) == one["digest"] for one in targets.values() for name in one["references"])


def test_the_default_branch_has_the_cache_to_what_a_branch_built(
    project: Path, first_machine: PrivateEngine, registry: Registry
) -> None:
    assert build(project, first_machine, github(project.parent, "master"))[0].returncode == 0
    (project / "images" / "app" / "Dockerfile").write_text("FROM base\nRUN echo new >/new\nCOPY app.txt /\n")
    assert build(project, first_machine, github(project.parent, "feature/new"), "app")[0].returncode == 0
    # Merged: nothing is built for it, and the next branch finds the new step in the default branch's cache.
    merged, targets = build(project, None, github(project.parent, "master"))
    assert merged.returncode == 0, merged.stderr
    assert set(statuses(targets).values()) == {"skipped"}
    (project / "images" / "app" / "app.txt").write_text("app 2\n")
    first_machine.make_fresh()
    after, targets = build(project, first_machine, github(project.parent, "other"), "app")
    assert after.returncode == 0, after.stderr
    assert [step["cached"] for step in targets["app"]["steps"] if step["name"] != "FROM"] == [True, False]


def test_a_target_that_fails_takes_no_other_with_it(project: Path, first_machine: PrivateEngine) -> None:
    dockerfile = project / "images" / "base" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN exit 7\n")
    done, targets = build(project, first_machine, github(project.parent, "master"))
    assert done.returncode == 1, done.stderr
    assert statuses(targets) == {"app": "not built", "base": "failed", "tool": "built"}
    assert "7" in targets["base"]["error"]


def test_on_ready_is_told_of_each_image(project: Path, first_machine: PrivateEngine) -> None:
    command = 'echo "$BAKEGEN_TARGET $BAKEGEN_STATUS $BAKEGEN_DIGEST" >> ready.txt'
    done, targets = build(project, first_machine, github(project.parent, "master"), "--on-ready", command)
    assert done.returncode == 0, done.stderr
    lines = sorted((project / "ready.txt").read_text().splitlines())
    assert lines == [f"{name} built {one['digest']}" for name, one in sorted(targets.items())]


def test_stages_come_first_and_the_bake_file_stays(
    project: Path, first_machine: PrivateEngine, registry: Registry
) -> None:
    master = github(project.parent, "master")
    image = project / "images" / "app"
    (image / "image.yaml").write_text("stages: [tools]\n")
    text = FILES["images/base/Dockerfile"].format(base="base").replace("FROM base", "FROM base AS tools")
    (image / "Dockerfile").write_text(f"{text}FROM tools\nCOPY app.txt /\nRUN test -f /missing\n")
    render(project)
    committed = (project / "docker-bake.hcl").read_bytes()
    done, targets = build(project, first_machine, master, "app")
    assert done.returncode == 1, done.stderr
    assert statuses(targets) == {"app": "failed", "base": "built"}
    # What the stage did is kept, although the image failed.
    assert any(
        tag.startswith("cache-") and "tools" in tag for tag in registry.tags(_repository(registry, project, "app"))
    )
    assert (project / "docker-bake.hcl").read_bytes() == committed
    assert [step["cached"] for step in targets["app"]["steps"]][:1] == [False]
    (image / "Dockerfile").write_text(f"{text}RUN echo no such option; exit 3\nFROM tools\nCOPY app.txt /\n")
    done, targets = build(project, first_machine, master, "app")
    assert statuses(targets)["app"] == "failed"
    assert "3" in targets["app"]["error"]
    # What the step of the stage printed is told, as that of any step.
    assert "app: failed at RUN echo no such option; exit 3" in done.stderr
    assert "| no such option" in done.stderr


def test_a_fork_skips_what_is_there_and_writes_nothing(
    project: Path, first_machine: PrivateEngine, registry: Registry
) -> None:
    assert build(project, first_machine, github(project.parent, "master"))[0].returncode == 0
    before = registry.snapshot()
    fork = github(project.parent, "master", pull_request=7, fork=True)
    done, targets = build(project, None, fork)
    assert done.returncode == 0, done.stderr
    assert set(statuses(targets).values()) == {"skipped"}
    (project / "images" / "tool" / "tool.txt").write_text("tool 2\n")
    done, targets = build(project, first_machine, fork)
    assert done.returncode == 0, done.stderr
    assert statuses(targets) == {"app": "skipped", "base": "skipped", "tool": "built"}
    assert registry.snapshot() == before


def digest_of(registry: Registry, reference: str) -> str:
    """What a reference names in the registry, "" where it names nothing."""
    repository, _, tag = reference.removeprefix(f"{registry.host}/").rpartition(":")
    found = registry.manifest(repository, tag)
    return found.digest if found is not None else ""


def _repository(registry: Registry, project: Path, image: str) -> str:
    prefix = (project / "bakegen.yaml").read_text().splitlines()[0].removeprefix(f"registry: {registry.host}/")
    return f"{prefix}/{image}"
