"""`bakegen lint` as a process: what it finds, mends, prints and ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import readme
from tests.unit.cli.running import bakegen

if TYPE_CHECKING:
    from pathlib import Path

CASING = "FROM scratch as base\n"
MENDED = "FROM scratch AS base\n"
REFUSED = "FROM scratch\nRUM x\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(CASING)
    (tmp_path / ".git").mkdir()
    return tmp_path


def lint(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return bakegen(folder, "lint", *arguments, XDG_CACHE_HOME=str(folder / ".cache"), **environ)


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [one["code"] for one in json.loads(done.stdout)["findings"]]


def test_a_finding_has_its_place_and_its_fix(folder: Path) -> None:
    done = lint(folder, "--select", "BK103")
    assert done.returncode == 0, done.stderr
    assert "Dockerfile:1:14: note: BK103 from-as-casing" in done.stdout
    assert "    1 | FROM scratch as base\n      |              ^^\n" in done.stdout
    assert "--fix" in done.stdout
    assert lint(folder, "--select", "BK103", "--fail-on", "note").returncode == 1
    assert lint(folder, "--select", "BK103", "--severity", "warning").stdout.startswith("no findings")


def test_fix_writes_and_leaves_nothing_to_fix(folder: Path) -> None:
    diff = lint(folder, "--select", "BK103", "--diff")
    assert diff.returncode == 1
    assert "-FROM scratch as base\n+FROM scratch AS base\n" in diff.stdout
    assert (folder / "Dockerfile").read_text() == CASING
    assert lint(folder, "--select", "BK103", "--fix").returncode == 0
    assert (folder / "Dockerfile").read_text() == MENDED
    assert lint(folder, "--select", "BK103", "--diff").returncode == 0


def test_the_patch_applies_also_without_a_line_end(folder: Path) -> None:
    (folder / ".git").rmdir()
    (folder / "Dockerfile").write_text(CASING.rstrip("\n"))
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = lint(folder, "--select", "BK103", "--diff")
    subprocess.run(["git", "apply", "-"], cwd=folder, input=done.stdout, text=True, check=True)
    assert (folder / "Dockerfile").read_text() == MENDED.rstrip("\n")


def test_one_file_that_cannot_be_read_stops_nothing(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "Dockerfile").write_text(REFUSED)
    os.mkfifo(folder / "pipe.Dockerfile")
    done = lint(folder, "--format", "concise", "missing", "pipe.Dockerfile", "sub", "Dockerfile")
    assert done.returncode == 2
    assert "sub/Dockerfile:2:1" in done.stdout
    assert "GE001" in done.stdout
    assert "BK103" in done.stdout
    assert "missing" in done.stdout
    assert "pipe.Dockerfile" in done.stdout
    assert "Traceback" not in done.stderr


def test_folders_are_searched_for_what_names_say(folder: Path) -> None:
    for name in (
        "a/Dockerfile.dev",
        "b/x.Dockerfile",
        "c/Containerfile",
        "node_modules/x/Dockerfile",
        "d/Dockerfile.md",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(REFUSED)
    (folder / "rendered.Dockerfile").write_text("# Rendered by bakegen from x\nRUM\n")
    done = lint(folder, "--format", "json", "--select", "GE001")
    assert done.returncode == 1
    assert [one["file"] for one in json.loads(done.stdout)["findings"]] == [
        "a/Dockerfile.dev", "b/x.Dockerfile", "c/Containerfile",
    ]  # fmt: skip


def test_comments_silence_and_are_checked(folder: Path) -> None:
    (folder / "Dockerfile").write_text("# bakegen ignore=BK103 the old style\n" + CASING)
    assert codes(lint(folder, "--format", "json", "--select", "BK103,GE002,GE003")) == []
    (folder / "Dockerfile").write_text("# bakegen ignore=BK103,BK1o3\n" + MENDED)
    assert codes(lint(folder, "--format", "json", "--select", "BK103,GE002,GE003")) == ["GE002", "GE003"]
    (folder / "Dockerfile").write_text("# check=skip=FromAsCasing\n" + CASING)
    assert codes(lint(folder, "--format", "json", "--select", "BK103")) == []


def test_results_of_unchanged_files_are_kept(folder: Path) -> None:
    first = lint(folder, "--format", "json")
    assert list((folder / ".cache").rglob("*.json"))
    assert lint(folder, "--format", "json").stdout == first.stdout
    (folder / "Dockerfile").write_text(MENDED)
    assert "BK103" not in codes(lint(folder, "--format", "json"))
    for entry in (folder / ".cache").rglob("*.json"):
        entry.write_text("{")
    assert "BK103" not in codes(lint(folder, "--format", "json"))


def test_what_a_kept_result_rests_on_is_looked_at_again(folder: Path) -> None:
    (folder / ".git").rmdir()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /app/\n")
    (folder / "app").write_text("")
    before = codes(lint(folder, "--format", "json", "--select", "context-churn"))
    assert before == []
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_text("")
    assert codes(lint(folder, "--format", "json", "--select", "context-churn")) == ["CA311"]


def test_configuration_and_baseline(folder: Path) -> None:
    (folder / ".bakegen.toml").write_text('[lint]\nselect = ["BK103"]\nfail-on = "note"\n')
    assert lint(folder).returncode == 1
    assert lint(folder, "--isolated", "--select", "BK103").returncode == 0
    assert lint(folder, "--write-baseline").returncode == 0
    assert (folder / ".bakegen-baseline.json").is_file()
    assert lint(folder).returncode == 0
    (folder / "Dockerfile").write_text("\n" + CASING + "FROM scratch as next\n")
    new = lint(folder, "--format", "json")
    assert new.returncode == 1
    assert [one["line"] for one in json.loads(new.stdout)["findings"]] == [3]
    (folder / "Dockerfile").write_text(MENDED)
    assert "1 entries of" in lint(folder).stderr


def test_hadolint_configuration_counts(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM debian\n")
    assert "DF203" in codes(lint(folder, "--format", "json", "--select", "DL3006"))
    (folder / ".hadolint.yaml").write_text("ignored: [DL3006]\n")
    assert "DF203" not in codes(lint(folder, "--format", "json"))


def test_standard_input(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bakegen", "lint", "--select", "BK103", "--format", "concise", "-"],
        cwd=folder, input=CASING, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Dockerfile:1:14" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--select", "BK99"), "there is no rule 'BK99'"),
        (("--select", "from-as-casin"), "did you mean 'from-as-casing'?"),
        (("--format", "jsn"), "did you mean 'json'?"),
        (("--config", "none.toml"), "none.toml"),
        (("--baseline", "none.json"), "none.json"),
    ],
)
def test_bad_usage(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    done = lint(folder, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_statistics_and_an_output_file(folder: Path) -> None:
    done = lint(folder, "--select", "BK103", "--statistics")
    assert done.stdout.splitlines()[1].split() == ["BK103", "from-as-casing", "1", "1"]
    assert lint(folder, "--format", "sarif", "--output", "out.sarif").stdout == ""
    assert json.loads((folder / "out.sarif").read_text())["version"] == "2.1.0"


def test_an_empty_folder_is_no_mistake(tmp_path: Path) -> None:
    done = lint(tmp_path)
    assert done.returncode == 0
    assert "no Dockerfile" in done.stderr


def test_the_images_of_this_repository_pass() -> None:
    done = bakegen(readme.ROOT, "lint", "--no-cache", "--fail-on", "note", "images")
    assert done.returncode == 0, done.stdout


UNUSED_BY_LINT = [
    "bakegen.bake", "bakegen.compare", "bakegen.definition", "bakegen.effects", "bakegen.facts.lockfile",
    "bakegen.rewrites", "bakegen.templating", "difflib", "git", "jinja2", "multiprocessing", "python_on_whales",
    "subprocess", "tomllib", "traceback", "yaml",
]  # fmt: skip


@pytest.mark.parametrize("more", [[], ["--no-cache"]])
def test_linting_one_file_imports_what_that_needs(tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie\nRUN echo hello\nCOPY a /b\n")
    code = (
        f"import sys; sys.argv = ['bakegen', 'lint', '--no-shellcheck', *{more!r}, 'Dockerfile']\n"
        "from bakegen.__main__ import main; main()\n"
        "print('bakegen.rules.config' in sys.modules, sorted(set(sys.modules)"
        f" & set({UNUSED_BY_LINT!r})))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for _ in range(2):  # the second time with what the first has kept
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True, env=environment
        )
        assert done.stdout.splitlines()[-1] == "True []"
