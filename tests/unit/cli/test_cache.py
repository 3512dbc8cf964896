"""`bakegen cache` as people call it: what is shown, what is refused, and nothing removed without being told to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.cli.cache_tables import age
from bakegen.text import megabytes
from tests.unit.cli.running import bakegen
from tests.unit.workspace.fake_registry import serving
from tests.unit.workspace.fake_shelf import Shelf
from tests.unit.workspace.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.workspace.fake_registry import FakeRegistry

SECRET = "s3cr3t-of-robot"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def registry(shelf: Shelf) -> Iterator[FakeRegistry]:
    with serving(lambda request: shelf.answer(request)) as registry:
        yield registry


@pytest.fixture
def project(tmp_path: Path, shelf: Shelf, registry: FakeRegistry) -> Path:
    """One image; caches of master, topic, gone and pull request 7, and master's image."""
    repository = Repository(tmp_path / "project").init("-b", "master")
    repository.write("bakegen.yaml", f"registry: {registry.host}/team\ndefault-branch: master\n")
    repository.write("images/app/image.yaml", "")
    repository.write("images/app/Dockerfile", "FROM debian:12\n")
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "one")
    repository.git("branch", "topic")
    for name in ("master", "topic", "gone", "pr-7"):
        shelf.tag(f"team/app:cache-app.{name}", shelf.add_cache(b"x" * 300_000, name.encode() * 100_000))
    shelf.tag("team/app:latest", shelf.add_aged(b"image"))
    return repository.root


def as_json(project: Path, *arguments: str) -> Any:
    done = bakegen(project, "cache", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_list_for_people(project: Path, registry: FakeRegistry) -> None:
    done = bakegen(project, "cache", "list")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["REPOSITORY", "TAG", "KIND", "BRANCH", "AGE", "SIZE", "OWN", "SHARED", "STATE"]
    row = next(line for line in lines if line[1:2] == ["cache-app.gone"])
    assert row[2:4] == ["cache", "gone"]
    assert row[6:] == ["0.7", "MB", "0.4", "MB", "0.3", "MB", "gone"]
    assert lines[-1] == ["5", "references,", "2.2", "MB", "together"]
    assert not registry.asked("DELETE")


def test_a_list_and_sizes_for_programs(project: Path) -> None:
    listed = as_json(project, "list")
    assert [one["tag"] for one in listed["references"]] == [
        "cache-app.gone", "cache-app.master", "cache-app.pr-7", "cache-app.topic", "latest",
    ]  # fmt: skip
    assert all(one["own"] + one["shared"] == one["bytes"] for one in listed["references"])
    parts = {(one["by"], one["name"]): one for one in as_json(project, "size")["parts"]}
    assert (
        parts["all", ""]["bytes"]
        == listed["bytes"]
        == parts["repository", listed["references"][0]["repository"]]["bytes"]
    )
    assert parts["kind", "cache"]["tags"] == 4
    assert parts["branch", "gone"]["own"] == listed["references"][0]["own"]


def test_nothing_is_removed_without_yes(project: Path, shelf: Shelf, registry: FakeRegistry) -> None:
    before = shelf.named()
    done = bakegen(project, "cache", "prune", "--all")
    assert done.returncode == 0, done.stderr
    words = {line.split()[2]: line.split()[0] for line in done.stdout.splitlines()[1:-1]}
    assert words == {
        "cache-app.gone": "remove", "cache-app.master": "keep", "cache-app.pr-7": "keep", "cache-app.topic": "keep",
        "latest": "keep",
    }  # fmt: skip
    assert done.stdout.splitlines()[-1] == "1 would go and free 0.4 MB, 4 stay; --yes removes them"
    assert shelf.named() == before
    assert not registry.asked("DELETE")


def test_removing(project: Path, shelf: Shelf) -> None:
    (project / "open").write_text("none\n")
    done = bakegen(project, "cache", "prune", "--pull-requests", "open", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("removed ") == 2
    assert done.stdout.splitlines()[-1] == "2 removed, 0.8 MB left to the registry's garbage collection"
    assert shelf.named() == {"team/app:cache-app.master", "team/app:cache-app.topic", "team/app:latest"}
    assert bakegen(project, "cache", "prune", "--yes").stdout == "nothing to remove, 3 stay\n"


def test_too_many_are_none(project: Path, shelf: Shelf, registry: FakeRegistry) -> None:
    done = bakegen(project, "cache", "prune", "--yes", "--max-delete", "0")
    assert done.returncode == 3
    assert "more would go than --max-delete 0 (1): nothing was removed" in done.stderr
    assert not registry.asked("DELETE")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("prune", "--branches", "empty"), 2, "the list of branches is empty"),
        (("prune", "--branches", "other"), 2, "does not have the default branch master"),
        (("prune", "--branches", "missing"), 2, "no such file"),
        (("prune", "--pull-requests", "empty"), 2, "'empty' is empty"),
        (("prune", "--default-branch", "main"), 2, "does not have the default branch main"),
        (("prune", "--older-than", "soon"), 2, "is no age"),
        (("prune", "--registry", "127.0.0.1:1/team"), 3, "nothing is removed, because not all could be read"),
        (("list", "--registry", "127.0.0.1:1/team"), 3, "connection refused"),
    ],
)
def test_what_is_refused(
    project: Path, registry: FakeRegistry, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (project / "empty").write_text("")
    (project / "other").write_text("topic\n")
    done = bakegen(project, "cache", *arguments, *(["--yes"] if arguments[0] == "prune" else []))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not registry.asked("DELETE")


def test_a_project_without_a_registry(tmp_path: Path) -> None:
    repository = Repository(tmp_path).init()
    repository.write("bakegen.yaml", "")
    repository.write("images/app/image.yaml", "")
    repository.write("images/app/Dockerfile", "FROM debian:12\n")
    done = bakegen(tmp_path, "cache", "list")
    assert done.returncode == 2
    assert "nothing in a registry" in done.stderr


def test_a_password_is_never_shown(project: Path, shelf: Shelf, registry: FakeRegistry) -> None:
    from tests.unit.workspace.fake_registry import Reply

    login = {"auths": {registry.host: {"username": "robot", "password": SECRET}}}
    shelf.before = lambda request: (
        None if "Basic" in request.authorization and request.method != "DELETE"
        else Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})
    )  # fmt: skip
    done = bakegen(project, "cache", "prune", "--yes", DOCKER_AUTH_CONFIG=json.dumps(login))
    assert done.returncode == 3
    assert "access refused (401)" in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0.0 kB"), (999, "1.0 kB"), (99_999, "100.0 kB"), (100_000, "0.1 MB"), (12_345_678_901, "12,345.7 MB")],
)
def test_bytes(count: int, text: str) -> None:
    assert megabytes(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (200_000, "2 d")]
)
def test_ages(seconds: float | None, text: str) -> None:
    assert age(seconds) == text
