"""Builds on machines that fail: engines that are killed, signals, full disks, streams that nobody reads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.engine.harness.commands import run
from tests.engine.test_build import build, digest_of, statuses
from tests.images import github

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry
    from tests.engine.harness.session import Session

SECONDS = 40.0


@pytest.fixture
def project(tmp_path: Path, registry: Registry, busybox_image: str) -> Path:
    """`quick` is through in a moment; `slow` would take minutes, and `kid` builds on it."""
    folder = tmp_path / "project"
    name = tmp_path.name.replace("_", "-").rstrip("-")
    files = {
        "quick": f"FROM {busybox_image}\nRUN echo {name} > /quick\n",
        "slow": f"FROM {busybox_image}\nRUN echo {name} && sleep 300\n",
        "kid": "FROM slow\nRUN true\n",
    }
    for image, text in files.items():
        (folder / "images" / image).mkdir(parents=True)
        (folder / "images" / image / "image.yaml").write_text("")
        (folder / "images" / image / "Dockerfile").write_text(text)
    (folder / "bakegen.yaml").write_text(f"registry: {registry.host}/machines/{name}\ndefault-branch: master\n")
    return folder


@contextlib.contextmanager
def building(project: Path, engine: PrivateEngine) -> Iterator[subprocess.Popen[str]]:
    """A build that has pushed `quick`, and runs the long step of `slow`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bakegen", "build", "--progress", "json", "--events", "events.jsonl"],
        cwd=project, env={**engine.env, **github(project.parent, "master")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + SECONDS
        while not ({"ready"} <= events(project, "quick") and {"started"} <= events(project, "slow")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until, "it takes too long"
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.communicate()


def events(project: Path, target: str) -> set[str]:
    """What has happened to a target."""
    path = project / "events.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines if line.endswith("}")]
    return {one["event"] for one in found if one["target"] == target}


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code of a command and the last line of its standard error."""
    _, errors = process.communicate(timeout=SECONDS)
    return process.returncode, errors.rstrip().splitlines()[-1]


def check_report(project: Path, registry: Registry, *, finished: bool) -> None:
    """The report has what was pushed, and says of the rest that it was not built."""
    report = json.loads((project / "bakegen-report.json").read_text())
    targets = {one["name"]: one for one in report["targets"]}
    assert report["finished"] is finished
    assert statuses(targets) == {"kid": "not built", "quick": "built", "slow": "not built"}
    quick = targets["quick"]
    assert len(quick["references"]) == 2
    assert all(digest_of(registry, reference) == quick["digest"] for reference in quick["references"])
    prefix = quick["references"][0].removeprefix(f"{registry.host}/").rpartition("/")[0]
    assert (registry.tags(f"{prefix}/slow"), registry.tags(f"{prefix}/kid")) == ((), ())


def test_an_engine_that_is_killed(project: Path, session: Session, registry: Registry, busybox_image: str) -> None:
    doomed = session.private_engine("doomed")
    assert doomed.daemon is not None
    with building(project, doomed) as process:
        doomed.daemon.process.kill()
        code, last = ended(process)
    assert code == 3
    assert last.startswith("error: Cannot connect to the Docker daemon at unix://")
    assert last.endswith("2 not built: kid, slow")
    check_report(project, registry, finished=True)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["int", "term", "hup"]
)
def test_a_signal(project: Path, first_machine: PrivateEngine, registry: Registry, number: int, code: int) -> None:
    with building(project, first_machine) as process:
        process.send_signal(number)
        assert ended(process) == (code, "interrupted: 1 built, 2 not built")
    check_report(project, registry, finished=False)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is all but full: a page is left, which is less than a report or bake files take."""
    folder = tmp_path / "small"
    folder.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)])
    try:
        with (folder / "filler").open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            file.truncate(file.tell() - 4096)
        yield folder
    finally:
        run(["umount", "-l", str(folder)])


def test_full_disks(project: Path, first_machine: PrivateEngine, small: Path) -> None:
    master = github(project.parent, "master")
    # For the bake files: nothing begins, and the file is named.
    done, targets = build(project, first_machine, {**master, "TMPDIR": str(small)}, "quick", "slow", "kid")
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"error: No space left on device: {small}/")
    assert set(statuses(targets).values()) == {"not built"}
    assert all("No space left on device" in one["error"] for one in targets.values())

    # For what is handed on: the image is there all the same, and standard output has it.
    (project / "bakegen-report.json").unlink()
    (small / "more").write_bytes(bytes(4096))
    report, log = small / "report.json", "/dev/full"
    done, _ = build(project, first_machine, master, "quick", "--report", str(report), "--events", log)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "error: not all files written"), done.stderr
    assert f"cannot write '{report}': no space left on device" in done.stderr
    assert f"cannot write '{log}': no space left on device" in done.stderr
    assert sorted(path.name for path in small.iterdir()) == ["filler", "more"]
    assert "quick   built" in done.stdout
    again, targets = build(project, None, master, "quick")
    assert (again.returncode, statuses(targets)) == (0, {"quick": "skipped"})


def test_streams_that_nobody_reads(project: Path, first_machine: PrivateEngine) -> None:
    """The exit code is that of the build, and all of it is done."""
    (project / "images" / "bad").mkdir()
    (project / "images" / "bad" / "image.yaml").write_text("")
    (project / "images" / "bad" / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    command = [sys.executable, "-m", "bakegen", "build", "--progress", "plain", "quick"]
    environ = {**first_machine.env, **github(project.parent, "master")}
    reader, writer = os.pipe()
    os.close(reader)
    broken = subprocess.run([*command, "bad"], cwd=project, env=environ, stdout=writer, stderr=writer, check=False)
    os.close(writer)
    report = json.loads((project / "bakegen-report.json").read_text())
    assert {one["name"]: one["status"] for one in report["targets"]} == {"bad": "failed", "quick": "built"}
    closed = subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *command], cwd=project, env=environ, check=False)
    assert (broken.returncode, closed.returncode) == (1, 0)
