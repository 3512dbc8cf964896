"""What the rules on caches say of BuildKit, asked of BuildKit."""

from __future__ import annotations

import json
import os
import re
import tarfile
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import Engine

pytestmark = pytest.mark.engine


class Builds:
    """Builds texts in a folder, each from the small image."""

    def __init__(self, engine: Engine, image: str, folder: Path) -> None:
        self.engine = engine
        self.image = image
        self.folder = folder

    def _write(self, text: str) -> None:
        (self.folder / "Dockerfile").write_text(text.replace("IMAGE", self.image))

    def log(self, text: str, *flags: str) -> tuple[int, str]:
        """The exit code of a build and what it printed."""
        self._write(text)
        done = self.engine.build("--progress=plain", "--output=type=cacheonly", *flags, str(self.folder), check=False)
        return done.code, done.stdout + done.stderr

    def files(self, text: str, *flags: str) -> dict[str, bytes]:
        """The files of an image with their content."""
        self._write(text)
        out = self.folder.parent / "out.tar"
        self.engine.build("--output", f"type=tar,dest={out}", *flags, str(self.folder))
        found = {}
        with tarfile.open(out) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() else None
                found["/" + member.name.strip("/")] = stream.read() if stream is not None else b""
        return found


@pytest.fixture
def builds(engine: Engine, busybox_image: str, tmp_path: Path) -> Builds:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "a.txt").write_text("a\n")
    (folder / "b.txt").write_text("b\n")
    return Builds(engine, busybox_image, folder)


def cached(log: str, command: str) -> bool:
    """Whether the step that runs `command` came from the cache."""
    step = re.search(rf"^#(\d+) \[.*\] .*{re.escape(command)}", log, re.MULTILINE)
    assert step is not None, log
    return re.search(rf"^#{step[1]} CACHED", log, re.MULTILINE) is not None


def test_what_is_written_into_a_cache_mount_cannot_be_copied_out_of_the_stage(builds: Builds) -> None:
    code, log = builds.log(
        "FROM IMAGE AS build\nRUN --mount=type=cache,target=/out,id=ca360 touch /out/app\n"
        "FROM scratch\nCOPY --from=build /out/app /\n"
    )
    assert code and "not found" in log


def test_a_mount_point_cannot_be_removed_but_what_is_in_it_can(builds: Builds) -> None:
    run = "FROM IMAGE\nRUN --mount=type=cache,target=/c/x,id=ca367 mkdir -p /have && touch /c/x/a"
    code, log = builds.log(f"{run} && rm -rf /c\n")
    assert code and "busy" in log.lower()
    with_clean_up = builds.files(f"{run} && rm -rf /c/x/*\n")
    assert with_clean_up == builds.files(f"{run}\n")


def test_a_mount_knows_no_numbers(builds: Builds) -> None:
    code, log = builds.log("FROM IMAGE AS a\nFROM IMAGE\nRUN --mount=from=0,target=/x ls /x\n")
    assert code and "library/0" in log
    code, _ = builds.log("FROM IMAGE AS a\nFROM IMAGE\nRUN --mount=from=a,target=/x ls /x\n")
    assert not code


def test_an_empty_source_is_the_whole_context(builds: Builds) -> None:
    text = "FROM scratch\nARG DIST\nCOPY $DIST /srv/\n"
    assert {"/srv/a.txt", "/srv/b.txt"} <= builds.files(text).keys()
    assert "/srv/b.txt" not in builds.files(text, "--build-arg", "DIST=a.txt")
    code, _ = builds.log(text.replace("$DIST", "${DIST:?}"))
    assert code


def test_white_space_keeps_a_line_from_ending_a_heredoc(builds: Builds) -> None:
    text = "FROM IMAGE\nCOPY <<EOF /a\none\nEOF{}\nRUN mkdir /x\nCOPY <<EOF /b\ntwo\nEOF\n"
    assert {"/x", "/b"} <= builds.files(text.format("")).keys()
    swallowed = builds.files(text.format(" "))
    assert b"RUN mkdir /x" in swallowed["/a"] and not {"/x", "/b"} & swallowed.keys()


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("CMD ['a', 'b']", "Cmd", ["/bin/sh", "-c", "['a', 'b']"]),
        ('ENTRYPOINT ["a", "b",]', "Entrypoint", ["/bin/sh", "-c", '["a", "b",]']),
        ("VOLUME [/data]", "Volumes", {"[/data]": {}}),
    ],
)
def test_what_only_looks_like_json_is_none(builds: Builds, line: str, key: str, value: object) -> None:
    (builds.folder / "Dockerfile").write_text(f"FROM {builds.image}\n{line}\n")
    out = builds.folder.parent / "image.tar"
    builds.engine.build("--output", f"type=oci,dest={out}", str(builds.folder))
    with tarfile.open(out) as tar:

        def read(name: str) -> dict[str, object]:
            stream = tar.extractfile(name)
            assert stream is not None
            found = json.load(stream)
            assert isinstance(found, dict)
            return found

        at = read("index.json")
        while "config" not in at or "layers" not in at:
            digest = at["manifests"][0]["digest"]  # type: ignore[index]
            at = read(f"blobs/{digest.replace(':', '/')}")
        config = read(f"blobs/{at['config']['digest'].replace(':', '/')}")  # type: ignore[index]
    assert config["config"][key] == value  # type: ignore[index]


def test_a_cache_belongs_to_root_unless_it_is_given_to_somebody(builds: Builds) -> None:
    users = "mkdir -p /etc && echo root:x:0:0::/root:/bin/sh > /etc/passwd"
    text = f"FROM IMAGE\nRUN {users}\nUSER 1000\nRUN --mount=type=cache,target=/c,id={{}} touch /c/x\n"
    name = uuid.uuid4().hex
    code, log = builds.log(text.format(name))
    assert code and "denied" in log
    # Another owner is another cache, whatever its id.
    assert not builds.log(text.format(f"{name},uid=1000"))[0]
    assert builds.log(text.format(name))[0]


def test_a_cache_without_an_id_is_called_by_its_target(builds: Builds) -> None:
    place = f"/app/{uuid.uuid4().hex}"
    assert not builds.log(f"FROM IMAGE\nRUN --mount=type=cache,target={place} touch {place}/x\n")[0]
    assert not builds.log(f"FROM IMAGE\nENV A=1\nRUN --mount=type=cache,target={place}/ test -f {place}/x\n")[0]
    assert builds.log(f"FROM IMAGE\nENV A=2\nRUN --mount=type=cache,target={place},id=y test -f {place}/x\n")[0]


def test_a_cache_mount_hides_what_lies_there(builds: Builds) -> None:
    text = "FROM IMAGE\nCOPY a.txt /c/\nRUN --mount=type=cache,target=/c,id=ca333 {}\n"
    assert not builds.log(text.format("test ! -e /c/a.txt"))[0]
    assert builds.files(text.format("touch /c/new")).keys() >= {"/c/a.txt"}
    assert "/c/new" not in builds.files(text.format("touch /c/new"))


def test_an_arg_of_a_base_stage_is_in_the_keys_of_its_children(builds: Builds) -> None:
    name = uuid.uuid4().hex
    text = f"FROM IMAGE AS base\nARG GIT_SHA\n\nFROM base\nRUN echo {name}\n"
    other = text.replace("ARG GIT_SHA\n", "")
    builds.log(text, "--build-arg", "GIT_SHA=1")
    assert cached(builds.log(text, "--build-arg", "GIT_SHA=1")[1], f"echo {name}")
    assert not cached(builds.log(text, "--build-arg", "GIT_SHA=2")[1], f"echo {name}")
    builds.log(other, "--build-arg", "GIT_SHA=1")
    assert cached(builds.log(other, "--build-arg", "GIT_SHA=2")[1], f"echo {name}")


def test_the_target_platform_is_in_the_keys_of_runs_on_the_build_platform(builds: Builds) -> None:
    name = uuid.uuid4().hex
    text = (
        f"FROM --platform=$BUILDPLATFORM IMAGE AS build\nARG TARGETARCH\nRUN echo {name} > /x\n"
        "FROM scratch\nCOPY --from=build /x /\n"
    )
    without = text.replace("ARG TARGETARCH\n", "ARG BUILDARCH\n")
    for one, shared in ((text, False), (without, True)):
        builds.log(one, "--platform=linux/amd64")
        assert cached(builds.log(one, "--platform=linux/arm64")[1], f"echo {name}") is shared


def test_an_arg_below_an_env_is_for_runs_alone(builds: Builds) -> None:
    found = builds.files(
        "FROM IMAGE AS a\nENV MODE=fast\nARG MODE=safe\nRUN echo $MODE > /run\n\nFROM IMAGE\nCOPY --from=a /run /\n"
    )
    assert found["/run"] == b"safe\n"


def test_modes_are_in_the_key_of_a_copy_and_times_are_not(builds: Builds) -> None:
    name = uuid.uuid4().hex
    (builds.folder / "a.txt").write_text(name)
    text = f"FROM IMAGE\nCOPY a.txt /{name}\n"
    command = f"COPY a.txt /{name}"
    builds.log(text)
    os.utime(builds.folder / "a.txt", (1, 1))
    assert cached(builds.log(text)[1], command)
    (builds.folder / "a.txt").chmod(0o664)
    assert not cached(builds.log(text)[1], command)
    # Not even where the COPY gives it another mode.
    text, command = (one.replace("COPY", "COPY --chmod=600") for one in (text, command))
    builds.log(text)
    (builds.folder / "a.txt").chmod(0o640)
    assert not cached(builds.log(text)[1], command)
