"""How often what is built, on a docker that is a script: it says what it was told and writes images as buildx does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.errors import EngineError, InputError
from bakegen.workspace.solving import BuildFailed
from bakegen.workspace.verifying import Build, Engine, verify_images, verify_pair
from tests.unit.compare.archives import Member, archive, layer, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Files: TypeAlias = Callable[[str, str], tuple[Build, Build]]

_DOCKER = """#!{python}
import json, os, pathlib, shutil, sys, time
folder = pathlib.Path({folder!r})
arguments = sys.argv[1:]
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
file = next(one for one in arguments if one.startswith("--file=")).removeprefix("--file=")
lines = pathlib.Path(file).read_text().split("\\n")
if lines[0] == "hang":
    print("#1 [1/2] RUN hang", file=sys.stderr, flush=True)
    (folder / "pid").write_text(str(os.getpid()))
    time.sleep(60)
for number, line in enumerate(lines[1:], 1):
    print(line, file=sys.stderr)
if lines[0] == "fail":
    sys.exit(1)
# The n-th build of a Dockerfile gives its n-th image, the last one from then on.
images = lines[0].split()
seen = folder / ("seen-" + images[0])
count = int(seen.read_text()) if seen.exists() else 0
seen.write_text(str(count + 1))
output = next(one for one in arguments if one.startswith("--output=")).removeprefix("--output=")
fields = dict(field.split("=", 1) for field in output.split(","))
if images[0] != "nothing":
    shutil.copytree(folder / images[min(count, len(images) - 1)], fields["dest"], dirs_exist_ok=True)
"""


class Docker:
    """Images by name, and what docker was called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def image(self, name: str, *members: Member, zstd: bool = False) -> None:
        data = layer(*members)
        if zstd:
            data = b"\x28\xb5\x2f\xfd" + data
        unpack(archive([layer(Member("base")), data]), self.folder / name)

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def made(self) -> list[tuple[str, bool]]:
        """Which Dockerfile was built, and whether without the cache."""
        return [(self._first(call), "--no-cache" in call) for call in self.calls]

    def _first(self, call: list[str]) -> str:
        return Path(next(one for one in call if one.startswith("--file=")).removeprefix("--file=")).name


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    folder = tmp_path / "fake"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "docker"
    program.write_text(_DOCKER.format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    made = Docker(folder)
    made.image("a", Member("f", data=b"a"))
    made.image("a2", Member("f", data=b"A"))
    made.image("b", Member("f", data=b"b"))
    made.image("b2", Member("f", data=b"a", mode=0o600))
    return made


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Two Dockerfiles whose first lines say which images they give."""

    def write(original: str, rewritten: str) -> tuple[Build, Build]:
        (tmp_path / "original").write_text(original)
        (tmp_path / "rewritten").write_text(rewritten)
        return Build(tmp_path / "original", tmp_path), Build(tmp_path / "rewritten", tmp_path)

    return write


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("bakegen-*")]


def test_two_builds_where_nothing_differs(docker: Docker, files: Files, tmp_path: Path) -> None:
    found = verify_pair(*files("a", "a"))
    assert found.same
    assert docker.made == [("original", True), ("rewritten", False)]
    assert [(one.what, one.fresh) for one in found.builds] == [("original", True), ("rewritten", False)]
    assert left(tmp_path) == []


def test_the_control_is_built_where_something_differs(docker: Docker, files: Files) -> None:
    found = verify_pair(*files("a a2", "b"))
    assert (found.same, len(found.comparison.varying)) == (True, 1)
    assert docker.made == [("original", True), ("rewritten", False), ("original", True)]


def test_what_the_control_does_not_explain_is_built_afresh(docker: Docker, files: Files) -> None:
    found = verify_pair(*files("a", "b"))
    assert [(one.path, one.aspect) for one in found.differences] == [("/f", "bytes")]
    assert docker.made == [("original", True), ("rewritten", False), ("original", True), ("rewritten", True)]


def test_the_cache_may_hold_another_day(docker: Docker, files: Files) -> None:
    assert verify_pair(*files("a", "b a")).same


def test_what_differs_once_only_varies(docker: Docker, files: Files) -> None:
    found = verify_pair(*files("a", "b b2"))
    assert (found.same, [one.aspect for one in found.comparison.varying]) == (True, ["mode"])


def test_without_a_control_everything_counts(docker: Docker, files: Files) -> None:
    found = verify_pair(*files("a a2", "b"), control=False)
    assert not found.same
    assert docker.made == [("original", True), ("rewritten", False), ("rewritten", True)]


def test_a_bad_declared_path_is_told_before_anything_is_built(docker: Docker, files: Files) -> None:
    with pytest.raises(InputError, match="absolute"):
        verify_pair(*files("a", "b"), ignore=["x"])
    assert not (docker.folder / "calls").exists()
    assert verify_pair(*files("a", "b"), ignore=["/f"]).same


def test_layers_of_the_base_stay_for_the_next_pair(docker: Docker, files: Files, tmp_path: Path) -> None:
    with Engine() as engine:
        verify_pair(*files("a", "b"), engine=engine)
        (kept,) = tmp_path.glob("bakegen-*/images/blobs/sha256/*")
        assert verify_pair(*files("a", "a"), engine=engine).same
        assert kept.exists()
        assert len(engine.builds) == 6
    assert left(tmp_path) == []


def test_arguments(docker: Docker, tmp_path: Path) -> None:
    build = Build(
        "a\n",
        tmp_path,
        ignore="*.txt\n",
        args={"A": "1=2", "B": ""},
        contexts={"x": "docker-image://y"},
        target="t",
        platform="linux/arm64",
        extra=("--network=host",),
    )
    with Engine(builder="other") as engine:
        engine.image(build, "it", fresh=True)
    (call,) = docker.calls
    assert call[:2] == ["buildx", "build"]
    assert call[-2:] == ["--", str(tmp_path)]
    wanted = ["--builder=other", "--progress=plain", "--provenance=false", "--sbom=false", "--no-cache"]
    wanted += ["--build-arg=A=1=2", "--build-arg=B=", "--build-context=x=docker-image://y", "--target=t"]
    wanted += ["--platform=linux/arm64", "--network=host"]
    assert set(wanted) <= set(call)


def test_the_ignore_file_lies_beside_the_dockerfile(tmp_path: Path) -> None:
    Build("FROM x\n", ignore="*.txt").arguments(tmp_path, {"type": "oci"}, fresh=False)
    assert (tmp_path / "Dockerfile").read_bytes() == b"FROM x\n"
    assert (tmp_path / "Dockerfile.dockerignore").read_bytes() == b"*.txt"
    (tmp_path / "other").write_bytes(b"FROM \xff\n")
    Build(tmp_path / "other", ignore="").arguments(tmp_path, {"type": "oci"}, fresh=False)
    assert (tmp_path / "Dockerfile").read_bytes() == b"FROM \xff\n"
    assert (tmp_path / "Dockerfile.dockerignore").read_bytes() == b""


def test_a_failing_build_shows_its_end(docker: Docker, files: Files, tmp_path: Path) -> None:
    log = "\n".join(f"#{number} line" for number in range(100)) + "\nERROR: it broke"
    with pytest.raises(BuildFailed, match="original: the build failed") as caught:
        verify_pair(*files("fail\n" + log, "a"))
    assert str(caught.value).endswith("#99 line\nERROR: it broke")
    assert "#50 line" not in str(caught.value)
    assert left(tmp_path) == []


def test_steps_are_told_once(docker: Docker, files: Files) -> None:
    log = "#1 [internal] load\n#2 [1/2] FROM x\n#2 CACHED\n#3 [s 2/2] RUN y\n#2 [1/2] FROM x\n#3 0.1 [z] out"
    told: list[str] = []
    with Engine(say=told.append) as engine:
        engine.image(files("a\n" + log, "a")[0], "it", fresh=True)
    assert told[0] == "it: building"
    assert sorted(told[1:3]) == ["it: [1/2] FROM x", "it: [s 2/2] RUN y"]
    assert told[3].startswith("it: 2 entries, 0.0 MB, ")


def test_a_build_that_writes_nothing(docker: Docker, files: Files) -> None:
    with Engine() as engine:
        engine.image(files("a", "")[0], "it", fresh=True)
        # What an earlier build left behind is not taken for its image.
        with pytest.raises(EngineError, match="oci-layout"):
            engine.image(files("nothing", "")[0], "it", fresh=True)


def test_layers_that_python_cannot_unpack(docker: Docker, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    docker.image("z", Member("f", data=b"a"), zstd=True)
    assert verify_pair(*files("z a", "a")).same
    outputs = [next(one for one in call if one.startswith("--output=")) for call in docker.calls]
    assert ["force-compression=true" in one for one in outputs] == [False, True, True]
    with pytest.raises(EngineError, match="zstd"):
        verify_pair(*files("z", "a"))


def gone(pid: int) -> bool:
    """Whether a process is no more; one that nobody has waited for yet counts too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def test_a_build_that_takes_too_long_is_ended(docker: Docker, files: Files, tmp_path: Path) -> None:
    with Engine(timeout=1.0) as engine, pytest.raises(EngineError, match="not built within 1 seconds"):
        engine.image(files("hang", "")[0], "original", fresh=True)
    assert wait(lambda: gone(int((docker.folder / "pid").read_text())))
    assert left(tmp_path) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_the_build(docker: Docker, files: Files, tmp_path: Path, number: int, code: int) -> None:
    files("hang", "hang")
    line = ["verify", "--original", str(tmp_path / "original"), "--rewritten", str(tmp_path / "rewritten")]
    process = subprocess.Popen([sys.executable, "-m", "bakegen", *line], stderr=subprocess.PIPE)
    try:
        assert wait(lambda: (docker.folder / "pid").exists() and bool((docker.folder / "pid").read_text()))
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == code
    assert b"Traceback" not in said
    assert wait(lambda: gone(int((docker.folder / "pid").read_text())))
    assert left(tmp_path) == []


def test_a_signal_while_the_build_is_being_started(
    docker: Docker, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    started: list[subprocess.Popen[bytes]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **more: object) -> None:
            super().__init__(*arguments, **more)  # type: ignore[call-overload]
            started.append(self)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)

    monkeypatch.setattr("subprocess.Popen", Popen)
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with Engine() as engine, pytest.raises(Interrupted):
            engine.image(files("hang", "")[0], "original", fresh=True)
        assert signal.getsignal(signal.SIGTERM) is interrupt
    finally:
        signal.signal(signal.SIGTERM, before)
    assert started[0].poll() is not None
    assert left(tmp_path) == []


def test_no_docker(files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="docker is not there"):
        verify_pair(*files("a", "a"))


def test_archives_and_references(docker: Docker, tmp_path: Path) -> None:
    data = archive([layer(Member("base")), layer(Member("f", data=b"a"))])
    (tmp_path / "a.tar").write_bytes(data)
    assert verify_images(str(tmp_path / "a.tar"), str(docker.folder / "a")).same
    assert not (docker.folder / "calls").exists()
    found = verify_images(str(tmp_path / "a.tar"), str(docker.folder / "b"), control=str(docker.folder / "a2"))
    assert (found.same, len(found.builds)) == (True, 3)


@pytest.mark.parametrize("name", ["no such file", "a b", "$HOME", "a\nRUN x", "-x", ""])
def test_what_is_no_image(docker: Docker, name: str) -> None:
    with pytest.raises(InputError, match="neither a file nor a reference"):
        verify_images(name, name)


def test_no_thread_stays(docker: Docker, files: Files) -> None:
    before = threading.active_count()
    verify_pair(*files("a", "b"))
    assert threading.active_count() == before
