"""Why targets are built: the nearest image of the default branch, what differs since then, and what cannot be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.plan.branch import BranchState
from bakegen.plan.content import content_keys
from bakegen.workspace import contents as contents_module
from bakegen.workspace.causes import causes
from bakegen.workspace.commits import Past
from bakegen.workspace.contents import Contents
from bakegen.workspace.preparing import prepare
from bakegen.workspace.project import open_workspace
from tests.unit.workspace.fake_images import Store
from tests.unit.workspace.fake_registry import FakeRegistry, holding, serving
from tests.unit.workspace.repositories import Repository, no_configuration, repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.building.key_differences import Cause

__all__ = ["no_configuration", "repository"]

TOPIC = BranchState("topic", None, "main", None, False, True, "github")


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving(holding()) as found:
        yield found


@pytest.fixture
def project(repository: Repository, fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Two images, of which one builds on the other, on a branch of one commit more than main."""
    monkeypatch.setenv("DOCKER_CONFIG", "/nonexistent")
    repository.write("bakegen.yaml", f"registry: {fake.host}/team\n")
    repository.write("images/base/image.yaml")
    repository.write("images/base/Dockerfile", "FROM debian:12\nCOPY base.txt /\n")
    repository.write("images/base/base.txt", "1")
    repository.write("images/app/image.yaml", "contexts: {src: ../../src}\n")
    repository.write("images/app/Dockerfile", "FROM base\nCOPY --from=src / /src\nCOPY app.txt /\n")
    repository.write("images/app/app.txt", "1")
    repository.write("src/main.c", "1")
    repository.commit()
    repository.git("checkout", "-q", "-b", "topic")
    return repository


def key(project: Repository, name: str) -> str:
    workspace = open_workspace(project.root, {})
    return str(Contents(workspace, workspace.plan).keys[name])


def told(project: Repository, *names: str) -> dict[str, Cause]:
    workspace = open_workspace(project.root, {})
    with Past(workspace, names) as past:
        return causes(past, Contents(workspace, workspace.plan), names, "main")


def test_the_merge_base_is_asked_for_alone(project: Repository, fake: FakeRegistry) -> None:
    fake.script = holding(f"key-{key(project, 'app')}", f"key-{key(project, 'base')}")
    base = project.git("rev-parse", "HEAD")
    for number in range(3):
        project.git("checkout", "-q", "main")
        project.commit(**{"images/app/app.txt": f"of main {number}"})
        project.git("checkout", "-q", "topic")
    project.commit(**{"images/base/base.txt": "2", "src/main.c": "2"})
    found = told(project, "app", "base")
    assert {one.since for one in found.values()} == {base}
    assert found["base"].text == f"since {base[:12]} of main: base.txt changed"
    assert found["app"].text == (
        f"since {base[:12]} of main: parent base (base.txt changed), context src (main.c changed)"
    )
    assert len(fake.asked("HEAD")) == 2


def test_an_older_commit_serves_where_the_merge_base_was_not_pushed(project: Repository, fake: FakeRegistry) -> None:
    old, old_key = project.git("rev-parse", "HEAD"), key(project, "app")
    project.git("checkout", "-q", "main")
    for number in range(3):
        project.commit(**{"images/app/app.txt": f"of main {number}"})
    fake.script = holding(f"key-{old_key}")
    project.git("checkout", "-q", "-B", "topic")
    project.commit(**{"images/app/more.txt": "x", "images/app/Dockerfile": "FROM base\nCOPY *.txt /\n"})
    found = told(project, "app")["app"]
    assert found.since == old
    assert [(one.input, one.name) for one in found.changes[:2]] == [("files", "app.txt"), ("files", "more.txt")]


@pytest.mark.parametrize("count", [1, 3])
def test_where_no_image_is_there_it_says_how_far_was_looked(project: Repository, count: int) -> None:
    project.git("checkout", "-q", "main")
    for number in range(count - 1):
        project.commit(**{"images/app/app.txt": f"{number}"})
    project.git("checkout", "-q", "-B", "topic")
    project.commit(**{"images/app/app.txt": "new"})
    commits = "the last commit" if count == 1 else "the last 3 commits"
    assert told(project, "app")["app"].text == f"no key of {commits} of main is in the registry"


def test_files_that_nobody_reads_do_not_hide_the_commit_before(project: Repository, fake: FakeRegistry) -> None:
    old, old_key = project.git("rev-parse", "HEAD"), key(project, "base")
    project.git("checkout", "-q", "main")
    project.commit(**{"images/base/base.txt": "2"})
    project.write("bakegen-report.json", "left by the last build")
    assert told(project, "base")["base"].text == "no key of the last 2 commits of main is in the registry"
    fake.script = holding(f"key-{old_key}")
    assert told(project, "base")["base"].text == f"since {old[:12]} of main: base.txt changed"


def test_what_did_not_change_and_what_is_new(project: Repository) -> None:
    base = project.git("rev-parse", "HEAD")[:12]
    project.write("images/new/image.yaml")
    project.write("images/new/Dockerfile", "FROM debian:12\n")
    project.commit()
    found = told(project, "base", "new")
    assert found["new"].text == f"{base} of main has no target of that name"
    assert found["base"].text == f"nothing changed since {base} of main, and no image of that is in the registry"


def test_a_registry_that_refuses_is_no_missing_image(project: Repository, fake: FakeRegistry) -> None:
    project.commit(**{"images/base/base.txt": "2"})
    fake.close()
    text = told(project, "base")["base"].text
    assert text.startswith("no key of the last commit of main is in the registry (")
    assert "could not be looked up" in text


def test_definitions_of_then_that_cannot_be_read(project: Repository) -> None:
    project.git("checkout", "-q", "main")
    broken = project.commit(**{"images/app/image.yaml": "argz: {}\n"})
    project.git("checkout", "-q", "-B", "topic")
    project.commit(**{"images/app/image.yaml": ""})
    text = told(project, "app")["app"].text
    assert f"at {broken[:12]} its definitions cannot be read" in text


def test_a_plain_build_reads_no_history_and_keys_are_made_once(
    project: Repository, fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def counted(*arguments: object) -> object:
        made.append(arguments)
        return content_keys(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(contents_module, "content_keys", counted)
    monkeypatch.setattr("bakegen.workspace.commits.CommitTree", lambda *_: pytest.fail("history was read"))
    project.commit(**{"images/base/base.txt": "2"})
    workspace = open_workspace(project.root, {})
    prepared = prepare(workspace, ["app"], TOPIC)
    assert len(made) == 1
    assert {one.why for one in prepared.decisions.values()} == {
        "no image has its content key",
        "app builds on it; no image has its content key",
    }


def test_nothing_to_build_reads_no_history_and_asks_for_no_cache(
    project: Repository, fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakegen.workspace.commits.CommitTree", lambda *_: pytest.fail("history was read"))
    workspace = open_workspace(project.root, {})
    prepared = prepare(workspace, [], TOPIC, why=True)
    assert prepared.built == ()
    assert fake.asked() == []


def test_the_nearest_ancestors_image_is_the_cache_of_what_has_none(project: Repository, fake: FakeRegistry) -> None:
    project.commit(**{"bakegen.yaml": (project.root / "bakegen.yaml").read_text() + "ancestors: 4\n"})
    store = Store()
    for number in range(2):
        project.commit(**{"images/app/app.txt": f"{number}"})
        nearest = store.tag(f"team/app:key-{key(project, 'app')}", store.add_image([], {"number": number}))
    fake.script = store.answer
    project.commit(readme="nothing that is built")
    project.commit(**{"images/app/app.txt": "new"})
    workspace = open_workspace(project.root, {})
    decisions = prepare(workspace, ["app"], TOPIC).decisions
    assert decisions["app"].caches == ({"type": "registry", "ref": f"{fake.host}/team/app@{nearest}"},)
    assert decisions["base"].caches == ()
    assert decisions["app"].why == "no image has its content key"
    # A cache of its own is nearer, and the setting may be off.
    store.tag("team/app:cache-app.main", store.add_image([], {"cache": "1"}))
    assert prepare(workspace, ["app"], TOPIC).decisions["app"].caches == ()
    del store.tags["team/app:cache-app.main"]
    assert prepare(workspace, ["app"], TOPIC, offline=True).decisions["app"].caches == ()
    off = open_workspace(project.root, {}, ["ancestors=0"])
    assert prepare(off, ["app"], TOPIC).decisions["app"].caches == ()
