"""`bakegen verify` as a process, on images that lie on disk: what it prints and ends with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.running import bakegen
from tests.unit.compare.archives import Member, archive, layer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    def write(name: str, *members: Member, **config: object) -> None:
        (tmp_path / name).write_bytes(archive([layer(*members)], config))

    write("a", Member("f", data=b"one\ntwo\n"), Member("t", data=b"1"), Member("x", mode=0o644), Cmd=["a"])
    write("again", Member("f", data=b"one\ntwo\n"), Member("t", data=b"2"), Member("x", mode=0o644), Cmd=["a"])
    write("b", Member("f", data=b"one\nTWO\n"), Member("t", data=b"3"), Member("x", mode=0o600), Cmd=["b"])
    write("many", *(Member(f"d{one}/{two}") for one in range(9) for two in range(9)))
    write("hostile\x1b[31m", Member("\x1b[2Jname\n::error::x"))
    return tmp_path


def test_the_same(images: Path) -> None:
    done = bakegen(images, "verify", "--images", "a", "a")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the same image (config, 3 entries, 0.0 MB; original ")


def test_differences(images: Path) -> None:
    done = bakegen(images, "verify", "--images", "a", "b", "--control", "again", "--ignore", "/x")
    assert done.returncode == 1
    assert done.stdout.splitlines()[:-1] == [
        "PATH    ASPECT  ORIGINAL                 REWRITTEN",
        'config  Cmd     ["a"]                    ["b"]',
        "/f      bytes   8 B sha256:c3f9c8c283a2  8 B sha256:ff4bebae5b91",
        "",
        "/f",
        "  -two",
        "  +TWO",
    ]
    assert done.stdout.splitlines()[-1].startswith(
        "2 differences, beside 1 that vary from build to build and 1 in declared paths (config, 3 entries"
    )


def test_all_shows_what_is_explained(images: Path) -> None:
    line = ["verify", "--images", "a", "b", "--control", "again", "--ignore", "/x", "--all"]
    done = bakegen(images, *line)
    assert [row.split()[0] + " " + row.split()[-1] for row in done.stdout.splitlines()[3:5]] == [
        "/t varies",
        "/x declared",
    ]
    found = json.loads(bakegen(images, *line, "--format", "json").stdout)
    (one,) = found["verified"]
    assert (found["same"], one["same"], one["entries"]) == (False, False, 3)
    assert one["differences"][0] == {"path": "config", "aspect": "Cmd", "original": '["a"]', "rewritten": '["b"]'}
    assert one["explained"] == {"varying": 1, "declared": 1}
    assert [one["path"] for one in one["varying"] + one["declared"]] == ["/t", "/x"]


def test_many_differences_are_summed_up(images: Path) -> None:
    done = bakegen(images, "verify", "--images", "a", "many")
    assert done.returncode == 1
    assert "/d0/…" not in done.stdout  # directories that are new as a whole are one row each
    assert "presence (and 9 below)" in done.stdout
    assert bakegen(images, "verify", "--images", "many", "many").returncode == 0


def test_names_cannot_speak_to_the_terminal(images: Path) -> None:
    done = bakegen(images, "verify", "--images", "a", "hostile\x1b[31m")
    assert "\x1b" not in done.stdout + done.stderr
    assert not any(line.startswith("::") for line in done.stdout.splitlines())
    found = json.loads(bakegen(images, "verify", "--images", "a", "hostile\x1b[31m", "--format", "json").stdout)
    assert "/\x1b[2Jname\n::error::x" in [one["path"] for one in found["verified"][0]["differences"]]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["--original", "a"], "both --original and --rewritten"),
        (["--images", "a", "b", "--file", "c"], "--images, or --file"),
        (["--images", "a", "b", "c"], "takes no further arguments"),
        (["--original", "a", "--rewritten", "b", "c", "d"], "one build context"),
        (["--build-arg", "A=1"], "--build-arg goes with --original or --file"),
        (["--secret", "id=x"], "--secret goes with"),
        (["--control", "a"], "--control goes with --images"),
        (["--only", "add-link", "--images", "a", "b"], "--only goes with --file"),
        (["--original", "a", "--rewritten", "b", "--build-arg", "=x"], "NAME=VALUE"),
        (["--file", "missing"], "is not there"),
        (["--original", "missing", "--rewritten", "a"], "is not there"),
        (["--images", "missing file", "a"], "neither a file nor a reference"),
        (["--images", "a", "b", "--ignore", "relative"], "no absolute path"),
        (["--images", "a", "b", "--platform", "linux/arm64"], "holds no image for linux/arm64"),
        (["--timeout", "0", "--images", "a", "b"], "timeout"),
        (["--only", "nonsense", "--file", "Dockerfile"], "no rewrite is called"),
        ([], "no bakegen.yaml"),
    ],
)
def test_bad_input(images: Path, line: list[str], why: str) -> None:
    (images / "Dockerfile").write_text("FROM scratch\n")
    done = bakegen(images, "verify", *line)
    assert done.returncode == 2, done.stdout + done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_where_nothing_is_rewritten(tmp_path: Path) -> None:
    (tmp_path / "bakegen.yaml").write_text("")
    (tmp_path / "images/a").mkdir(parents=True)
    (tmp_path / "images/a/image.yaml").write_text("")
    (tmp_path / "images/a/Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    done = bakegen(tmp_path, "verify")
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 of 1 targets are built as they are written" in done.stderr
    assert "no target or group is called 'b'" in bakegen(tmp_path, "verify", "b").stderr
