"""Content keys in a real registry behind a proxy that misbehaves: busy, cut off, lying, silent."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bakegen.building.decide import Present
from bakegen.workspace.key_images import Looked, Tagged, look_up, retag
from tests.engine.harness.proxy import misbehaving
from tests.engine.pushing import ARM, ARM_CONFIG, Pusher, digest_of
from tests.unit.workspace.fake_registry import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.harness.proxy import Proxy
    from tests.engine.harness.registry import Registry

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}


@pytest.fixture
def pusher(registry: Registry) -> Iterator[Pusher]:
    with contextlib.closing(http.client.HTTPConnection(registry.host, timeout=30)) as connection:
        yield Pusher(connection)


@contextlib.contextmanager
def between(registry: Registry, tamper: Callable[[Request, Callable[[], Reply]], Reply]) -> Iterator[Proxy]:
    """A proxy in front of `registry`; `tamper` gets each request and what asks the registry."""

    with misbehaving(registry) as proxy:
        proxy.on("", "", lambda exchange: exchange.answer(tamper(exchange.request, exchange.ask)))
        yield proxy


@pytest.fixture
def image(pusher: Pusher, registry: Registry, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A repository of the test's own with the tag `key-1`, and the digest of that."""
    name = "keys/" + request.node.originalname.replace("_", "-").removeprefix("test-")[:60].rstrip("-")
    pusher.push(name, "key-1", config=ARM_CONFIG)
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
    pusher.push("keys/allowance", *tags, config=ARM_CONFIG)
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
    pusher.push("keys/gone", *(f"key-{n}" for n in range(30)), config=ARM_CONFIG)

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
