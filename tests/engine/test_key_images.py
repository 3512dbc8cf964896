"""Content keys in a real registry: looked up, tagged and built upon, with trouble on the way to it."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bakegen.bake.compose import main_file
from bakegen.bake.jsonfile import write_json
from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.building.decide import Present, decide, key_references, selection_file
from bakegen.building.model import Action
from bakegen.workspace.key_images import Looked, Tagged, look_up, retag
from tests.engine.pushing import Pusher
from tests.unit.projects import plan_of
from tests.unit.workspace.fake_registry import FakeRegistry, Reply, Request, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}
CONFIG = b'{"os": "linux", "architecture": "arm64", "variant": "v8"}'
ARM = ("linux/arm64",)
MANY = 300


@pytest.fixture
def pusher(registry: Registry) -> Iterator[Pusher]:
    with contextlib.closing(http.client.HTTPConnection(registry.host, timeout=30)) as connection:
        yield Pusher(connection)


def digest_of(registry: Registry, repository: str, tag: str) -> str:
    manifest = registry.manifest(repository, tag)
    return "" if manifest is None else manifest.digest


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
        pusher.push(name, *(f"key-{n}" for n in range(MANY // len(names))), config=CONFIG)
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


@contextlib.contextmanager
def between(registry: Registry, tamper: Callable[[Request, Callable[[], Reply]], Reply]) -> Iterator[FakeRegistry]:
    """A proxy in front of `registry`; `tamper` gets each request and what asks the registry."""

    def script(request: Request) -> Reply:
        return tamper(request, lambda: _passed(registry, request))

    with serving(script) as proxy:
        yield proxy


def _passed(registry: Registry, request: Request) -> Reply:
    headers = {name: value for name, value in request.headers.items() if name in ("accept", "content-type")}
    with contextlib.closing(http.client.HTTPConnection(registry.host, timeout=30)) as connection:
        connection.request(request.method, request.path, request.body or None, headers)
        response = connection.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in ("connection", "date")}
        return Reply(response.status, kept, response.read())


@pytest.fixture
def image(pusher: Pusher, registry: Registry, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A repository of the test's own with the tag `key-1`, and the digest of that."""
    name = "keys/" + request.node.originalname.replace("_", "-").removeprefix("test-")[:60].rstrip("-")
    pusher.push(name, "key-1", config=CONFIG)
    return name, digest_of(registry, name, "key-1")


def test_a_registry_that_wants_to_be_asked_later_is(registry: Registry, image: tuple[str, str]) -> None:
    name, digest = image
    refused: list[float] = []

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        if request.method == "PUT" and len(refused) < 2:
            refused.append(request.at)
            return Reply(429, {"Retry-After": "1"})
        return ask()

    with between(registry, tamper) as proxy:
        topic = f"{proxy.host}/{name}:topic"
        done = retag({f"{proxy.host}/{name}@{digest}": [topic]}, environ=NO_LOGIN)
        puts = [request.at for request in proxy.asked("PUT")]
    assert done[topic] == Tagged(topic, digest, written=True)
    assert len(puts) == 3
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(puts))


def test_an_allowance_that_all_workers_share_fails_none(registry: Registry, pusher: Pusher) -> None:
    tags = [f"key-{n}" for n in range(40)]
    pusher.push("keys/allowance", *tags, config=CONFIG)
    lock = threading.Lock()
    left = {"at": time.monotonic(), "count": 30.0}

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        with lock:
            if time.monotonic() - left["at"] >= 1:
                left.update(at=time.monotonic(), count=30)
            left["count"] -= 1
            if left["count"] < 0:
                return Reply(429, {"Retry-After": "1"})
        return ask()

    with between(registry, tamper) as proxy:
        looked = look_up([f"{proxy.host}/keys/allowance:{tag}" for tag in tags], environ=NO_LOGIN)
    assert looked.unknown == {}
    assert len(looked.present) == len(tags)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(raw=b""), Reply(raw=b"HTTP/1.1 201 x\r\nContent-Le")])
def test_a_write_that_breaks_once_is_tried_again(
    registry: Registry, image: tuple[str, str], reply: Reply, after: bool
) -> None:
    name, digest = image
    left = [reply]

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        if request.method != "PUT" or not left:
            return ask()
        if after:
            ask()
        return left.pop()

    with between(registry, tamper) as proxy:
        topic = f"{proxy.host}/{name}:topic-{id(reply)}-{after}"
        done = retag({f"{proxy.host}/{name}@{digest}": [topic]}, environ=NO_LOGIN)
    assert done[topic] == Tagged(topic, digest, written=True)
    assert digest_of(registry, name, topic.rpartition(":")[2]) == digest


@pytest.mark.parametrize("page", ["/manifests/", "/blobs/"])
def test_an_answer_that_breaks_off_is_asked_for_again(registry: Registry, image: tuple[str, str], page: str) -> None:
    name, digest = image
    cut = 0

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        nonlocal cut
        reply = ask()
        if request.method != "GET" or page not in request.path or cut == 2:
            return reply
        cut += 1
        return Reply(reply.status, reply.headers, reply.body[:-5], hang_up=True)

    with between(registry, tamper) as proxy:
        key = f"{proxy.host}/{name}:key-1"
        assert look_up([key], environ=NO_LOGIN) == Looked({key: Present(digest, ARM)}, {})
    assert cut == 2


def test_a_write_that_never_works_fails_alone(registry: Registry, image: tuple[str, str]) -> None:
    name, digest = image

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        return Reply(500) if request.method == "PUT" and request.path.endswith("/bad") else ask()

    with between(registry, tamper) as proxy:
        good, bad = f"{proxy.host}/{name}:good", f"{proxy.host}/{name}:bad"
        done = retag({f"{proxy.host}/{name}@{digest}": [bad, good]}, environ=NO_LOGIN)
    assert done == {
        bad: Tagged(bad, digest, "it answers with status 500"),
        good: Tagged(good, digest, written=True),
    }
    assert registry.tags(name) == ("good", "key-1")


def test_a_write_whose_answers_are_all_lost_is_confirmed_by_asking(registry: Registry, image: tuple[str, str]) -> None:
    name, digest = image

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        reply = ask()
        return Reply(raw=b"") if request.method == "PUT" else reply

    with between(registry, tamper) as proxy:
        topic = f"{proxy.host}/{name}:topic"
        done = retag({f"{proxy.host}/{name}@{digest}": [topic]}, environ=NO_LOGIN)
    assert done[topic] == Tagged(topic, digest, written=True)


def test_bytes_with_another_digest_are_neither_believed_nor_written(registry: Registry, image: tuple[str, str]) -> None:
    name, digest = image

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        reply = ask()
        if request.method != "GET" or "/manifests/" not in request.path:
            return reply
        other = json.dumps({**json.loads(reply.body), "annotations": {"a": "b"}}).encode()
        return Reply(reply.status, {**reply.headers, "Content-Length": str(len(other))}, other)

    with between(registry, tamper) as proxy:
        key, topic = f"{proxy.host}/{name}:key-1", f"{proxy.host}/{name}:topic"
        assert look_up([key], environ=NO_LOGIN) == Looked({}, {key: "what it gives has another digest than it says"})
        done = retag({f"{key}@{digest}": [topic]}, environ=NO_LOGIN)
        assert proxy.asked("PUT") == []
    assert done[topic] == Tagged(topic, digest, f"what it gives for {digest} has another digest")


def test_a_registry_that_confirms_another_digest_is_a_failure(registry: Registry, image: tuple[str, str]) -> None:
    name, digest = image

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        reply = ask()
        changed = {**reply.headers, "Docker-Content-Digest": "sha256:" + "0" * 64}
        return Reply(reply.status, changed, reply.body) if request.method == "PUT" else reply

    with between(registry, tamper) as proxy:
        topic = f"{proxy.host}/{name}:topic"
        done = retag({f"{proxy.host}/{name}@{digest}": [topic]}, environ=NO_LOGIN)
    assert done[topic].failure == "it says that the tag names another digest now"


def test_a_list_of_tags_that_names_what_is_gone_is_not_believed(registry: Registry, pusher: Pusher) -> None:
    pusher.push("keys/gone", *(f"key-{n}" for n in range(30)), config=CONFIG)

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        return Reply(404) if request.path.endswith("/manifests/key-3") else ask()

    with between(registry, tamper) as proxy:
        references = [f"{proxy.host}/keys/gone:key-{n}" for n in range(30)]
        looked = look_up(references, environ=NO_LOGIN)
    assert looked.unknown == {}
    assert references[3] not in looked.present
    assert len(looked.present) == 29


def test_a_registry_that_stalls_takes_no_longer_than_the_deadline(registry: Registry, image: tuple[str, str]) -> None:
    name, digest = image

    def tamper(request: Request, ask: Callable[[], Reply]) -> Reply:
        return Reply(delay=30) if request.method in ("GET", "PUT") else ask()

    with between(registry, tamper) as proxy:
        key, topic = f"{proxy.host}/{name}:key-1", f"{proxy.host}/{name}:topic"
        start = time.monotonic()
        looked = look_up([key], environ=NO_LOGIN, timeout=0.5, deadline=1)
        done = retag({f"{key}@{digest}": [topic]}, environ=NO_LOGIN, timeout=0.5, deadline=1)
        assert time.monotonic() - start < 4
    assert list(looked.unknown) == [key]
    assert done[topic].failure in ("no answer in time", "no time was left")
