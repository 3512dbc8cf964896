"""Artifacts from end to end, on an engine and a registry: built once, pushed under their key, pulled elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from bakegen.errors import EngineError
from bakegen.workspace.artifact_pack import Packed, pack
from bakegen.workspace.artifact_push import push
from bakegen.workspace.registry_tags import Tagger
from tests.engine.test_build import build, statuses
from tests.images import github

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

_DOCKERFILE = """\
FROM {base} AS tools
RUN mkdir -p /out/include/sub /out/lib && echo one > /out/include/one.h && echo two > /out/include/sub/two.h \\
    && echo object > /out/lib/x.o && echo lib > /out/lib/x.so.1 && ln -s x.so.1 /out/lib/x.so \\
    && printf '#!/bin/sh\\n' > /out/lib/run && chmod 750 /out/lib/run && head -c 16 /dev/urandom > /out/lib/chance
FROM {base}
COPY app.txt /
"""
_DEFINITION = """\
artifacts:
  headers: {stage: tools, paths: [/out/include/**/*.h], level: 19}
  lib: {stage: tools, paths: [/out/lib], exclude: ["**/*.o"]}
"""


@pytest.fixture
def project(tmp_path: Path, registry: Registry, busybox_image: str, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "project"
    image = folder / "images" / "app"
    image.mkdir(parents=True)
    name = request.node.name.replace("_", "-")[:40].rstrip("-")
    (folder / "bakegen.yaml").write_text(f"registry: {registry.host}/{name}\ndefault-branch: master\n")
    (image / "image.yaml").write_text(_DEFINITION)
    (image / "Dockerfile").write_text(_DOCKERFILE.format(base=busybox_image))
    (image / "app.txt").write_text("app 1\n")
    return folder


def pull(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command where there is no engine."""
    return subprocess.run(
        [sys.executable, "-m", "bakegen", "pull", *arguments],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def listed(folder: Path) -> dict[str, str]:
    """What is in a folder: text of files, targets of links, nothing for folders."""
    return {
        str(path.relative_to(folder)): f"-> {path.readlink()}" if path.is_symlink() else path.read_bytes().hex()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_artifacts_are_built_once_and_pulled_elsewhere(
    project: Path, first_machine: PrivateEngine, registry: Registry, tmp_path: Path, busybox_image: str
) -> None:
    master = github(project.parent, "master")
    assert pull(project, "app/lib", "--check").returncode == 1
    done, targets = build(project, first_machine, master)
    assert done.returncode == 0, done.stderr
    assert statuses(targets) == {"app": "built", "app/headers": "built", "app/lib": "built"}
    repository = targets["app/lib"]["references"][0].removeprefix(f"{registry.host}/").rpartition(":")[0]
    found = registry.manifest(repository, targets["app/lib"]["digest"])
    assert found is not None
    assert [layer["mediaType"].rpartition("+")[2] for layer in found.body["layers"]] == ["zstd"]

    # A change of the image that the stage does not see: the image is built, the artifacts are not.
    (project / "images" / "app" / "app.txt").write_text("app 2\n")
    assert build(project, None, master, "--plan")[0].stdout.count("skip") == 2
    again, same = build(project, first_machine, master)
    assert again.returncode == 0, again.stderr
    assert statuses(same) == {"app": "built", "app/headers": "skipped", "app/lib": "skipped"}
    assert {same[name]["digest"] for name in same if "/" in name} == {
        targets[name]["digest"] for name in targets if "/" in name
    }

    assert pull(project, "app/lib", "--check").returncode == 0
    got = pull(project, "app/lib", "--to", "got")
    assert got.returncode == 0, got.stderr
    assert sorted(listed(project / "got")) == ["out/lib/chance", "out/lib/run", "out/lib/x.so", "out/lib/x.so.1"]
    assert (project / "got/out/lib/run").stat().st_mode & 0o777 == 0o750
    by_digest = pull(project, "app/headers", "--digest", same["app/headers"]["digest"], "--to", str(tmp_path / "h"))
    assert by_digest.returncode == 0, by_digest.stderr
    assert sorted(listed(tmp_path / "h")) == ["out/include/one.h", "out/include/sub/two.h"]
    # Again: it is proved to be there; what is there with anything else is in the way.
    said = pull(project, "app/lib", "--to", "got")
    assert (said.returncode, "there already, verified" in said.stderr + said.stdout) == (0, True), said.stderr
    (project / "got/out/lib/run").chmod(0o700)
    assert pull(project, "app/lib", "--to", "got").returncode == 2
    assert pull(project, "app", "--to", "other").returncode == 2

    # An engine takes it as an image, too.
    image = f"{same['app/headers']['references'][0].rpartition(':')[0]}@{same['app/headers']['digest']}"
    (project / "images" / "user").mkdir()
    (project / "images" / "user" / "image.yaml").write_text("")
    text = f"FROM {busybox_image}\nCOPY --from={image} /out/include /include\nRUN test -f /include/sub/two.h\n"
    (project / "images" / "user" / "Dockerfile").write_text(text)
    used, targets = build(project, first_machine, master, "user")
    assert used.returncode == 0, used.stderr


def test_another_content_under_the_same_key_is_refused(
    project: Path, first_machine: PrivateEngine, registry: Registry, tmp_path: Path
) -> None:
    master = github(project.parent, "master")
    done, targets = build(project, first_machine, master)
    assert done.returncode == 0, done.stderr
    # What is random in the stage differs on a fresh engine, and `headers` does not.
    first_machine.make_fresh()
    dockerfile = project / "images" / "app" / "Dockerfile"
    settings = project / "bakegen.yaml"
    settings.write_text(settings.read_text() + "cache: {policy: none}\n")
    assert dockerfile.is_file()
    before = {name: registry_digest(registry, one) for name, one in targets.items()}
    again, forced = build(project, first_machine, master, "--force")
    assert again.returncode == 1, again.stderr
    assert statuses(forced) == {"app": "built", "app/headers": "built", "app/lib": "failed"}
    assert "has other content" in forced["app/lib"]["error"]
    assert {name: registry_digest(registry, targets[name]) for name in before if "/" in name} == {
        name: digest for name, digest in before.items() if "/" in name
    }
    # A damaged layer: nothing is left of what was unpacked before that was seen.
    repository = targets["app/lib"]["references"][0].removeprefix(f"{registry.host}/").rpartition(":")[0]
    manifest = registry.manifest(repository, targets["app/lib"]["digest"])
    assert manifest is not None
    layer = manifest.body["layers"][0]["digest"].removeprefix("sha256:")
    stored = next(path for path in registry.storage.rglob("data") if path.parent.name == layer)
    data = bytearray(stored.read_bytes())
    whole = bytes(data)
    data[-1] ^= 1
    stored.write_bytes(data)
    try:
        broken = pull(project, "app/lib", "--to", str(tmp_path / "broken"))
    finally:
        stored.write_bytes(whole)
    assert broken.returncode == 3, broken.stderr
    assert not [path for path in tmp_path.iterdir() if "broken" in path.name]


_TWO_PLATFORMS = """\
FROM --platform=$BUILDPLATFORM {base} AS build
ARG TARGETARCH
RUN mkdir -p /out/empty && echo $TARGETARCH > /out/arch && touch -d @1000000000 /out/arch
FROM scratch AS tree
COPY --from=build /out /out
"""


def test_each_platform_has_its_own_and_times_are_kept(
    project: Path, first_machine: PrivateEngine, registry: Registry, busybox_image: str
) -> None:
    image = project / "images" / "app"
    (image / "Dockerfile").write_text(_TWO_PLATFORMS.format(base=busybox_image))
    settings = "platforms: [linux/amd64, linux/arm64]\nartifacts:\n  tree: {paths: [/out], times: keep}\n"
    (image / "image.yaml").write_text(settings)
    master = github(project.parent, "master")
    done, targets = build(project, first_machine, master)
    assert done.returncode == 0, done.stderr
    assert statuses(targets) == {"app": "built", "app/tree": "built"}
    for arch in ("amd64", "arm64"):
        got = pull(project, "app/tree", "--platform", f"linux/{arch}", "--to", arch)
        assert got.returncode == 0, got.stderr
        assert (project / arch / "out/arch").read_text() == f"{arch}\n"
        assert (project / arch / "out/arch").stat().st_mtime == 1_000_000_000
        assert (project / arch / "out/empty").is_dir()
    assert pull(project, "app/tree", "--platform", "linux/s390x", "--to", "none").returncode == 3
    # The folder `out` gets another time where it is made again, which is no other content.
    first_machine.make_fresh()
    settings = (project / "bakegen.yaml").read_text()
    (project / "bakegen.yaml").write_text(settings + "cache: {policy: none}\n")
    again, same = build(project, first_machine, master, "--force")
    assert again.returncode == 0, again.stderr
    assert same["app/tree"]["digest"] == targets["app/tree"]["digest"]
    assert registry_digest(registry, same["app/tree"]) == targets["app/tree"]["digest"]


@pytest.fixture
def rivals(tmp_path: Path) -> tuple[Packed, Packed]:
    """Two artifacts of other content."""
    made = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "which").write_text(f"{number}\n")
        with tarfile.open(tmp_path / f"{number}.tar", "w") as archive:
            archive.add(folder / "which", "which")
        made.append(pack(tmp_path / f"{number}.tar", lambda name: True, folder, 3))
    return made[0], made[1]


def test_of_two_who_push_at_once_nobody_is_told_something_untrue(
    registry: Registry, rivals: tuple[Packed, Packed], tmp_path: Path
) -> None:
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"]}
    for number in range(12):
        reference = f"{registry.host}/race/app:key-{number}"
        begin = threading.Barrier(2)

        def race(one: Packed, reference: str = reference, begin: threading.Barrier = begin) -> str:
            begin.wait()
            try:
                return push("tree", {"": one}, reference, environ=environ)
            except EngineError as refused:
                assert "other content" in str(refused)
                return str(refused)

        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(race, rivals))
        found = registry.manifest("race/app", f"key-{number}")
        assert found is not None
        told = [one for one in said if one.startswith("sha256:")]
        assert found.digest in told
        assert all(found.digest in one for one in said if one not in told)
        # What somebody was told is there by its digest, whatever the tag names.
        assert all(registry.manifest("race/app", digest) is not None for digest in told)


@pytest.mark.parametrize("before", [True, False])
def test_who_is_overtaken_is_told(
    registry: Registry, rivals: tuple[Packed, Packed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"]}
    reference = f"{registry.host}/overtaken/app:key-{before}"
    written = Tagger._write
    other: list[str] = []

    def overtaken(*arguments: Any) -> None:
        """Writes, and somebody else does so right before or after it, who has not seen it when it looked."""
        if before:
            other.append(rival())
        written(*arguments)
        if not before:
            other.append(rival())

    def rival() -> str:
        with monkeypatch.context() as patch:
            patch.setattr(Tagger, "_write", written)
            patch.setattr(Tagger, "_there", lambda *_: None)
            return push("tree", {"": rivals[1]}, reference, environ=environ)

    monkeypatch.setattr(Tagger, "_write", overtaken)
    if before:
        # It has been told that the tag is its own, and the later one's digest is there: what registries cannot prevent.
        assert push("tree", {"": rivals[0]}, reference, environ=environ) != other[0]
    else:
        with pytest.raises(EngineError, match="in the same moment") as refused:
            push("tree", {"": rivals[0]}, reference, environ=environ)
        assert other[0] in str(refused.value)
        monkeypatch.undo()
        with pytest.raises(EngineError, match="is there already and has other content"):
            push("tree", {"": rivals[0]}, reference, environ=environ)
        assert push("tree", {"": rivals[1]}, reference, environ=environ) == other[0]


def registry_digest(registry: Registry, target: dict[str, object]) -> str:
    """What the first reference of a target of the report names."""
    references = target["references"]
    assert isinstance(references, list)
    repository, _, tag = references[0].removeprefix(f"{registry.host}/").rpartition(":")
    found = registry.manifest(repository, tag)
    return found.digest if found is not None else ""
