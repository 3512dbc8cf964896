"""`bakegen rewrite` as a process: what it prints, writes and ends with."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from bakegen.facts.lockfile import Lock, write_lock
from bakegen.facts.model import BaseFacts
from tests.unit.cli.running import bakegen
from tests.unit.rewrites.evidence import PLAIN

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = "FROM debian:13\nARG GIT_SHA\nRUN mkdir -p /app\nRUN make\nLABEL revision=$GIT_SHA\n"
REWRITTEN = "FROM debian:13\nRUN mkdir -p /app\nARG GIT_SHA\nRUN make\nLABEL revision=$GIT_SHA\n"
LOCK = write_lock(Lock({"debian:13": BaseFacts("sha256:" + "1" * 64, {"linux/amd64": PLAIN})}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "bakegen.lock").write_text(LOCK)
    return tmp_path


def test_it_prints_a_diff_with_reasons_and_writes_nothing(folder: Path) -> None:
    done = bakegen(folder, "rewrite")
    assert done.returncode == 0, done.stderr
    assert "# sink-arg: proved (T2, E1)\n" in done.stdout
    assert "#   gain: a new value of GIT_SHA re-runs 1 fewer RUN (line 3)\n" in done.stdout
    assert "@@ -1,5 +1,5 @@\n" in done.stdout
    assert "Dockerfile:3:1: not done: sink-arg" in done.stdout
    assert "missing: whether the RUN of line 4 reads GIT_SHA: make" in done.stdout
    assert "supply: " in done.stdout
    assert "1 changes in 1 of 1 files to make with --write" in done.stderr
    assert (folder / "Dockerfile").read_text() == DOCKERFILE


def test_write_and_then_nothing_is_left(folder: Path) -> None:
    assert bakegen(folder, "rewrite", "--check").returncode == 1
    assert bakegen(folder, "rewrite", "--write", "Dockerfile").returncode == 0
    assert (folder / "Dockerfile").read_text() == REWRITTEN
    again = bakegen(folder, "rewrite", "--check")
    assert again.returncode == 0
    assert (folder / "Dockerfile").read_text() == REWRITTEN


def test_the_patch_applies(folder: Path) -> None:
    done = bakegen(folder, "rewrite", "--format", "diff")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "-"], cwd=folder, input=done.stdout, text=True, check=True)
    assert (folder / "Dockerfile").read_text() == REWRITTEN


def test_json(folder: Path) -> None:
    [found] = json.loads(bakegen(folder, "rewrite", "--format", "json").stdout)
    assert found["file"] == "Dockerfile" and found["changed"] and found["text"] == REWRITTEN
    [applied] = found["applied"]
    assert (applied["rewrite"], applied["line"], applied["level"], applied["equivalence"]) == (
        "sink-arg", 2, "proved", "E1",
    )  # fmt: skip
    assert any(missing["what"] for offer in found["offered"] for missing in offer["missing"])


def test_only_and_skip_take_names(folder: Path) -> None:
    assert bakegen(folder, "rewrite", "--skip", "sink-arg,sink-env", "--check").returncode == 0
    assert bakegen(folder, "rewrite", "--only", "sink-arg", "--check").returncode == 1
    wrong = bakegen(folder, "rewrite", "--only", "sink-args")
    assert wrong.returncode == 2 and "did you mean 'sink-arg'?" in wrong.stderr


def test_what_cannot_be_read_is_told(folder: Path) -> None:
    assert bakegen(folder, "rewrite", "none").returncode == 2
    assert bakegen(folder, "rewrite", ".").returncode == 2
    (folder / "bad").write_text("FROM a\nCOPY x\n")
    bad = bakegen(folder, "rewrite", "bad", "--write")
    assert bad.returncode == 2 and "bad:2:1" in bad.stderr and "^" in bad.stderr
    assert (folder / "bad").read_text() == "FROM a\nCOPY x\n"
    (folder / "other").write_text("# syntax=example.com/other\nFROM a\nARG B\nRUN true\n")
    other = bakegen(folder, "rewrite", "other")
    assert other.returncode == 0 and "another frontend, example.com/other" in other.stdout
    broken = bakegen(folder, "rewrite", "--build-arg", "=X")
    assert broken.returncode == 2


def test_one_bad_file_does_not_stop_the_others(folder: Path) -> None:
    (folder / "bad").write_text("FROM a\nCOPY x\n")
    done = bakegen(folder, "rewrite", "bad", "Dockerfile", "--write")
    assert done.returncode == 2
    assert (folder / "Dockerfile").read_text() == REWRITTEN


def test_the_list_names_every_rewrite(folder: Path) -> None:
    done = bakegen(folder, "rewrite", "--list")
    assert done.returncode == 0
    assert "sink-arg" in done.stdout and "sink-env" in done.stdout


def test_bytes_that_are_no_text_come_through(folder: Path) -> None:
    data = b"FROM debian:13\r\n# caf\xe9\r\nARG GIT_SHA\r\nRUN mkdir /a\r\n"
    (folder / "Dockerfile").write_bytes(data)
    assert bakegen(folder, "rewrite", "--write").returncode == 0
    assert (folder / "Dockerfile").read_bytes() == b"FROM debian:13\r\nRUN mkdir /a\r\n# caf\xe9\r\nARG GIT_SHA\r\n"


def test_render_rewrites_by_policy(tmp_path: Path) -> None:
    for name, text in {
        "bakegen.yaml": "defaults: {rewrite: proved}\n",
        "bakegen.lock": LOCK,
        "images/app/image.yaml": "args: {GIT_SHA: abc}\n",
        "images/app/Dockerfile": DOCKERFILE,
        "images/app/.dockerignore": "secret\n",
        "images/off/image.yaml": "rewrite: off\n",
        "images/off/Dockerfile": DOCKERFILE,
        "images/skip/image.yaml": "rewrite-skip: [sink-arg]\n",
        "images/skip/Dockerfile": DOCKERFILE,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = bakegen(tmp_path, "render")
    assert done.returncode == 0, done.stderr
    made = (tmp_path / ".bakegen/app.Dockerfile").read_text()
    head, _, body = made.partition("#\n")
    assert "from images/app/Dockerfile" in head and "Rewritten by sink-arg" in head
    assert body == REWRITTEN
    assert "secret\n" in (tmp_path / ".bakegen/app.Dockerfile.dockerignore").read_text()
    bake = (tmp_path / "docker-bake.hcl").read_text()
    assert '.bakegen/app.Dockerfile"' in bake and "off.Dockerfile" not in bake and "skip.Dockerfile" not in bake
    assert bakegen(tmp_path, "render", "--check").returncode == 0
    # Without a Dockerfile here, those of the project are meant.
    whole = bakegen(tmp_path, "rewrite", "--format", "json")
    assert [one["file"] for one in json.loads(whole.stdout)] == [
        f"images/{name}/Dockerfile" for name in ("app", "off", "skip")
    ]
    wrong = bakegen(tmp_path, "render", "--set", "app.rewrite-only=sink")
    assert wrong.returncode == 2 and "no rewrite is called 'sink'" in wrong.stderr
