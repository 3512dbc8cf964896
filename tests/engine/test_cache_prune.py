"""`bakegen cache` on a registry with caches of real builds: every byte accounted for, and no build that is hurt."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.cache_command import cache, told
from tests.engine.harness.packages import engine_prefix
from tests.engine.harness.proxy import busy, misbehaving
from tests.engine.harness.registry import Registry
from tests.engine.harness.tokens import guarded, log_in
from tests.engine.test_build import build, statuses
from tests.images import github
from tests.unit.workspace.repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine

_DOCKERFILE = """\
FROM {base} AS tools
RUN head -c 300000 /dev/urandom > /tools
FROM {base}
COPY --from=tools /tools /tools
COPY app.txt /
RUN cat app.txt > /built && sleep "$(cat app.txt | wc -l)"
"""


@pytest.fixture(scope="module")
def project(
    own_registry: Registry, first_machine: PrivateEngine, busybox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Built on master and on feature/one, which is gone: the branches are those of its repository."""
    folder = tmp_path_factory.mktemp("pruned") / "project"
    repository = Repository(folder).init("-b", "master")
    repository.write(".gitignore", "bakegen-report.json\ndocker-bake*\nevents.jsonl\n.docker\n.buildx\n")
    repository.write("bakegen.yaml", f"registry: {own_registry.host}/team\ndefault-branch: master\n")
    repository.write("images/app/image.yaml", "")
    repository.write("images/app/Dockerfile", _DOCKERFILE.format(base=busybox_image))
    for branch in ("feature/one", "master"):
        repository.write("images/app/app.txt", branch)
        done, targets = build(folder, first_machine, github(folder.parent, branch))
        assert done.returncode == 0, done.stderr
        assert statuses(targets) == {"app": "built"}
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "one")
    return folder


def tags(told: dict[str, Any], what: str = "selected") -> set[str]:
    return {one["tag"] for one in told["references"] if one[what]}


def stored(registry: Registry) -> int:
    """The bytes of all blobs on disk, manifests among them."""
    folder = registry.storage / "docker" / "registry" / "v2" / "blobs"
    return sum(path.stat().st_size for path in folder.rglob("data"))


def collect_garbage(registry: Registry) -> None:
    command = [
        engine_prefix().program("docker-registry"),
        "garbage-collect",
        str(registry.storage.parent / "registry.yml"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_what_is_listed_is_what_is_on_disk(project: Path, own_registry: Registry) -> None:
    before = own_registry.snapshot()
    listed = told(project, "list")
    assert listed["bytes"] == stored(own_registry)
    branches = {one["tag"]: (one["kind"], one["branch"], one["state"]) for one in listed["references"]}
    gone = next(tag for tag in branches if tag.startswith("cache-app.feature-one-"))
    assert branches[gone] == ("cache", gone.removeprefix("cache-app."), "gone")
    assert branches["cache-app.master"] == ("cache", "master", "")
    assert branches["latest"] == ("image", "master", "")
    assert sum(kind == "key" for kind, _, _ in branches.values()) == 2
    assert all(one["age"] is not None and one["bytes"] > 300_000 for one in listed["references"])
    # Nothing goes by itself: it is younger than the grace, and without --yes it is only shown.
    assert not tags(told(project, "prune", "--yes"))
    assert tags(told(project, "prune", "--grace", "0m")) == {gone}
    assert own_registry.snapshot() == before


def test_a_registry_that_allows_no_deletion(project: Path, own_registry: Registry, tmp_path: Path) -> None:
    before = own_registry.snapshot()
    closed = Registry.start(tmp_path, engine_prefix(), storage=own_registry.storage, deletion=False)
    try:
        here = ("--registry", f"{closed.host}/team", "--grace", "0m", "--yes")
        assert "the registry does not allow deletion" in cache(project, "prune", *here, status=3).stderr
    finally:
        closed.stop()
    assert own_registry.snapshot() == before


def test_pruning_beside_a_build_does_not_break_it(
    project: Path, first_machine: PrivateEngine, own_registry: Registry
) -> None:
    """Of a branch that was deleted in the middle of its build: the cache that is read goes, and comes again."""
    (project / "images" / "app" / "app.txt").write_text("one\n" * 8)
    before = own_registry.tags("team/app")
    first_machine.make_fresh()
    with ThreadPoolExecutor(1) as pool:
        environ = github(project.parent, "feature/one")
        running = pool.submit(build, project, first_machine, environ, "--events", "events.jsonl")
        wait_for(project / "events.jsonl", '"step')
        pruned = told(project, "prune", "--grace", "0m", "--yes")
        beside = not running.done()
        done, targets = running.result(timeout=200)
    assert done.returncode == 0, done.stderr
    assert beside
    assert statuses(targets) == {"app": "built"}
    (gone,) = tags(pruned, "removed")
    assert gone in before
    assert pruned["freed"] > 0
    # What the build has read was whole, and what it has written is there.
    assert any(step["cached"] for step in targets["app"]["steps"])
    assert set(own_registry.tags("team/app")) > set(before)


def test_after_the_garbage_collection_the_cache_that_stays_is_whole(
    project: Path, first_machine: PrivateEngine, own_registry: Registry
) -> None:
    before = stored(own_registry)
    kinds = ("--kind", "cache", "--kind", "image", "--kind", "key", "--older-than", "0m")
    (project / "images" / "app" / "app.txt").write_text("master")
    pruned = told(project, "prune", "--grace", "0m", *kinds, "--yes")
    assert {tag.partition("-")[0] for tag in tags(pruned, "removed")} == {"cache", "feature", "key"}
    left = set(own_registry.tags("team/app"))
    assert {"cache-app.master", "latest"} < left
    assert len(left) == 3  # and the key of what master has
    collect_garbage(own_registry)
    assert told(project, "list")["bytes"] == stored(own_registry)
    assert before - stored(own_registry) >= pruned["freed"] > 0
    # A new machine finds all of the default branch's cache.
    first_machine.make_fresh()
    done, targets = build(project, first_machine, github(project.parent, "master"), "--force")
    assert done.returncode == 0, done.stderr
    assert all(step["cached"] for step in targets["app"]["steps"]), targets["app"]["steps"]


def test_a_registry_that_is_busy_and_wants_tokens(project: Path, own_registry: Registry) -> None:
    """Deleting needs a right of its own, and the first deletion meets a 503."""
    kept = own_registry.manifest("team/app", "cache-app.master")
    assert kept is not None
    changed = json.dumps({**kept.body, "annotations": {"other": "digest"}})
    with contextlib.closing(http.client.HTTPConnection(own_registry.host, timeout=30)) as connection:
        connection.request("PUT", "/v2/team/app/manifests/cache-app.gone", changed, {"Content-Type": kept.media_type})
        assert connection.getresponse().status == 201
    with misbehaving(own_registry) as proxy, guarded(proxy) as tokens:
        proxy.on("DELETE", "/manifests/", busy(503), times=1)
        here = ("--registry", f"{proxy.host}/team", "--grace", "0m", "--yes")
        assert "nobody is logged in" in cache(project, "prune", *here, status=3).stderr
        (project / ".docker").mkdir(exist_ok=True)
        log_in(project / ".docker" / "config.json", proxy.host)
        assert tags(told(project, "prune", *here), "removed") == {"cache-app.gone"}
        assert ("repository:team/app:delete",) in {token.scopes for token in tokens.tokens.values()}
    assert own_registry.manifest("team/app", "cache-app.master") == kept


def wait_for(path: Path, text: str) -> None:
    """Until a file has that text."""
    end = time.monotonic() + 120
    while not path.is_file() or text not in path.read_text():
        assert time.monotonic() < end, f"{text} did not come"
        time.sleep(0.1)
