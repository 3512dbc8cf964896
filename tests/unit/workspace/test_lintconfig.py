"""Which configuration counts for a file on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.diagnostics import Severity
from bakegen.errors import InputError
from bakegen.workspace.lintconfig import LintConfigs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree called `shop` with a folder in a folder."""
    top = tmp_path / "shop"
    (top / ".git").mkdir(parents=True)
    (top / "a/b").mkdir(parents=True)
    return top


def test_without_files_all_is_at_its_default(tree: Path) -> None:
    found = LintConfigs().of(tree / "a/b/Dockerfile")
    assert (found.files, found.folder) == ((), tree)
    assert found.config.settings.project == "shop"
    assert found.below(tree / "a/b/Dockerfile") == "a/b/Dockerfile"
    assert found.baseline is None


def test_the_nearest_counts_alone(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.bakegen.lint]\nfail-on = "error"\nignore = ["GE001"]\n')
    (tree / "a/.bakegen.toml").write_text('[lint]\nignore = ["GE002"]\n')
    configs = LintConfigs()
    found = configs.of(tree / "a/b/Dockerfile")
    assert found.files == (tree / "a/.bakegen.toml",)
    assert (found.config.ignore, found.config.fail_on) == (("GE002",), Severity.WARNING)
    assert found.below(tree / "a/b/Dockerfile") == "b/Dockerfile"
    assert configs.of(tree / "Dockerfile").config.ignore == ("GE001",)
    assert configs.of(tree / "a/b/Other") is found


def test_a_pyproject_file_that_says_nothing_is_passed_by(tree: Path) -> None:
    (tree / ".bakegen.toml").write_text('[lint]\nignore = ["GE002"]\n')
    (tree / "a/pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert LintConfigs().of(tree / "a/Dockerfile").config.ignore == ("GE002",)


def test_nothing_above_the_work_tree_counts(tree: Path) -> None:
    (tree.parent / ".bakegen.toml").write_text('[lint]\nignore = ["GE002"]\n')
    assert LintConfigs().of(tree / "a/Dockerfile").files == ()


def test_without_a_work_tree_only_the_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".bakegen.toml").write_text('[lint]\nignore = ["GE002"]\n')
    assert LintConfigs().of(tmp_path / "a/Dockerfile").files == ()
    assert LintConfigs().of(tmp_path / "Dockerfile").config.ignore == ("GE002",)


@pytest.mark.parametrize("name", [".hadolint.yaml", ".hadolint.yml"])
def test_hadolints_file_is_read_beside_ours_which_wins_key_by_key(tree: Path, name: str) -> None:
    (tree / name).write_text("ignored: [DL3008]\nfailure-threshold: error\ntrustedRegistries: [docker.io]\n")
    alone = LintConfigs().of(tree / "a/Dockerfile")
    assert (alone.config.ignore, alone.config.fail_on) == (("DL3008",), Severity.ERROR)
    assert alone.folder == tree
    (tree / "a/.bakegen.toml").write_text('[lint]\nignore = ["GE002"]\n')
    both = LintConfigs().of(tree / "a/Dockerfile")
    assert (both.config.ignore, both.config.fail_on) == (("GE002",), Severity.ERROR)
    assert both.config.settings.trusted_registries == ("docker.io",)
    assert both.files == (tree / "a/.bakegen.toml", tree / name)


def test_a_named_file_counts_for_all(tree: Path) -> None:
    (tree / "a/.bakegen.toml").write_text('[lint]\nignore = ["GE002"]\n')
    for name, text in (
        ("own.toml", "[lint]\nproject = 'p'\n"),
        ("pyproject.toml", "[tool.bakegen.lint]\nproject = 'p'\n"),
    ):
        (tree / name).write_text(text)
        found = LintConfigs(only=tree / name).of(tree / "a/Dockerfile")
        assert (found.config.ignore, found.config.settings.project, found.folder) == ((), "p", tree)
    (tree / "h.yml").write_text("ignored: [DL3008]\n")
    assert LintConfigs(only=tree / "h.yml").of(tree / "a/Dockerfile").config.ignore == ("DL3008",)
    with pytest.raises(InputError, match="there is no file"):
        LintConfigs(only=tree / "none.toml").of(tree)


def test_isolated_reads_nothing(tree: Path) -> None:
    (tree / ".bakegen.toml").write_text("[lint\n")
    assert LintConfigs(isolated=True).of(tree / "a/Dockerfile").files == ()


def test_what_is_wrong_stops_and_what_is_odd_does_not(tree: Path) -> None:
    (tree / ".hadolint.yaml").write_text("ignore: [DL3008]\n")
    assert [one.severity for one in LintConfigs().of(tree).warnings] == [Severity.NOTE]
    (tree / ".bakegen.toml").write_text("[lint]\nselct = []\n")
    with pytest.raises(InputError, match="selct"):
        LintConfigs().of(tree / "a/Dockerfile")


def test_what_is_excluded(tree: Path) -> None:
    (tree / ".bakegen.toml").write_text('[lint]\nexclude = ["a/b", "**/*.old"]\n')
    found = LintConfigs().of(tree)
    assert found.excludes(tree / "a/b/Dockerfile")
    assert found.excludes(tree / "a/Dockerfile.old")
    assert not found.excludes(tree / "a/bc/Dockerfile")
    assert not found.excludes(tree.parent / "elsewhere/Dockerfile")


def test_the_baseline_is_the_named_one_or_the_usual_one(tree: Path) -> None:
    (tree / ".bakegen-baseline.json").write_text("{}")
    assert LintConfigs().of(tree / "a").baseline == tree / ".bakegen-baseline.json"
    (tree / ".bakegen.toml").write_text('[lint]\nbaseline = "known.json"\n')
    assert LintConfigs().of(tree / "a").baseline == tree / "known.json"
