"""`bakegen cache sharing` on a matrix that was really built: every byte, and the same instruction both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.engine import cache_command
from tests.engine.cache_command import cache
from tests.engine.test_build import build, statuses
from tests.engine.test_cache_prune import stored
from tests.images import github
from tests.unit.workspace.repositories import Repository

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

_DEFINITION = """\
matrix: {axes: {version: ["1.0", "1.1"], os: [a, b]}}
args: {VERSION: "{{ version }}", OS: "{{ os }}"}
"""
_DOCKERFILE = """\
FROM {base} AS tools
ARG OS
RUN echo $OS > /os && head -c 200000 /dev/urandom > /tools
FROM {base}
LABEL a=b
RUN head -c 400000 /dev/urandom > /common
WORKDIR /srv
ENV A=b
ARG VERSION
RUN echo $VERSION > /version && head -c 100000 /dev/urandom > /random
COPY --from=tools /os /tools /
"""
_CHILD = 'matrix: {axes: {v: ["1-0", "1-1"]}}\ncontexts: {parent: "target:app-{{ v }}-a"}\n'
_BASES = """\
matrix: {axes: {os: [none, small]}}
args: {BASE: "{{ 'scratch' if os == 'none' else 'BUSYBOX' }}"}
"""
_NAMES = [f"app-{version}-{os}" for version in ("1-0", "1-1") for os in "ab"]


@pytest.fixture(scope="module")
def project(
    own_registry: Registry, first_machine: PrivateEngine, busybox_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Four variants, two that build on some of them, and two of different bases: built together, without caches."""
    folder = tmp_path_factory.mktemp("shared") / "project"
    repository = Repository(folder).init("-b", "master")
    settings = f"registry: {own_registry.host}/team\ndefault-branch: master\ncache: {{policy: none}}\n"
    repository.write("bakegen.yaml", settings)
    repository.write("images/app/image.yaml", _DEFINITION)
    repository.write("images/app/Dockerfile", _DOCKERFILE.format(base=busybox_image))
    repository.write("images/child/image.yaml", _CHILD)
    repository.write("images/child/Dockerfile", "FROM parent\nRUN echo child > /child\n")
    repository.write("images/bases/image.yaml", _BASES.replace("BUSYBOX", busybox_image))
    repository.write("images/bases/Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY image.yaml /\n")
    done, targets = build(folder, first_machine, github(folder.parent, "master"))
    assert done.returncode == 0, done.stderr
    assert set(statuses(targets).values()) == {"built"}
    return folder


def sharing(folder: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    return cache(folder, "sharing", "--branch", "master", *arguments, status=status)


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    return cache_command.told(folder, "sharing", "--branch", "master", *arguments)


def definition(folder: Path, image: str, *arguments: str) -> dict[str, Any]:
    """What is told of one definition."""
    (found,) = (one for one in told(folder, *arguments)["definitions"] if one["image"] == image)
    return dict(found)


def test_every_byte_that_the_registry_holds_is_counted_once(project: Path, own_registry: Registry) -> None:
    whole = told(project)["total"]
    assert whole["bytes"] + whole["other_bytes"] == stored(own_registry)
    assert (whole["images"], whole["distinct"]) == (8, 8)
    total = definition(project, "app")["shares"]
    assert total["bytes_of_all"] + total["bytes_of_some"] + total["bytes_own"] == total["bytes"]
    assert total["bytes_of_all"] > 400_000
    # Two random files of versions, and two of tools: what is copied makes the same layer whatever is below it.
    assert 600_000 < total["bytes_of_some"] < 700_000
    assert total["layers_own"] == 0


def test_the_instruction_by_the_history_is_the_one_by_the_plan(project: Path) -> None:
    found = definition(project, "app")
    assert found["agreement"] == "agree"
    stored, plan = found["registry"], found["plan"]
    assert stored["made_by"] == ["RUN /bin/sh -c echo $VERSION > /version && head -c 100000 /dev/urandom > /random"]
    assert stored["instruction"] == plan
    assert (plan["file"], plan["line"]) == ("images/app/Dockerfile", 10)
    assert [(one["kind"], one["name"]) for one in plan["why"]] == [("argument", "VERSION")]
    assert plan["into"] == [_NAMES[:2], _NAMES[2:]]
    # The next one: all variants copy from a stage that has parted itself.
    (below, other) = found["tree"]["children"]
    assert below["targets"] == _NAMES[:2]
    parting = below["parting"]["instruction"]
    assert parting["line"] == 11
    (why,) = parting["why"]
    assert (why["kind"], why["name"], why["because"]["line"]) == ("stage", "tools", 3)
    assert [one["name"] for one in why["because"]["why"]] == ["OS"]
    assert other["parting"]["layer"] == below["parting"]["layer"]


def test_variants_part_in_the_image_that_they_build_on_and_at_from(project: Path) -> None:
    child, bases = definition(project, "child"), definition(project, "bases")
    assert (child["agreement"], bases["agreement"]) == ("agree", "agree")
    parting = child["registry"]["instruction"]
    assert (parting["file"], parting["line"], parting["target"]) == ("images/app/Dockerfile", 10, "app-1-0-a")
    assert parting["into"] == [["child-1-0"], ["child-1-1"]]
    parting = bases["registry"]["instruction"]
    assert (parting["file"], parting["line"], parting["position"]) == ("images/bases/Dockerfile", 2, 0)
    assert [(one["kind"], one["name"]) for one in parting["why"]] == [("argument", "BASE"), ("base", "")]
    # What is copied on top of them is the same layer all the same.
    assert bases["shares"]["layers_of_all"] == 1


def test_offline_nothing_is_asked(project: Path) -> None:
    nowhere = ("--offline", "--registry", "127.0.0.1:1/team")
    found, asked = definition(project, "app", *nowhere), definition(project, "app")
    assert found["plan"] == asked["plan"]
    assert (found["registry"], found["agreement"], found["shares"]) == (None, "unknown", None)


def test_what_people_see(project: Path) -> None:
    done = sharing(project)
    table, partings = done.stdout.split("\n\n")[:2]
    assert table.splitlines()[1].split()[:3] == ["app", "4", "8"]
    (parting,) = (line for line in partings.splitlines() if line.startswith("app "))
    assert "images/app/Dockerfile:10 RUN echo $VERSION" in parting
    assert parting.endswith("argument VERSION differs")
    shown = sharing(project, "--tree", "app-*").stdout
    assert shown.count("parts at images/app/Dockerfile:11 COPY") == 2


def test_images_that_are_not_there_are_named(project: Path) -> None:
    definition = project / "images" / "app" / "image.yaml"
    before = definition.read_text()
    definition.write_text(before.replace('"1.1"', '"1.1", "1.2"'))
    try:
        done = sharing(project)
    finally:
        definition.write_text(before)
    assert "warning: app-1-2-a: there is no " in done.stderr
    assert "by a tag" not in done.stderr  # content keys of the others are what they were
    assert "4/6" in done.stdout


def test_images_that_were_built_apart(project: Path, first_machine: PrivateEngine) -> None:
    """Two machines that have no cache in common: no input of the common step differs, and yet its layer does."""
    first_machine.make_fresh()
    done, _ = build(project, first_machine, github(project.parent, "master"), "--force", "app-1-1-a")
    assert done.returncode == 0, done.stderr
    found = definition(project, "app")
    assert found["agreement"] == "earlier"
    parting = found["registry"]["instruction"]
    assert parting["line"] == 6
    assert [one["kind"] for one in parting["why"]] == ["built"]
    assert "built apart, without a cache in common" in sharing(project).stdout
