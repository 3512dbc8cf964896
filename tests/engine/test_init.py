"""Bake files of every kind become definitions that people can read, and both print the same with the real buildx."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.cli.init_report import report
from bakegen.importing.bakefiles_values import printed_values
from bakegen.importing.comparing import compare
from bakegen.importing.sources import Kind
from bakegen.workspace.importing import import_project, pending
from bakegen.workspace.project import open_workspace
from bakegen.workspace.rendering import render_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json
    from bakegen.workspace.importing import Imported
    from tests.engine.harness.engine import Engine
    from tests.golden_files import Golden

CASES = Path(__file__).parent.parent / "golden" / "init"
ENOUGH = 12


@pytest.fixture
def environ(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The engine's environment, as this process's own, without what the files' variables are called as."""
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        if name in engine.env:
            monkeypatch.setenv(name, engine.env[name])
    known = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG")
    return {name: os.environ[name] for name in known if name in os.environ}


def imported(folder: Path, environ: Mapping[str, str]) -> Imported:
    """What the bake files of a folder come to."""
    found = import_project(folder, environ, [Kind.BAKE])
    assert found is not None
    return found


def test_there_are_enough_cases() -> None:
    assert len([path for path in CASES.iterdir() if (path / "given").is_dir()]) >= ENOUGH


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_bake_file_and_its_definitions_print_the_same(
    case: str, engine: Engine, environ: Mapping[str, str], golden: Golden, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(CASES / case / "given", folder)
    found = imported(folder, environ)
    golden.check(f"init/{case}/expected", {**found.texts, "report.txt": report(found, len(found.texts))})
    assert not found.comparison.differences
    for changes in pending(folder, found):
        changes.apply()
    for name in found.read:
        (folder / name).rename(folder / f"before.{name}")
    workspace = open_workspace(folder, {})
    render_project(workspace, workspace.plan).committed.apply()
    for wanted in ("secrets/netrc", "keys/deploy"):
        # Bake looks whether these are there.
        (folder / wanted).parent.mkdir(exist_ok=True)
        (folder / wanted).touch()
    names = [target.name for target in found.found.targets if "ssh" not in target.attributes]
    told = engine.bake_print(*names, cwd=folder)
    printed = {name: printed_values(told["target"][name]) for name in names}  # type: ignore[arg-type]
    origins = {name: one.recipe.origin for name, one in workspace.plan.targets.items() if one.recipe.files}
    targets = [target for target in found.found.targets if target.name in names]
    outcome = compare(targets, {}, {"target": {**printed}, "group": {}}, origins)
    assert not outcome.differences
    assert outcome.same == len(names)


def test_what_differs_is_told(engine: Engine, environ: Mapping[str, str], tmp_path: Path) -> None:
    """A comparison that cannot fail shows nothing: another value of an argument is a difference."""
    folder = tmp_path / "project"
    shutil.copytree(CASES / "groups" / "given", folder)
    found = imported(folder, environ)
    (target,) = [one for one in found.found.targets if one.name == "api"]
    printed: dict[str, Json] = {"target": {"api": {**target.attributes, "args": {"PYTHON": "3.14"}}}, "group": {}}
    outcome = compare([target], {}, printed, {})
    assert [(one.what, one.before, one.now) for one in outcome.differences] == [("args.PYTHON", "3.13", "3.14")]
    assert outcome.same == 0


def test_three_hundred_targets_take_seconds(environ: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    versions = ", ".join(f'"1.{minor}"' for minor in range(50))
    lines = [
        'target "go" {\n  name = "go-${replace(v, ".", "-")}-${os}"',
        f'  matrix = {{ v = [{versions}], os = ["a", "b", "c"] }}',
        '  args = { V = v }\n  tags = ["r.example/x/go:${v}-${os}"]\n}',
    ]
    lines += [f'target "t{at}" {{\n  target = "s{at}"\n  tags = ["r.example/x/t{at}:1"]\n}}' for at in range(150)]
    (tmp_path / "docker-bake.hcl").write_text("\n".join(lines))
    (tmp_path / "Dockerfile").write_text("".join(f"FROM scratch AS s{at}\n" for at in range(150)))
    start = time.monotonic()
    found = imported(tmp_path, environ)
    assert time.monotonic() - start < 60
    assert found.comparison.same == found.comparison.targets == 300
    assert len(found.definitions.images) == 151


def test_an_image_of_the_whole_folder_has_the_same_files_as_before(
    engine: Engine, environ: Mapping[str, str], tmp_path: Path
) -> None:
    """What init, render, lock and a build write beside the sources is no input, whoever ignores it or not."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /src\n")
    (folder / ".dockerignore").write_text(".git\n")
    (folder / "main.c").write_text("int main(void) { return 0; }\n")
    before = exported(engine, folder, tmp_path / "before")
    assert sorted(before) == [".dockerignore", "Dockerfile", "main.c"]
    found = import_project(folder, environ)
    assert found is not None
    for changes in pending(folder, found):
        changes.apply()
    workspace = open_workspace(folder, {})
    render_project(workspace, workspace.plan).committed.apply()
    for name in ("bakegen.lock", "bakegen-report.json", "docker-bake.override.hcl", ".bakegen/cache/x"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    (target,) = workspace.plan.targets
    out = tmp_path / "after"
    engine.bake(target, "--allow", f"fs.write={out}", "--set", f"{target}.output=type=local,dest={out}",
                "--set", f"{target}.cache-to=", "--set", f"{target}.cache-from=", cwd=folder)  # fmt: skip
    assert contents(out / "src") == before


def exported(engine: Engine, folder: Path, out: Path) -> Mapping[str, bytes]:
    """The files that a plain build of a folder has in /src."""
    engine.build("--output", f"type=local,dest={out}", ".", cwd=folder)
    return contents(out / "src")


def contents(folder: Path) -> Mapping[str, bytes]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
