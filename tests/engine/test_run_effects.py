"""RUNs on a real engine change no more than their effects say, mounts among them."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from bakegen.effects.places import Extent, inside
from tests.unit.effects.runs import effect_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.engine import Engine

pytestmark = pytest.mark.engine

_USER = "echo root:x:0:0::/root:/bin/sh > /etc/passwd"
BEFORE = f"RUN mkdir -p /have/dir /etc && touch /have/file && ln -s /have /link && {_USER}"
LINES = (
    "mkdir -p /a/b && cd /a && mkdir c && echo x > y",
    "--mount=type=cache,target=/c1/c2 --mount=type=tmpfs,target=/t1/t2 --mount=type=bind,target=/b1/b2 true",
    "--mount=type=cache,target=/x1/x2 touch /x1/y /x1/x2/z",
    "--mount=type=bind,source=Dockerfile,target=/f1/f2/file touch /have/new",
    "--mount=type=cache,target=/have/dir touch /have/dir/lost",
    "echo hi > /etc/hosts; echo hi > /etc/resolv.conf; touch /dev/x /proc/x /sys/x; true",
    "touch /link/through; cp -r /have /copy; rm -r /have/dir",
    "ln -sT /have/dir /l2 && touch /l2/new",
    "cd /link && touch ../beside && mv file moved",
    "touch ~/home $HOME/other; true",
    '["mkdir", "-p", "/json/form"]',
    "<<E\ncat <<F > /heredoc\n$HOME\nF\nE",
    "tar -cf /t.tar -C /have file && mkdir /out && tar -xf /t.tar -C /out && chmod 600 /out/*",
)


def tree_of(engine: Engine, folder: Path, text: str) -> dict[str, tuple[object, ...]]:
    (folder / "Dockerfile").write_text(text)
    engine.build("--output", f"type=tar,dest={folder}/out.tar", str(folder))
    found: dict[str, tuple[object, ...]] = {}
    with tarfile.open(folder / "out.tar") as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            content = stream.read() if stream is not None else member.linkname
            found["/" + member.name.strip("/")] = (member.type, member.mode, member.uid, member.gid, content)
    return found


def test_runs_change_what_was_predicted(engine: Engine, busybox_image: str, tmp_path: Path) -> None:
    base = f"FROM {busybox_image}\n{BEFORE}\nWORKDIR /w\n"
    before = tree_of(engine, tmp_path, base)
    for line in LINES:
        effect = effect_of(line, directory="/w", user="root", links={"/link": "/have"}, variables={"HOME": "/root"})
        assert effect.barrier == "", (line, effect.barrier)
        after = tree_of(engine, tmp_path, f"{base}RUN {line}\n")
        for path in sorted(before.keys() | after.keys()):
            if before.get(path) == after.get(path):
                continue
            written = any(
                path == one.path or (one.extent is Extent.TREE and inside(path, one.path)) for one in effect.writes
            )
            assert written or (path in effect.ensures and path not in before), f"{line}: {path} was not foreseen"


def test_mount_points_are_taken_away_again(engine: Engine, busybox_image: str, tmp_path: Path) -> None:
    base = f"FROM {busybox_image}\n"
    before = tree_of(engine, tmp_path, base + "RUN true\n")
    mounts = "--mount=type=cache,target=/c1/c2 --mount=type=tmpfs,target=/t1 --mount=type=bind,target=/b1/b2"
    assert tree_of(engine, tmp_path, f"{base}RUN {mounts} true\n").keys() == before.keys()
    kept = tree_of(engine, tmp_path, f"{base}RUN {mounts} touch /c1/x\n").keys() - before.keys()
    assert kept == {"/c1", "/c1/x"}
