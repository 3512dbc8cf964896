"""`bakegen lock` as a process, against a registry on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bakegen.facts.lockfile import read_lock
from bakegen.text import Source
from tests.unit.cli.running import bakegen
from tests.unit.workspace.fake_images import DEBIAN, Store, layer
from tests.unit.workspace.fake_registry import FakeRegistry, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_ENGINE = {"PATH": "/nonexistent"}


@pytest.fixture
def store() -> Store:
    store = Store()
    store.tag("team/base:1", store.add_image((DEBIAN,), {"Env": ["PATH=/bin"]}))
    store.tag("team/tool:1", store.add_image((layer("opt/tool"),)))
    return store


@pytest.fixture
def registry(store: Store) -> Iterator[FakeRegistry]:
    with serving(store.answer) as registry:
        yield registry


@pytest.fixture
def project(tmp_path: Path, registry: FakeRegistry) -> Path:
    files = {
        "bakegen.yaml": "",
        "images/app/image.yaml": "",
        "images/app/Dockerfile": (
            f"FROM {registry.host}/team/base:1\nCOPY --from={registry.host}/team/tool:1 /opt /opt\n"
        ),
        "images/child/image.yaml": "",
        "images/child/Dockerfile": "FROM app\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def locked(folder: Path) -> dict[str, str]:
    lock = read_lock(Source.from_bytes("bakegen.lock", (folder / "bakegen.lock").read_bytes()))
    return {name: base.digest for name, base in lock.bases.items()}


def test_lock_writes_what_render_pins_and_check_agrees(project: Path, store: Store, registry: FakeRegistry) -> None:
    stale = bakegen(project, "lock", "--check")
    assert stale.returncode == 1
    assert f"bakegen.lock lacks {registry.host}/team/base:1" in stale.stderr
    assert "images/app/Dockerfile:1:6" in stale.stderr
    assert "run `bakegen lock` and commit the result" in stale.stderr
    done = bakegen(project, "lock", **NO_ENGINE)
    assert done.returncode == 0, done.stderr
    base, tool = f"{registry.host}/team/base:1", f"{registry.host}/team/tool:1"
    assert locked(project) == {base: store.tags["team/base:1"], tool: store.tags["team/tool:1"]}
    assert "2 base images locked; bakegen.lock written" in done.stderr
    assert bakegen(project, "lock", "--check").returncode == 0
    count = len(registry.requests)
    again = bakegen(project, "lock")
    assert "bakegen.lock unchanged" in again.stderr
    assert len(registry.requests) == count  # what is locked is asked for no more
    rendered = bakegen(project, "render", "--output", "-")
    assert rendered.returncode == 0, rendered.stderr
    assert f'"{base}" = "docker-image://{base}@{store.tags["team/base:1"]}"' in rendered.stdout
    assert rendered.stdout.count("docker-image://") == 2
    (project / "images/app/image.yaml").write_text("pin: false\n")
    assert "docker-image://" not in bakegen(project, "render", "--output", "-").stdout


def test_a_tag_that_moves_on(project: Path, store: Store, registry: FakeRegistry) -> None:
    assert bakegen(project, "lock").returncode == 0
    before = locked(project)
    store.tag("team/base:1", store.add_image((DEBIAN, layer("opt/new"))))
    store.tag("team/tool:1", store.add_image((layer("opt/newer"),)))
    assert bakegen(project, "lock", "--check").returncode == 0
    moved = bakegen(project, "lock", "--check", "--update")
    assert moved.returncode == 1
    assert f"and locked as {before[f'{registry.host}/team/base:1']}" in moved.stderr
    assert f"run `bakegen lock --update {registry.host}/team/base:1`" in moved.stderr
    assert locked(project) == before
    one = bakegen(project, "lock", "--update", "*/base:1", "--format", "json")
    assert one.returncode == 0, one.stderr
    said = json.loads(one.stdout)
    assert {base["name"].rpartition("/")[2]: base["change"] for base in said["bases"]} == {
        "base:1": "updated",
        "tool:1": None,
    }
    after = locked(project)
    assert after[f"{registry.host}/team/base:1"] == store.tags["team/base:1"]
    assert after[f"{registry.host}/team/tool:1"] == before[f"{registry.host}/team/tool:1"]
    assert bakegen(project, "lock", "--update").returncode == 0
    assert locked(project)[f"{registry.host}/team/tool:1"] == store.tags["team/tool:1"]


def test_a_lock_file_that_lacks_something_is_a_warning_of_render(project: Path, registry: FakeRegistry) -> None:
    assert bakegen(project, "lock").returncode == 0
    dockerfile = project / "images/app/Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "COPY --from=other /x /x\n")
    done = bakegen(project, "render")
    assert done.returncode == 0
    assert "warning: bakegen.lock lacks other: not pinned, and nothing is known of it" in done.stderr
    assert "images/app/Dockerfile:3:13" in done.stderr
    assert "run `bakegen lock`" in done.stderr


def test_no_lock_file_is_nothing_to_speak_of(project: Path) -> None:
    assert "lock" not in bakegen(project, "render").stderr


def test_a_broken_lock_file_is_an_error_with_its_place(project: Path) -> None:
    (project / "bakegen.lock").write_text("version: 1\nbases: {debian: {digest: 5}}\n")
    for command in ("render", "lock"):
        done = bakegen(project, command)
        assert done.returncode == 2
        assert "bakegen.lock:2:26" in done.stderr
        assert "delete it and run `bakegen lock`" in done.stderr


def test_a_lock_file_of_another_version(project: Path) -> None:
    (project / "bakegen.lock").write_text("version: 0\nwhat: ever\n")
    done = bakegen(project, "render")
    assert done.returncode == 0
    assert "warning: this lock file has version 0, and this bakegen reads version 1" in done.stderr
    assert "run `bakegen lock`" in done.stderr
    assert bakegen(project, "lock").returncode == 0
    assert len(locked(project)) == 2


def test_a_lock_file_of_a_newer_bakegen_is_not_written_over(project: Path) -> None:
    (project / "bakegen.lock").write_text("version: 2\n")
    assert bakegen(project, "render").returncode == 0
    done = bakegen(project, "lock")
    assert done.returncode == 2
    assert "update bakegen" in done.stderr
    assert (project / "bakegen.lock").read_text() == "version: 2\n"


def test_what_cannot_be_read_is_said_and_the_rest_is_locked(
    project: Path, store: Store, registry: FakeRegistry
) -> None:
    del store.tags["team/tool:1"]
    done = bakegen(project, "lock", **NO_ENGINE)
    assert done.returncode == 3
    tool = f"{registry.host}/team/tool:1"
    assert f"{tool}: its registry does not give it (there is no such image); asking the engine" in done.stderr
    assert f"error: {tool} could not be read: there is no such image; and by the engine: docker is not" in done.stderr
    assert list(locked(project)) == [f"{registry.host}/team/base:1"]


def test_plain_dockerfiles(tmp_path: Path, store: Store, registry: FakeRegistry) -> None:
    (tmp_path / "a.Dockerfile").write_text("ARG REPO\nFROM $REPO/base:1 AS x\nFROM tool\n")
    tool = f"tool=docker-image://{registry.host}/team/tool:1"
    arguments: tuple[str, ...] = ("--dockerfile", "a.Dockerfile", "--build-arg", f"REPO={registry.host}/team")
    arguments += ("--build-context", tool, "--platform", "linux/amd64")
    done = bakegen(tmp_path, "lock", *arguments)
    assert done.returncode == 0, done.stderr
    assert locked(tmp_path) == {
        f"{registry.host}/team/base:1": store.tags["team/base:1"],
        "tool": store.tags["team/tool:1"],
    }
    assert f'reference: "{registry.host}/team/tool:1"' in (tmp_path / "bakegen.lock").read_text()
    assert bakegen(tmp_path, "lock", "--check", *arguments).returncode == 0
    checked = bakegen(tmp_path, "lock", "--check", "--format", "json", "--dockerfile", "a.Dockerfile")
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["current"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("name",), "add --update"),
        (("--platform", "linux/amd64"), "go with --dockerfile"),
        (("--dockerfile", "images/app/Dockerfile"), "without --dockerfile"),
        (("--update", "other"), "nothing is built from 'other'"),
    ],
)
def test_usage(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = bakegen(project, "lock", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--platform", "no/such/thing/x"), "is no platform"),
        (("--build-arg", "=x"), "is not NAME=VALUE"),
        (("--build-context", "x"), "is not NAME=VALUE"),
        (("--dockerfile", "missing"), "is not there"),
        ((), "unknown instruction"),
    ],
)
def test_usage_of_plain_dockerfiles(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nRUNN x\n")
    done = bakegen(tmp_path, "lock", "--dockerfile", "Dockerfile", *arguments)
    assert done.returncode == 2
    assert words.lower() in done.stderr.lower()


def test_nothing_to_lock(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    done = bakegen(tmp_path, "lock", "--dockerfile", "Dockerfile")
    assert done.returncode == 0
    assert "nothing to lock" in done.stderr
    assert not (tmp_path / "bakegen.lock").exists()
