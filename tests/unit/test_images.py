"""What `bakegen render` makes of the repository's own images/: golden files that a person can read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.images import copy_images, github, render

if TYPE_CHECKING:
    from pathlib import Path

    from tests.golden_files import Golden

REGISTRY = {"BAKEGEN_REGISTRY": "registry.example.com/team"}
OFFLINE = "--offline"
"""There is no registry: golden files show what is read where none can be asked."""

OVERRIDE = "docker-bake.override.hcl"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_images(tmp_path / "project")


def rendered(project: Path) -> dict[str, str]:
    paths = [*sorted(project.glob("docker-bake*")), *sorted(project.glob(".bakegen/*"))]
    return {path.relative_to(project).as_posix(): path.read_bytes().decode() for path in paths}


def test_on_a_laptop(project: Path, golden: Golden) -> None:
    render(project)
    made = rendered(project)
    assert OVERRIDE not in made
    golden.check("images/laptop", made)


@pytest.mark.parametrize(
    ("case", "branch", "pull_request", "fork"),
    [
        ("master", "master", None, False),
        ("branch", "feature/faster-peers", None, False),
        ("fork", "master", 7, True),
    ],
)
def test_in_ci(
    project: Path, tmp_path: Path, golden: Golden, case: str, branch: str, pull_request: int | None, fork: bool
) -> None:
    render(project)
    dockerfiles = {name: text for name, text in rendered(project).items() if name.startswith(".bakegen/")}
    render(project, REGISTRY)
    committed = rendered(project)
    assert {name: text for name, text in committed.items() if name.startswith(".bakegen/")} == dockerfiles
    render(project, REGISTRY | github(tmp_path, branch, pull_request=pull_request, fork=fork), OFFLINE)
    made = rendered(project)
    override = made.pop(OVERRIDE)
    assert made == committed, "the committed files differ between branches"
    golden.check("images/registry", {"docker-bake.hcl": made["docker-bake.hcl"]})
    golden.check(f"images/{case}", {OVERRIDE: override})


def test_a_fork_writes_nothing(project: Path, tmp_path: Path) -> None:
    render(project, REGISTRY | github(tmp_path, "master", pull_request=7, fork=True), OFFLINE)
    text = "".join(rendered(project).values())
    assert re.search(r"\bcache-from\s+=", text)
    assert not re.search(r"\bcache-to\s+=", text)
    assert not re.search(r"\bpush\s+=", text)


def test_one_more_version_leaves_every_other_target_as_it_was(project: Path) -> None:
    definition = project / "interop-go" / "image.yaml"
    text = definition.read_text()
    definition.write_text(text.replace('"1.8.9", ', "", 1))
    render(project)
    before = rendered(project)
    definition.write_text(text)
    render(project)
    after = rendered(project)
    assert {name for name in after if after[name] != before.get(name)} == {
        "docker-bake.hcl",
        ".bakegen/interop-go-1-8-9.Dockerfile",
        ".bakegen/interop-go-1-8-9.Dockerfile.dockerignore",
    }
    gone = [line for line in before["docker-bake.hcl"].splitlines() if line not in after["docker-bake.hcl"]]
    assert gone == []
