"""`bakegen pull` without a registry: which artifact is meant, and what is refused before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import FILES, bakegen, lay_out

if TYPE_CHECKING:
    from pathlib import Path

_ARTIFACTS = "artifacts: {one: {paths: [/a]}, two: {paths: [/b]}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    lay_out(tmp_path, {**FILES, "images/base/image.yaml": _ARTIFACTS})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("base", "--check"), "name one of base/one, base/two"),
        (("base/on", "--check"), "base/one"),
        (("app-1-9", "--check"), "there is no artifact 'app-1-9'"),
        (("base/one",), "--to FOLDER"),
        (("base/one", "--check", "--to", "new"), "--to FOLDER"),
        (("base/one", "--to", "new", "--digest", "latest"), "--digest"),
        (("base/one", "--to", "new", "--platform", "linux/"), "no platform"),
        (("base/one", "--to", "full/file"), "'full/file' is there already"),
    ],
)
def test_bad_usage(project: Path, arguments: tuple[str, ...], words: str) -> None:
    done = bakegen(project, "pull", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert (project / "full" / "file").read_text() == "mine\n"
    assert not (project / "new").exists()


def test_a_registry_that_is_not_there(project: Path) -> None:
    done = bakegen(project, "pull", "base/one", "--to", "new", "--registry", "127.0.0.1:1/team")
    assert done.returncode == 3, done.stderr
    assert "connection refused" in done.stderr
    assert [path.name for path in project.iterdir() if "new" in path.name] == []
