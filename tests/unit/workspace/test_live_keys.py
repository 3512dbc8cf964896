"""Which content keys branches need: of images and artifacts, now and a moment ago, or the reason why nobody knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bakegen.plan.artifacts import artifact_references
from bakegen.plan.content import content_keys
from bakegen.plan.refs import key_reference
from bakegen.workspace.context import Contexts
from bakegen.workspace.live_branches import read_branches
from bakegen.workspace.live_keys import by_repository, live_keys
from bakegen.workspace.project import open_workspace
from tests.unit.workspace.repositories import ENVIRONMENT, Repository

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600.0


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path).init("-b", "master")
    repository.write("bakegen.yaml", "registry: registry.example/team\n")
    repository.write("images/app/image.yaml", "artifacts: {lib: {stage: tools, paths: [/lib]}}\n")
    repository.write("images/app/Dockerfile", "FROM debian:12 AS tools\nCOPY lib /\nFROM debian:12\nCOPY a /\n")
    repository.commit(**{"images/app/a": "1", "images/app/lib": "1"})
    return repository


def references(folder: Path) -> set[str]:
    """The references of all keys of the checkout."""
    workspace = open_workspace(folder, {})
    contexts = Contexts(workspace.files)
    found = {
        reference
        for _, reference in artifact_references(workspace.plan, workspace.plan.artifacts.values(), contexts).values()
    }
    for name, one in content_keys(workspace.plan, contexts, ["app"]).items():
        repository = workspace.plan.targets[name].repository
        assert repository is not None
        assert one.key is not None
        found.add(key_reference(repository, one.key))
    return found


def needed(folder: Path, grace: float = 2 * HOUR) -> tuple[dict[str, str], str]:
    return live_keys(open_workspace(folder, {}), read_branches(folder, "master"), grace)


def test_keys_of_images_and_artifacts_on_all_branches(repository: Repository) -> None:
    here = references(repository.root)
    assert len(here) == 2
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit(**{"images/app/lib": "2"})
    topic = references(repository.root) - here
    assert len(topic) == 1  # that of the artifact: the image reads nothing of it
    # A variant that only the branch has is one of the same repository.
    repository.write("images/app/Dockerfile", "FROM debian:12\nARG V\nRUN echo $V\n")
    repository.commit(**{"images/app/image.yaml": "matrix: {axes: {v: ['1', '2']}}\nargs: {V: '{{ v }}'}\n"})
    repository.git("checkout", "-q", "master")
    found, problem = needed(repository.root, grace=30 * 365 * 24 * HOUR)
    assert not problem
    assert {reference: who for reference, who in found.items() if reference in here} == dict.fromkeys(
        here, "this checkout"
    )
    assert {found[reference] for reference in topic} == {"branch topic"}
    assert len(found) == 5  # and those of both variants
    assert set(by_repository(found)) == {"registry.example/team/app"}


def test_what_a_branch_was_within_the_grace(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of commits one, two, three, of which the last two are young, all are needed: one was built until two came."""
    seen = [references(repository.root)]
    for text, minutes in (("2", 50), ("3", 10)):
        stamp = f"@{int(time.time() - minutes * 60)} +0000"
        monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", stamp)
        repository.commit(**{"images/app/a": text})
        seen.append(references(repository.root))
    repository.write("images/app/a", "4")  # the checkout is none of them
    found, _ = needed(repository.root, grace=2 * HOUR)
    assert all(one <= found.keys() for one in seen)
    found, _ = needed(repository.root, grace=HOUR / 2)
    assert not seen[0] <= found.keys()
    assert seen[1] <= found.keys()
    assert seen[2] <= found.keys()


def test_a_branch_that_cannot_be_read_makes_all_unknown(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "broken")
    repository.commit(**{"images/app/image.yaml": "artifacts: 3\n"})
    repository.git("checkout", "-q", "master")
    found, problem = needed(repository.root)
    assert not found
    assert "those of branch broken cannot be worked out: its definitions cannot be read" in problem


def test_a_branch_without_the_project_needs_nothing(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "pages")
    repository.git("rm", "-q", "-r", "--cached", ".")
    repository.git("commit", "-q", "--allow-empty", "-m", "pages")
    repository.git("checkout", "-q", "-f", "master")
    found, problem = needed(repository.root)
    assert not problem
    assert found.keys() == references(repository.root)
