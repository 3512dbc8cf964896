"""What a project needs, read from its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.workspace.doctor.needing import DEVICE, LINK, PARENTS, SECURITY, needs
from bakegen.workspace.project import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.workspace.doctor.model import Project

DOCKERFILE = """\
# syntax=docker/dockerfile:1.7
FROM --platform=$BUILDPLATFORM golang:1.24 AS build
RUN go build
FROM debian:trixie-slim
COPY --link --parents . /x
COPY --link a /a
RUN --security=insecure --network=host true
"""


def project(folder: Path, **files: str) -> Project:
    made = {"bakegen.yaml": "registry: registry.example.com/team\n", "images/app/image.yaml": ""}
    for name, text in {**made, "images/app/Dockerfile": DOCKERFILE, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return needs(open_workspace(folder, {}), {})


def test_dockerfiles_are_read(tmp_path: Path) -> None:
    found = project(tmp_path)
    assert found.syntaxes == {"docker/dockerfile:1.7": "images/app/Dockerfile"}
    assert set(found.features) == {LINK, PARENTS, SECURITY}
    assert str(found.features[LINK]) == "--link of COPY and ADD in images/app/Dockerfile:5 and 1 more"
    assert found.entitlements == {
        "security.insecure": "images/app/Dockerfile:7", "network.host": "images/app/Dockerfile:7",
    }  # fmt: skip
    assert DEVICE not in found.features
    assert found.bases == ("debian:trixie-slim",)  # nothing is taken from the other stage


def test_registries_caches_and_platforms(tmp_path: Path) -> None:
    found = project(tmp_path, **{"images/app/image.yaml": "platforms: [linux/amd64, linux/arm64]\n"})
    assert found.repositories == ("registry.example.com/team/app",)
    assert set(found.caches) == {"registry"}
    assert found.multi_platform == ("app",)
    assert found.runs == dict.fromkeys(("linux/amd64", "linux/arm64"), "images/app/Dockerfile:7")
    assert not found.loads
    assert found.stale == ("docker-bake.hcl",)


def test_what_runs_on_the_builder_alone_runs_nowhere_else(tmp_path: Path) -> None:
    crossed = (
        "FROM --platform=$BUILDPLATFORM golang:1.24 AS build\nRUN go build\nFROM scratch\nCOPY --from=build /x /x\n"
    )
    files = {"images/app/Dockerfile": crossed, "images/app/image.yaml": "platforms: [linux/arm64]\n"}
    assert project(tmp_path, **files).runs == {}


def test_a_project_without_a_registry(tmp_path: Path) -> None:
    found = project(tmp_path, **{"bakegen.yaml": ""})
    assert found.loads
    assert found.repositories == ()
    assert set(found.caches) == {"local"}


def test_newer_attributes_and_fields_are_found(tmp_path: Path) -> None:
    image = "extra-hosts: {db: 10.0.0.1}\nattest: [{type: provenance, mode: max}]\n"
    settings = "registry: registry.example.com/team\ncache: {backend: gha, timeout: 10m}\n"
    found = project(tmp_path, **{"images/app/image.yaml": image, "bakegen.yaml": f"min-buildx: '0.29'\n{settings}"})
    assert found.buildx["extra-hosts"] == ("0.25", "app")
    assert found.attests == ("app",)
    assert found.backend_fields["timeout of a gha cache"] == "0.13"
    assert found.min_buildx == "0.29"
