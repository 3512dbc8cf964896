"""Completion: what a shell is offered, asked in the way of each shell, in a real bash, and of docker's client."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import lay_out

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "bakegen.yaml": "registry: registry.example.com/team\nselections: {pr: newest 1 of v}\n",
    "images/base/image.yaml": "artifacts: {headers: {paths: [/usr/include]}}\n",
    "images/base/Dockerfile": "FROM debian:12\n",
    "images/app/image.yaml": 'matrix: {axes: {v: ["1.9", "1.10"]}}\nargs: {V: "{{ v }}"}\n',
    "images/app/Dockerfile": "FROM base\nARG V\n",
}
BASH = shutil.which("bash")
PROGRAM = f"#!/bin/sh\nexec '{sys.executable}' -P -m bakegen \"$@\"\n"
DRIVER = """\
source ./script
COMP_LINE=$1; COMP_POINT=${#1}
read -ra COMP_WORDS <<< "$COMP_LINE"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { echo "compopt $*"; }
_bakegen_completion bakegen
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return lay_out(tmp_path, FILES)


def environment(folder: Path, **environ: str) -> dict[str, str]:
    programs = folder / "programs"
    if not programs.exists():
        programs.mkdir()
        (programs / "bakegen").write_text(PROGRAM)
        (programs / "bakegen").chmod(0o755)
    kept = {name: os.environ[name] for name in ("HOME", "PYTHONPATH") if name in os.environ}
    return {**kept, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8", **environ}


def run(folder: Path, command: list[str], **environ: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(folder, **environ), capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def bash(folder: Path, line: str) -> list[str]:
    """What bash would offer at the end of `line`, asked through the script that it is given."""
    assert BASH is not None
    if not (folder / "script").exists():
        (folder / "script").write_text(run(folder, ["bakegen", "completion", "bash"]))
    return run(folder, [BASH, "--norc", "-c", DRIVER, "bash", line]).splitlines()


needs_bash = pytest.mark.skipif(BASH is None, reason="there is no bash")


@needs_bash
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("bakegen bui", ["build"]),
        ("bakegen cache pr", ["prune"]),
        ("bakegen build a", ["app", "app-1-9", "app-1-10"]),
        ("bakegen build p", ["pr"]),
        ("bakegen build app-1-9 a", ["app", "app-1-10"]),
        ("bakegen show ", ["app-1-9", "app-1-10", "base"]),
        ("bakegen show p", [""]),
        ("bakegen pull ba", ["base/headers"]),
        ("bakegen lock --update deb", ["debian:12"]),
        ("bakegen lock --update debian:", ["12"]),
        ("bakegen rule from-as", ["from-as-casing"]),
        ("bakegen lint --select CA307,from-as", ["CA307,from-as-casing"]),
        ("bakegen lint --format gi", ["github", "gitlab"]),
        ("bakegen lint --format=gitl", ["gitlab"]),
        ("bakegen rewrite --only add-l", ["add-link"]),
        ("bakegen build --platf", [""]),
        ("bakegen graph --form", ["--format"]),
        ("bakegen graph --format m", ["mermaid"]),
        ("bakegen render --project", ["--project"]),
        ("bakegen lint Doc", ["compopt -o default", ""]),
        ("bakegen help ca", ["cache"]),
        ("bakegen help cache pr", ["prune"]),
    ],
)
def test_a_real_bash_is_offered(project: Path, line: str, offered: list[str]) -> None:
    assert bash(project, line) == offered


@needs_bash
def test_names_come_from_the_project_that_is_named(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert bash(elsewhere, "bakegen build a") == [""]
    assert bash(elsewhere, f"bakegen build --project {project} a") == ["app", "app-1-9", "app-1-10"]


@needs_bash
def test_branches_and_revisions(project: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["commit", "-q", "--allow-empty", "-m", "a"],
        ["branch", "topic/x"],
    ):
        subprocess.run([*git, *arguments], cwd=project, check=True)
    subprocess.run([*git, "tag", "v1"], cwd=project, check=True)
    assert bash(project, "bakegen render --branch top") == ["topic/x"]
    assert bash(project, "bakegen explain --since v") == ["v1"]


@needs_bash
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("bakegen.yaml", ": : :"),
        ("images/app/image.yaml", "tagz: [x]\n"),
        ("images/app/Dockerfile", "FROM base\nX y\n"),
    ],
)
def test_a_mistake_is_no_text_in_somebodys_line(project: Path, file: str, text: str) -> None:
    (project / file).write_text(text)
    assert bash(project, "bakegen build a") == [""]
    assert bash(project, "bakegen bui") == ["build"]
    assert bash(project, "bakegen rule from-as") == ["from-as-casing"]


def ask(folder: Path, shell: str, line: str, word: str) -> list[str]:
    """As the scripts for zsh and fish ask: zsh tells the number of the word, fish the word."""
    number = str(len(line.split()) - (1 if word else 0))
    current = number if shell == "zsh" else word
    environ = {"_BAKEGEN_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": current}
    return run(folder, ["bakegen"], **environ).splitlines()


def test_zsh_and_fish_ask_so(project: Path) -> None:
    assert ask(project, "zsh", "bakegen build pr", "pr") == ["plain", "pr", "2 targets"]
    found = ask(project, "fish", "bakegen build app-1-1", "app-1-1")
    assert any("app-1-10" in line for line in found)
    assert not any("app-1-9" in line for line in found)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_right_for_their_shell(project: Path, shell: str) -> None:
    text = run(project, ["bakegen", "completion", shell])
    assert f"_BAKEGEN_COMPLETE={shell}_complete" in text
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=text, text=True, check=True, timeout=60)


def test_a_request_of_another_kind_is_refused_without_a_word(project: Path) -> None:
    done = subprocess.run(
        ["bakegen"], env=environment(project, _BAKEGEN_COMPLETE="tcsh_complete"), capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_three_hundred_targets_are_offered_soon(project: Path) -> None:
    versions = ", ".join(f'"1.{number}"' for number in range(300))
    (project / "images/app/image.yaml").write_text(
        f'matrix: {{axes: {{v: [{versions}]}}}}\nargs: {{V: "{{{{ v }}}}"}}\n'
    )
    began = time.monotonic()
    found = ask(project, "zsh", "bakegen build app", "app")
    seconds = time.monotonic() - began
    assert found.count("plain") == 301  # and their group
    assert seconds < 10  # a tenth of a second where nothing else runs
