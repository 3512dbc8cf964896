"""With `default-only` a merge writes the default branch's cache of what the pull request has built and not cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.test_build import build, digest_of, statuses
from tests.images import github

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

NAME = "merged-caches"
APP = """\
FROM base AS tools
RUN echo {word} >/tools
FROM base
COPY --from=tools /tools /
RUN cat /base /tools >/e
COPY app.txt /app.txt
RUN cat /app.txt >/built
"""


@pytest.fixture
def project(tmp_path: Path, registry: Registry, busybox_image: str) -> Path:
    folder = tmp_path / "project"
    (folder / "images" / "base").mkdir(parents=True)
    (folder / "images" / "app").mkdir()
    (folder / "bakegen.yaml").write_text(
        f"registry: {registry.host}/{NAME}\ndefault-branch: master\ncache: {{policy: default-only}}\n"
    )
    (folder / "images" / "base" / "image.yaml").write_text("")
    (folder / "images" / "base" / "Dockerfile").write_text(f"FROM {busybox_image}\nRUN echo base > /base\n")
    (folder / "images" / "app" / "image.yaml").write_text("stages: [tools]\n")
    (folder / "images" / "app" / "Dockerfile").write_text(APP.format(word="one"))
    (folder / "images" / "app" / "app.txt").write_text("app 1\n")
    return folder


def caches(registry: Registry) -> dict[str, str]:
    """The digest behind each cache."""
    return {
        f"{image}:{tag}": digest_of(registry, f"{registry.host}/{NAME}/{image}:{tag}")
        for image in ("base", "app")
        for tag in registry.tags(f"{NAME}/{image}")
        if tag.startswith("cache-")
    }


def test_a_merge_writes_the_cache_that_no_pull_request_may_write(
    project: Path, first_machine: PrivateEngine, registry: Registry
) -> None:
    master, latest = github(project.parent, "master"), f"{registry.host}/{NAME}/app:latest"
    assert build(project, first_machine, master)[0].returncode == 0
    before = caches(registry)
    assert set(before) == {"base:cache-base.master", "app:cache-app.master", "app:cache-app-stage-tools.master"}

    # A pull request builds and pushes an image, and writes no cache.
    (project / "images" / "app" / "Dockerfile").write_text(APP.format(word="two"))
    pull_request, built = build(project, first_machine, github(project.parent, "two", pull_request=1))
    assert pull_request.returncode == 0, pull_request.stderr
    assert statuses(built) == {"app": "built", "base": "skipped"}
    assert caches(registry) == before

    # Merged: its image is tagged, not pushed again, and built on another machine for its caches alone.
    plan = build(project, None, master, "--plan")[0]
    assert [line.split()[:2] for line in plan.stdout.splitlines()[1:]] == [["app", "skip"], ["base", "skip"]]
    assert "the default branch has it for the first time and writes its cache" in plan.stdout
    assert "0 to build, 2 there already, 1 of them built for its cache alone" in plan.stderr
    first_machine.make_fresh()
    merged, targets = build(project, first_machine, master, "--events", "events.jsonl")
    assert merged.returncode == 0, merged.stderr
    assert statuses(targets) == {"app": "skipped", "base": "skipped"}
    assert digest_of(registry, latest) == targets["app"]["digest"] == built["app"]["digest"]
    after = caches(registry)
    changed = {name for name, digest in after.items() if before[name] != digest}
    assert changed == {"app:cache-app.master", "app:cache-app-stage-tools.master"}
    assert {one["digest"] for one in targets["app"]["caches"]} == {after[name] for name in changed}
    assert targets["app"]["ready"] < min(one["ready"] for one in targets["app"]["caches"])

    # The next build of it writes nothing, and needs no engine.
    again, targets = build(project, None, master)
    assert again.returncode == 0, again.stderr
    assert "warning" not in again.stderr
    assert caches(registry) == after

    # The next pull request reads that cache.
    (project / "images" / "app" / "app.txt").write_text("app 2\n")
    first_machine.make_fresh()
    following, targets = build(project, first_machine, github(project.parent, "three", pull_request=2))
    assert following.returncode == 0, following.stderr
    steps = [step["cached"] for step in targets["app"]["steps"] if step["name"] != "FROM"]
    assert steps == [True, True, True, False, False]

    # Merged where there is no engine: it is tagged, and told that its cache is not there.
    merged, targets = build(project, None, master)
    assert merged.returncode == 0, merged.stderr
    assert digest_of(registry, latest) == targets["app"]["digest"]
    assert "warning: the cache of app, which another branch has built, was not written: " in merged.stderr
    assert caches(registry) == after
