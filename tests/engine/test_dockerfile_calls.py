"""Awkward Dockerfiles, read by us and by BuildKit (`--call=outline`, `--call=targets`): the same must come out."""

from __future__ import annotations

import json
import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.diagnostics import Severity, render_text
from bakegen.dockerfile import read
from bakegen.dockerfile.outline import outline
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.dockerfile import Dockerfile
    from tests.engine.harness.commands import Completed
    from tests.engine.harness.engine import Engine

FOLDER = Path(__file__).parent / "dockerfiles"
ACCEPTED = sorted((FOLDER / "accepted").glob("*.Dockerfile"))
REFUSED = sorted((FOLDER / "refused").glob("*.Dockerfile"))
MACHINE = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}.get(platform.machine(), "linux/amd64")
PLATFORM = "linux/amd64"
ARGS: Mapping[str, str] = {"ONLY_NAME": "given", "LOCAL": "from outside", "SEQ": "given $SEQ"}
# Two outlines of each: as it stands, and with arguments that some of the files declare.
RUNS: tuple[Mapping[str, str], ...] = ({}, ARGS)
# Flags that not every BuildKit knows: a file of their own each, which may be refused for the flag alone.
OPTIONAL_FLAGS = {
    "flags-unpack": "unknown flag: --unpack",
    "flags-parents": "unknown flag: --parents",
    "flags-security": "unknown flag: --security",
    "flags-device": "device feature is only supported",
}


def model(path: Path) -> Dockerfile:
    return read(Source.from_bytes(path.name, path.read_bytes()))


@pytest.fixture(scope="module")
def answers(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Path, str, int], Completed]:
    """What BuildKit says of each file to each question, asked four at a time."""
    context = tmp_path_factory.mktemp("context")

    def ask(question: tuple[Path, str, int]) -> Completed:
        path, call, run = question
        args = [f"--build-arg={name}={value}" for name, value in RUNS[run].items()]
        line = ["buildx", "build", f"--call={call},format=json", f"--platform={PLATFORM}", *args, "-f", str(path)]
        return engine.run([*line, str(context)], check=False, timeout=60)

    questions = [(path, "outline", run) for path in ACCEPTED for run in range(len(RUNS))]
    questions += [(path, "targets", 0) for path in ACCEPTED]
    questions += [(path, "outline", 0) for path in REFUSED]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(questions, pool.map(ask, questions), strict=True))


def refuses(done: Completed) -> bool:
    return done.code != 0


def skip_unknown_flag(done: Completed, path: Path) -> None:
    words = OPTIONAL_FLAGS.get(path.stem)
    if words is not None and refuses(done) and words in done.stderr:
        pytest.skip(f"this BuildKit says: {words}")


def line_of(item: Mapping[str, Any]) -> int:
    ranges = item["location"]["ranges"]
    return int(ranges[0]["start"]["line"])


def entry(item: Mapping[str, Any], *keys: str) -> tuple[object, ...]:
    return (item["name"], *(item.get(key) or "" for key in keys), line_of(item))


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
@pytest.mark.parametrize("run", range(len(RUNS)), ids=("plain", "args"))
def test_outline(answers: dict[tuple[Path, str, int], Completed], path: Path, run: int) -> None:
    """BuildKit accepts the file and so do we; arguments, secrets, SSH, name and description are the same."""
    done = answers[path, "outline", run]
    skip_unknown_flag(done, path)
    assert not refuses(done), done.stderr
    dockerfile = model(path)
    resolved = dockerfile.resolve(RUNS[run], platform=PLATFORM, build_platform=MACHINE)
    refused = [d for d in (*dockerfile.diagnostics, *resolved.diagnostics) if d.severity is Severity.ERROR]
    assert not refused, "\n".join(render_text(d) for d in refused)
    theirs, ours = json.loads(done.stdout), outline(resolved)
    assert (theirs.get("name") or "", theirs.get("description") or "") == (ours.name, ours.description)
    assert sorted(entry(arg, "value", "description") for arg in theirs.get("args") or ()) == sorted(
        (arg.name, arg.value, arg.description, arg.line) for arg in ours.args
    )
    for kind, mine in (("secrets", ours.secrets), ("ssh", ours.ssh)):
        assert sorted(entry(item, "required") for item in theirs.get(kind) or ()) == sorted(
            (item.name, item.required or "", item.line) for item in mine
        )


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_targets(answers: dict[tuple[Path, str, int], Completed], path: Path) -> None:
    """The stages, their names, descriptions, bases, platforms and which one is built by default."""
    done = answers[path, "targets", 0]
    skip_unknown_flag(done, path)
    assert not refuses(done), done.stderr
    theirs = [
        (*entry(item, "description", "base", "platform"), bool(item.get("default")))
        for item in ({"name": "", **item} for item in json.loads(done.stdout)["targets"])
    ]
    ours = [
        (stage.name, stage.description, stage.base, stage.platform, stage.line, stage.default)
        for stage in model(path).targets()
    ]
    assert theirs == ours


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name.removesuffix(".Dockerfile"))
def test_refused(answers: dict[tuple[Path, str, int], Completed], path: Path) -> None:
    """BuildKit refuses the file; we refuse it with the code in the file's name, and point at a place in it."""
    done = answers[path, "outline", 0]
    assert refuses(done), done.stdout
    dockerfile = model(path)
    resolved = dockerfile.resolve(platform=PLATFORM, build_platform=MACHINE)
    found = [d for d in (*dockerfile.diagnostics, *resolved.diagnostics) if d.severity is Severity.ERROR]
    code = path.name.partition(".")[0]
    assert code in {d.code for d in found}
    assert all(d.location is not None and d.location.source is dockerfile.source for d in found)
    assert not resolved.ok
