"""The repository's own images/, rendered, baked and run: what they promise holds on a real engine."""

from __future__ import annotations

import contextlib
import json
import os
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from tests.conftest import PROFILE_VARIABLE
from tests.engine.harness.commands import CommandFailed, TookTooLong
from tests.images import copy_images, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bakegen.building.stream import Step
    from tests.engine.harness.engine import Engine
    from tests.engine.harness.progress import BuildResult

BAKE_SECONDS = 420.0
"""Twice what everything takes on two cores. A download that hangs is ended then, and begun again."""

BAKE_TRIES = 3
BASE_IMAGE = "debian:trixie-slim"
ALL_GO = ("1.8.6", "1.8.7", "1.8.9", "1.8.10", "1.8.11", "1.8.17")
ALL_RUST = ("0.20.1", "0.24.0", "0.28.0")
LARGE = os.environ.get(PROFILE_VARIABLE) == "large"
GO = ALL_GO if LARGE else ("1.8.6", "1.8.9", "1.8.17")
"""The oldest and the newest are enough for every day; the large profile builds all."""
RUST: tuple[str, ...] = ALL_RUST if LARGE else ()
LARGE_ONLY = ("base-", "interop-rust-", "web-node")
"""What every day does without: compilers and package managers of two more languages take minutes to download."""
ADDED = "1.8.9"
"""The Go version that a commit adds after everything else is built."""

large = pytest.mark.skipif(not LARGE, reason=f"{PROFILE_VARIABLE}=large runs it")

REPOSITORY = "bakegen-test"
GET = "import sys, urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1], timeout=5).read().decode())"
POST = (
    "import sys, urllib.request as r;"
    " q = r.Request(sys.argv[1], sys.argv[2].encode(), {'Content-Type': 'application/json'});"
    " sys.stdout.write(r.urlopen(q, timeout=5).read().decode())"
)
FETCH = "fetch(process.argv[1]).then(a => a.text()).then(t => process.stdout.write(t))"


class Baker:
    """Renders and bakes one copy of images/, as a user does who has no registry."""

    def __init__(self, engine: Engine, project: Path, base: str) -> None:
        self.engine = engine
        self.project = project
        self.base = base
        self.built: BuildResult

    def render(self) -> None:
        # Names of our own, so that nobody's images are overwritten; no cache folder, because here the engine remembers.
        render(self.project, {}, "--set", f"repository={REPOSITORY}/{{{{ image }}}}", "--set", "*.cache.policy=none")

    def everything(self) -> tuple[str, ...]:
        """The group of all images, or what of it is built every day."""
        if LARGE:
            return ("default",)
        printed = self.engine.run(["buildx", "bake", "--print"], cwd=self.project).stdout
        return tuple(name for name in json.loads(printed)["target"] if not name.startswith(LARGE_ONLY))

    def bake(self, *names: str) -> BuildResult:
        where = f"*.contexts.{BASE_IMAGE}=docker-image://{self.base}"
        # On the machine's own network: on a bridge the engine forgets connections of long downloads now and then.
        network = ("--allow", "network.host", "--set", "*.network=host")
        wanted = names or self.everything()
        return self.engine.bake(*network, "--set", where, *wanted, cwd=self.project, timeout=BAKE_SECONDS)

    def bake_from_the_network(self, *names: str) -> BuildResult:
        """As `bake`, for steps that download: tried again when a package registry does not answer or hangs up."""
        for _ in range(BAKE_TRIES - 1):
            with contextlib.suppress(TookTooLong, CommandFailed):
                return self.bake(*names)
        return self.bake(*names)


@pytest.fixture(scope="module")
def baker(
    engine: Engine, bases: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Baker]:
    """Everything built but one Go version, whose files are not there yet."""
    project = copy_images(tmp_path_factory.mktemp("images") / "project")
    _keep_versions(project / "interop-go" / "image.yaml", ALL_GO, GO)
    folder = project / "interop-go"
    kept = {path: path.read_text() for path in (folder / f"go.v{ADDED}.mod", folder / f"go.v{ADDED}.sum")}
    kept[folder / "image.yaml"] = (folder / "image.yaml").read_text()
    for path in kept:
        path.unlink()
    (folder / "image.yaml").write_text(kept[folder / "image.yaml"].replace(f'"{ADDED}", ', "", 1))
    baker = Baker(engine, project, bases("debian")["debian"])
    baker.render()
    baker.built = baker.bake_from_the_network(*baker.everything(), "web-python-test", "build-tree-check")
    for path, text in kept.items():
        path.write_text(text)
    yield baker
    listed = engine.run(["image", "ls", "-q", "--filter", f"reference={REPOSITORY}/*"]).stdout.split()
    if listed:
        engine.run(["image", "rm", "-f", *sorted(set(listed))], check=False)


def _keep_versions(path: Path, written: Sequence[str], kept: Sequence[str]) -> None:
    """Has an image's axis list only the versions that are kept."""
    before, after = (", ".join(f'"{version}"' for version in versions) for versions in (written, kept))
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.fixture(scope="module")
def added(baker: Baker) -> BuildResult:
    """The bake after the commit that adds a version."""
    baker.render()
    return baker.bake_from_the_network()


@pytest.fixture
def start(engine: Engine) -> Iterator[Callable[..., str]]:
    """`start(image, *arguments)`: a container that runs on, without a network but its own loopback; out: its id."""
    running: list[str] = []

    def start(image: str, *arguments: str) -> str:
        command = ["run", "-d", "--network", "none", f"{REPOSITORY}/{image}", *arguments]
        running.append(engine.run(command).stdout.strip())
        return running[-1]

    yield start
    for container in running:
        engine.run(["rm", "-f", container], check=False)


def run(engine: Engine, image: str, *arguments: str, network: str = "none") -> str:
    return engine.run(["run", "--rm", "--network", network, f"{REPOSITORY}/{image}", *arguments], timeout=120).stdout


def ask(engine: Engine, *command: str) -> str:
    """What `docker COMMAND` prints, asked again until a server has come up."""
    deadline = time.monotonic() + 30
    while True:
        done = engine.run(command, check=time.monotonic() > deadline, timeout=60)
        if done.code == 0:
            return done.stdout
        time.sleep(0.3)


def ran(result: BuildResult) -> list[Step]:
    """The instructions that did work.

    `ADD URL` is two steps of one name: the source, which is looked up and never cached, and the copy of it.
    """
    cached = {name for step in result.cached for name in step.names}
    return [step for step in result.executed if not cached.intersection(step.names)]


def test_one_more_version_builds_that_one_alone(added: BuildResult) -> None:
    steps = ran(added)
    assert {step.label[0] for step in steps} == {f"interop-go-{ADDED.replace('.', '-')}"}
    assert [step.instruction.partition(" ")[0] for step in steps].count("RUN") == 2
    assert len(added.cached) > (80 if LARGE else 40)


def test_a_second_bake_runs_nothing(baker: Baker, added: BuildResult) -> None:
    again = baker.bake()
    assert [step.name for step in ran(again)] == []
    assert len(again.cached) == len(added.cached) + len(ran(added))


@pytest.mark.parametrize("version", GO)
@pytest.mark.usefixtures("added")
def test_a_go_peer_has_its_own_version(engine: Engine, version: str) -> None:
    lines = run(engine, f"interop-go:v{version}").splitlines()
    assert lines[0] == f"go v{version}"
    assert lines[1].startswith(f"go v{version}: 4 messages came back unchanged")


@pytest.mark.parametrize("version", RUST)
@pytest.mark.usefixtures("added")
def test_a_rust_peer_has_its_own_version(engine: Engine, version: str) -> None:
    lines = run(engine, f"interop-rust:v{version}").splitlines()
    assert lines[0] == f"rust {version}"
    assert lines[1].startswith(f"rust {version}: 4 messages came back unchanged")


@large
@pytest.mark.usefixtures("added")
def test_peers_of_both_languages_understand_each_other(engine: Engine, start: Callable[..., str]) -> None:
    go = start(f"interop-go:v{GO[0]}", "-listen", "127.0.0.1:9000")
    rust = start(f"interop-rust:v{RUST[0]}", "--listen", "127.0.0.1:9000")
    url = "ws://127.0.0.1:9000/echo"
    for version in GO:
        assert "unchanged" in run(engine, f"interop-go:v{version}", "-dial", url, network=f"container:{rust}")
    for version in RUST:
        assert "unchanged" in run(engine, f"interop-rust:v{version}", "--dial", url, network=f"container:{go}")


def test_the_newest_go_peer_is_compiled_for_two_platforms(baker: Baker) -> None:
    target = f"interop-go-{GO[-1].replace('.', '-')}"
    compiled = [
        step.label[1:-1]
        for step in baker.built.named(target)
        if step.instruction.startswith("RUN --mount") and "go build" in step.instruction and step.done
    ]
    # The compiler runs on one platform for both: "amd64->arm64", no emulator.
    assert len(compiled) == 2
    assert len({platform for (platform,) in compiled if "->" in platform}) == 1


@pytest.mark.usefixtures("added")
def test_the_toolchain_compiles_and_what_it_compiled_runs(engine: Engine) -> None:
    assert run(engine, "toolchain:musl-1.2.5").startswith("tcc version 0.9.27")
    for version in ("5.2.4", "5.3.6", "5.4.7"):
        series = version.rpartition(".")[0]
        assert run(engine, f"toolchain-lua:{version}", "-e", "print(_VERSION)").strip() == f"Lua {series}"


@pytest.mark.usefixtures("added")
def test_the_servers_answer(engine: Engine, start: Callable[..., str]) -> None:
    python = start("web-python:1.4.0")
    site = "http://127.0.0.1:8000"
    assert '"version":"1.4.0"' in ask(engine, "exec", python, "python3", "-c", GET, f"{site}/healthz")
    entry = ask(engine, "exec", python, "python3", "-c", POST, f"{site}/entries", '{"text": "<Ada>"}')
    assert '"count":1' in entry
    assert "&lt;Ada&gt;" in ask(engine, "exec", python, "python3", "-c", GET, f"{site}/")
    assert "font-family" in ask(engine, "exec", python, "python3", "-c", GET, f"{site}/static/style.css")

    httpd = start("toolchain-httpd:1.0")
    client = ("run", "--rm", "--network", f"container:{httpd}", f"{REPOSITORY}/web-python:1.4.0", "python3", "-c", GET)
    assert "It works" in ask(engine, *client, "http://127.0.0.1:8080/")


@large
@pytest.mark.usefixtures("added")
def test_the_node_server_answers_and_has_no_development_packages(engine: Engine, start: Callable[..., str]) -> None:
    node = start("web-node:2.1.0")
    site = "http://127.0.0.1:3000"
    assert '"status":"ok"' in ask(engine, "exec", node, "node", "-e", FETCH, f"{site}/healthz")
    assert "font-family" in ask(engine, "exec", node, "node", "-e", FETCH, f"{site}/static/style.css")
    packages = run(engine, "web-node:2.1.0", "ls", "node_modules").split()
    assert "express" in packages
    assert "supertest" not in packages


@pytest.mark.usefixtures("added")
def test_images_hold_what_they_need_and_no_more(engine: Engine, tmp_path: Path) -> None:
    container = engine.run(["create", f"{REPOSITORY}/build-tree:tree", "-"]).stdout.strip()
    try:
        engine.run(["export", "-o", str(tmp_path / "tree.tar"), container], timeout=60)
    finally:
        engine.run(["rm", container])
    with tarfile.open(tmp_path / "tree.tar") as tree:
        names = {member.name for member in tree if member.isfile()}
    assert {"bin/calc", "tests/parse_test", "tests/vm_test"} <= names
    assert [name for name in names if name.endswith((".o", ".a"))] == []


def test_a_test_that_fails_fails_the_bake(baker: Baker, added: BuildResult) -> None:
    del added
    test = baker.project / "web-python" / "tests" / "test_app.py"
    text = test.read_text()
    test.write_text(text.replace("status_code, 400)", "status_code, 499)"))
    where = f"*.contexts.{BASE_IMAGE}=docker-image://{baker.base}"
    try:
        result = baker.engine.bake(
            "--set", where, "web-python-test", cwd=baker.project, check=False, timeout=BAKE_SECONDS
        )
    finally:
        test.write_text(text)
    assert result.code != 0
    (failed,) = [step for step in result.failed if step.instruction]
    assert failed.label[:2] == ("web-python-test", "test")
    assert "400 != 499" in result.logs
