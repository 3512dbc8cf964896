"""Whole builds on a real registry behind a proxy that misbehaves: nothing is lost, nothing half-tagged."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.harness.proxy import (
    broken_off,
    busy,
    changed,
    cut_at,
    late,
    lost,
    misbehaving,
    slow,
)
from tests.engine.harness.tokens import PASSWORD, guarded, log_in
from tests.engine.test_build import build, statuses
from tests.images import github
from tests.unit.workspace.fake_registry import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.proxy import Exchange, Proxy
    from tests.engine.harness.registry import Registry

NAMES = ("one", "two", "three", "four")


@dataclass
class World:
    """A project whose registry is seen through a proxy."""

    folder: Path
    name: str
    proxy: Proxy
    registry: Registry
    engine: PrivateEngine

    def build(self, *arguments: str, branch: str = "master", engine: bool = True, **environ: str) -> Ended:
        """Runs ``bakegen build``; without an engine there is none."""
        known = {**github(self.folder.parent, branch), **environ}
        done, targets = build(self.folder, self.engine if engine else None, known, *arguments)
        return Ended(done, targets)

    def run(self, *arguments: str, engine: bool = True, branch: str = "master") -> subprocess.CompletedProcess[str]:
        """Runs another command."""
        known = self.engine.env if engine else {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(
            [sys.executable, "-m", "bakegen", *arguments],
            cwd=self.folder, env={**known, **github(self.folder.parent, branch)},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def tags(self, image: str) -> dict[str, str]:
        """The tags of an image in the registry, by their names, without the hashes of keys: which digest each names."""
        repository = f"{self.name}/{image}"
        found: dict[str, str] = {}
        for tag in self.registry.tags(repository):
            manifest = self.registry.manifest(repository, tag)
            assert manifest is not None, f"{tag} names nothing"
            for one in manifest.body.get("manifests", []):
                assert self.registry.manifest(repository, one["digest"]) is not None, f"{tag} is not whole"
            found[re.sub(r"^(key|cache)-.*", r"\1", tag)] = manifest.digest
        return found


@dataclass
class Ended:
    """A command that has ended, and what its report says of targets."""

    process: subprocess.CompletedProcess[str]
    targets: Mapping[str, Any]

    @property
    def code(self) -> int:
        """The exit code."""
        return self.process.returncode

    @property
    def last(self) -> str:
        """The last line of standard error."""
        return (self.process.stderr.splitlines() or [""])[-1]


@contextlib.contextmanager
def world_of(folder: Path, registry: Registry, engine: PrivateEngine, base: str) -> Iterator[World]:
    """Four images that are not built on each other."""
    name = f"faults/{folder.parent.name.replace('_', '-').rstrip('-')}"
    for image in NAMES:
        (folder / "images" / image).mkdir(parents=True)
        (folder / "images" / image / "image.yaml").write_text("")
        text = f"FROM {base}\nRUN echo {name} {image} > /made && head -c 300000 /dev/urandom > /layer\n"
        (folder / "images" / image / "Dockerfile").write_text(text)
    with misbehaving(registry) as proxy:
        (folder / "bakegen.yaml").write_text(f"registry: {proxy.host}/{name}\ndefault-branch: master\n")
        yield World(folder, name, proxy, registry, engine)


@pytest.fixture
def world(tmp_path: Path, registry: Registry, first_machine: PrivateEngine, busybox_image: str) -> Iterator[World]:
    """Where nothing is built yet."""
    with world_of(tmp_path / "project", registry, first_machine, busybox_image) as found:
        yield found


@pytest.fixture(scope="module")
def once(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry, first_machine: PrivateEngine, busybox_image: str
) -> Iterator[World]:
    """Where everything is built."""
    folder = tmp_path_factory.mktemp("once") / "project"
    with world_of(folder, registry, first_machine, busybox_image) as found:
        ended = found.build()
        assert ended.code == 0, ended.process.stderr
        yield found


@pytest.fixture
def built(once: World) -> World:
    """Where everything is built and nothing misbehaves yet."""
    once.proxy.rules.clear()
    once.proxy.requests.clear()
    return once


def whole(world: World, ended: Ended, image: str, *more: str) -> None:
    """Every tag of an image names what the report says, and its cache is there."""
    digest = ended.targets[image]["digest"]
    tags = world.tags(image)
    assert tags.pop("cache")
    assert tags == dict.fromkeys(("key", "latest", *more), digest)


def test_faults_of_a_push_that_pass_cost_time_alone(world: World) -> None:
    proxy = world.proxy
    proxy.on("POST", r"/one/blobs/uploads", busy(429, "1"), times=2)
    proxy.on("PUT", r"/one/manifests/", busy(429, "1"), times=1)
    proxy.on("PUT", r"/two/blobs/uploads", cut_at(100_000), times=1)
    proxy.on("PUT", r"/two/manifests/", cut_at(100), times=1)
    proxy.on("PUT", r"/three/blobs/uploads", busy(503), times=1)
    proxy.on("PUT", r"/three/blobs/uploads", late(2), times=1)
    met = [proxy.on("PUT", r"/three/manifests/", lost, times=1), *proxy.rules]
    ended = world.build()
    assert (ended.code, set(statuses(ended.targets).values())) == (0, {"built"}), ended.process.stderr
    assert [len(rule.met) for rule in met] == [rule.times for rule in met]
    for image in NAMES:
        whole(world, ended, image)


def test_faults_of_a_push_that_stay_fail_alone(world: World) -> None:
    proxy = world.proxy
    proxy.on("", r"/one/manifests/sha256:", busy(503))
    proxy.on("PUT", r"/three/manifests/latest", busy(400))
    ended = world.build("--retries", "0")
    assert (ended.code, ended.last) == (3, "error: 2 failed: one, three"), ended.process.stderr
    assert statuses(ended.targets) == {"one": "failed", "two": "built", "three": "failed", "four": "built"}
    assert "503 Service Unavailable" in ended.targets["one"]["error"]
    # The key comes first: who looks for other tags sees nothing of a push that fails.
    assert [world.tags(image).keys() - {"cache"} for image in ("one", "three")] == [set(), {"key"}]
    whole(world, ended, "four")

    # The registry is well again: nothing runs twice.
    proxy.rules.clear()
    again = world.build()
    assert again.code == 0, again.process.stderr
    assert statuses(again.targets) == {"one": "built", "two": "skipped", "three": "skipped", "four": "skipped"}
    assert world.tags("three")["latest"] == world.tags("three")["key"]
    assert [step["cached"] for step in again.targets["one"]["steps"]] == [True]
    whole(world, again, "one")


def test_what_bakegen_asks_is_asked_again(built: World) -> None:
    proxy = built.proxy
    rules = [
        proxy.on("HEAD", r"/one/manifests/key-", busy(429, "1"), times=1),
        proxy.on("HEAD", r"/two/manifests/key-", busy(503), times=1),
        proxy.on("GET", r"/two/manifests/", broken_off(5), times=1),
        proxy.on("GET", r"/three/manifests/", slow(0.001), times=1),
        proxy.on("PUT", r"/one/manifests/", busy(429, "1"), times=1),
        proxy.on("PUT", r"/two/manifests/", lost, times=1),
        proxy.on("PUT", r"/three/manifests/", cut_at(100), times=1),
    ]
    tagged = built.build(branch="topic", engine=False)
    assert (tagged.code, set(statuses(tagged.targets).values())) == (0, {"skipped"}), tagged.process.stderr
    assert [len(rule.met) for rule in rules] == [1] * len(rules)
    for image in NAMES:
        whole(built, tagged, image, "topic")
    puts = [request.at for request in proxy.asked("PUT", "/one/manifests/topic")]
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(puts)), "Retry-After counts"


def test_a_tag_that_cannot_be_written_fails_alone_and_is_told(built: World) -> None:
    built.proxy.on("PUT", r"/two/manifests/", busy(500))
    ended = built.build(branch="other", engine=False)
    assert (ended.code, ended.last) == (3, "error: 1 tag or cache not written")
    assert "two:other could not be tagged: it answers with status 500" in ended.process.stderr
    assert not any("other" in reference for reference in ended.targets["two"]["references"])
    assert ["other" in built.tags(image) for image in NAMES] == [image != "two" for image in NAMES]


def test_what_cannot_be_looked_up_is_built_and_why_is_said(built: World) -> None:
    before = built.registry.snapshot()

    def other_bytes(reply: Reply) -> Reply:
        body = json.dumps({**json.loads(reply.body), "annotations": {"a": "b"}}).encode()
        return replace(reply, headers={**reply.headers, "Content-Length": str(len(body))}, body=body)

    built.proxy.on("HEAD", r"/one/manifests/key-", busy(503))
    built.proxy.on("GET", r"/two/manifests/", changed(other_bytes))
    found = plan(built)
    assert found["one"].endswith("could not be looked up: it answers with status 503")
    assert found["two"].endswith("could not be looked up: what it gives has another digest than it says")
    assert sorted(found) == ["one", "two"]
    built.proxy.on("", "", busy(429, "3600"))
    assert all("asked again in 3600 s" in why for why in plan(built).values())
    jobs = built.run("matrix", engine=False)
    assert (jobs.returncode, len(json.loads(jobs.stdout)["include"])) == (0, len(NAMES)), jobs.stderr
    assert built.registry.snapshot() == before


def plan(world: World) -> dict[str, str]:
    """Why targets would be built."""
    ended = world.build("--plan", "--format", "json", engine=False)
    assert ended.code == 0, ended.process.stderr
    return {one["target"]: one["why"] for one in json.loads(ended.process.stdout) if one["decision"] == "build"}


def test_a_parent_of_other_bytes_is_not_built_on(world: World) -> None:
    """The engine gets the parent by its digest: what does not have it never becomes a part of an image."""
    (world.folder / "images" / "two" / "Dockerfile").write_text("FROM one\nRUN cat /made > /copied\n")
    assert world.build("one").code == 0
    world.engine.make_fresh()

    def spoilt(reply: Reply) -> Reply:
        return replace(reply, body=bytes(len(reply.body))) if len(reply.body) > 10_000 else reply

    world.proxy.on("GET", r"/one/blobs/", changed(spoilt))
    ended = world.build("two", "--retries", "0")
    assert statuses(ended.targets) == {"one": "skipped", "two": "failed"}, ended.process.stderr
    assert ended.code in (1, 3)
    assert ended.last == "error: 1 failed: two"
    assert world.tags("two") == {}


def test_tokens_are_renewed(world: World, tmp_path: Path) -> None:
    """Each token is good for three requests, whatever the token server says: 401 comes in the middle of all."""
    config = tmp_path / "docker"
    (config / "cli-plugins").mkdir(parents=True)
    plugin = "cli-plugins/docker-buildx"
    (config / plugin).symlink_to(f"{world.engine.env['DOCKER_CONFIG']}/{plugin}")
    log_in(config / "config.json", world.proxy.host)
    with guarded(world.proxy, uses=3) as tokens:
        ended = world.build(DOCKER_CONFIG=str(config))
        assert (ended.code, set(statuses(ended.targets).values())) == (0, {"built"}), ended.process.stderr
        for image in NAMES:
            whole(world, ended, image)
        tagged = world.build(branch="topic", engine=False, DOCKER_CONFIG=str(config))
        assert (tagged.code, set(statuses(tagged.targets).values())) == (0, {"skipped"}), tagged.process.stderr
        assert any(token.over for token in tokens.tokens.values())
    assert not any(request.authorization.startswith("Basic ") for request in world.proxy.requests)


def test_tokens_that_never_let_in_are_renewed_once(built: World, tmp_path: Path) -> None:
    log_in(tmp_path / "config.json", built.proxy.host)
    with guarded(built.proxy, uses=0) as tokens:
        refused = built.build("--plan", engine=False, DOCKER_CONFIG=str(tmp_path))
        assert refused.process.stdout.count("could not be looked up: access refused (401)") == len(NAMES)
        assert len(tokens.requests) <= 4 * len(NAMES)
        alone = built.build("--plan", engine=False)
        assert f"nobody is logged in to {built.proxy.host}" in alone.process.stdout
    said = (refused.process.stderr, refused.process.stdout, alone.process.stdout)
    assert not any(PASSWORD in text for text in said)


def test_a_redirect_takes_no_login_along(built: World, tmp_path: Path) -> None:
    log_in(tmp_path / "config.json", built.proxy.host)
    with misbehaving(built.registry) as elsewhere, guarded(built.proxy):

        def away(exchange: Exchange) -> None:
            exchange.answer(Reply(307, {"Location": f"{elsewhere.url}{exchange.request.path}"}))

        built.proxy.on("GET", r"/one/manifests/", away)
        found = built.build("one", "--plan", "--format", "json", engine=False, DOCKER_CONFIG=str(tmp_path))
        assert [one["decision"] for one in json.loads(found.process.stdout)] == ["skip"], found.process.stderr
        assert [request.authorization for request in elsewhere.requests] == [""]
    assert built.proxy.requests[-1].authorization.startswith("Bearer ")


def test_what_is_pulled_is_whole_or_not_there(world: World) -> None:
    definition = world.folder / "images" / "one" / "image.yaml"
    definition.write_text("artifacts:\n  made: {paths: [/layer, /made]}\n")
    ended = world.build("one")
    assert ended.code == 0, ended.process.stderr
    proxy = world.proxy
    rules = [
        proxy.on("GET", r"/manifests/", busy(429, "1"), times=1),
        proxy.on("GET", r"/manifests/", broken_off(5), times=1),
        proxy.on("GET", r"/blobs/", busy(503), times=1),
        proxy.on("GET", r"/blobs/", broken_off(1000), times=1),
    ]
    pulled = world.run("pull", "one", "--to", "first", engine=False)
    assert pulled.returncode == 0, pulled.stderr
    assert [len(rule.met) for rule in rules] == [1] * len(rules)
    assert [path.stat().st_size for path in world.folder.glob("first/**/layer")] == [300_000]

    proxy.on("GET", r"/blobs/", changed(lambda reply: replace(reply, body=reply.body[:-1] + b"x")))
    wrong = world.run("pull", "one", "--to", "second", engine=False)
    assert wrong.returncode == 3, wrong.stderr
    assert wrong.stderr.splitlines()[-1].startswith("error: ")
    assert not (world.folder / "second").exists()
