"""Content keys in a real registry: looked up, tagged and built upon."""

from __future__ import annotations

import contextlib
import http.client
import time
from typing import TYPE_CHECKING

import pytest

from bakegen.bake.compose import main_file
from bakegen.bake.jsonfile import write_json
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.building.decide import Present, decide, key_references, selection_file
from bakegen.building.model import Action
from bakegen.workspace.key_images import Looked, Tagged, look_up, retag
from tests.engine.pushing import ARM, ARM_CONFIG, Pusher, digest_of
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
MANY = 300


@pytest.fixture
def pusher(registry: Registry) -> Iterator[Pusher]:
    with contextlib.closing(http.client.HTTPConnection(registry.host, timeout=30)) as connection:
        yield Pusher(connection)


def blobs(registry: Registry) -> set[str]:
    return {path for path in registry.snapshot() if "/blobs/" in path and path.endswith("/data")}


# With an engine


def test_an_image_that_bake_pushed_is_found_tagged_and_pulled(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    repository = f"{registry.host}/keys/pushed"
    key, topic = f"{repository}:key-1", f"{repository}:topic"
    tmp_path.joinpath("Dockerfile").write_text(f"FROM {busybox_image}\nRUN echo keys >/keys\n")
    target = BakeTarget("app", {"context": ".", "tags": (key,), "output": ({"type": "registry"},)})
    tmp_path.joinpath("docker-bake.json").write_text(write_json(BakeFile(targets=(target,)), "0.20"))
    engine.bake("app", cwd=tmp_path)
    architecture = engine.run(["version", "--format", "{{.Server.Arch}}"]).stdout.strip()
    digest = digest_of(registry, "keys/pushed", "key-1")

    found = look_up([key, f"{repository}:key-2"], environ=NO_LOGIN)
    assert found == Looked({key: Present(digest, (f"linux/{architecture}",))}, {})

    before = blobs(registry)
    assert retag({f"{key}@{digest}": [topic]}, environ=NO_LOGIN) == {topic: Tagged(topic, digest, written=True)}
    assert blobs(registry) == before
    assert digest_of(registry, "keys/pushed", "topic") == digest
    pulled = engine.run(["pull", topic]).stdout
    assert f"Digest: {digest}" in pulled

    stored = registry.snapshot()
    assert retag({f"{key}@{digest}": [topic]}, environ=NO_LOGIN) == {topic: Tagged(topic, digest)}
    assert registry.snapshot() == stored


def test_a_child_is_built_on_the_image_of_its_skipped_parent(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    files = {
        "bakegen.yaml": f"registry: {registry.host}/chosen\n",
        "images/base/image.yaml": "",
        "images/base/Dockerfile": f"FROM {busybox_image}\nRUN echo base >/base\n",
        "images/app/image.yaml": "stages: [tools]\n",
        "images/app/Dockerfile": "FROM base AS tools\nRUN cat /base >/tools\nFROM base\nCOPY --from=tools /tools /\n",
    }
    plan = plan_of(files)
    for path, text in files.items():
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_text(text)
    for file in (file for target in plan.targets.values() for file in target.recipe.files):
        tmp_path.joinpath(file.path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(file.path).write_text(file.text)
    tmp_path.joinpath("docker-bake.json").write_text(write_json(main_file(plan, "master", ()), "0.20"))
    keys = {"base": "b1", "app": "a1"}
    wanted = key_references(plan, ["app"], keys)
    engine.bake("base", "--set", f"base.tags={wanted['base']}", "--set", "base.output=type=registry", cwd=tmp_path)

    looked = look_up(wanted.values(), environ=NO_LOGIN)
    decisions = decide(plan, ["app"], keys, looked.present, {}, force=False, references=lambda target: target.tags)
    assert {name: one.action for name, one in decisions.items()} == {"app": Action.BUILD, "base": Action.SKIP}
    tmp_path.joinpath("chosen.json").write_text(write_json(selection_file(decisions, plan), "0.20"))
    twin = BakeTarget("app-twin", {"inherits": ("app",), "tags": (), "output": ({"type": "cacheonly"},)})
    tmp_path.joinpath("twin.json").write_text(write_json(BakeFile(targets=(twin,)), "0.20"))
    over = ("-f", "docker-bake.json", "-f", "twin.json", "-f", "chosen.json")
    selected = (*over, "app", "app-stage-tools", "app-twin")
    printed = engine.bake_print(*selected, cwd=tmp_path)["target"]
    image = f"docker-image://{registry.host}/chosen/base@{looked.present[wanted['base']].digest}"
    assert {name: target["contexts"] for name, target in printed.items()} == {
        "app": {"base": image},
        "app-stage-tools": {"base": image},
        "app-twin": {"base": image},
    }
    result = engine.bake(*selected, cwd=tmp_path)
    assert not any("echo base" in step.instruction for step in (*result.executed, *result.cached))


# Without one


def test_many_are_looked_up_and_tagged_in_seconds(registry: Registry, pusher: Pusher) -> None:
    names = [f"keys/many-{n}" for n in range(10)]
    for name in names:
        pusher.push(name, *(f"key-{n}" for n in range(MANY // len(names))), config=ARM_CONFIG)
    references = [f"{registry.host}/{name}:key-{n}" for name in names for n in range(MANY // len(names))]
    absent = [f"{reference}-x" for reference in references]
    start = time.monotonic()
    looked = look_up([*references, *absent], environ=NO_LOGIN)
    middle = time.monotonic()
    assert looked.unknown == {}
    assert {one: found.platforms for one, found in looked.present.items()} == dict.fromkeys(references, ARM)
    wanted = {f"{one}@{found.digest}": [one.replace("key-", "topic-")] for one, found in looked.present.items()}
    tagged = retag(wanted, manifests=looked.manifests, environ=NO_LOGIN)
    end = time.monotonic()
    again = retag(wanted, environ=NO_LOGIN)
    last = time.monotonic()
    print(f"{MANY} found, {MANY} not: {middle - start:.2f} s; tagged: {end - middle:.2f} s; again: {last - end:.2f} s")
    assert len(tagged) == MANY
    assert all(one.written and not one.failure for one in tagged.values())
    assert not any(one.written or one.failure for one in again.values())
    assert last - start < 30
