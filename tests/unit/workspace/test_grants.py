"""Grants are exactly what targets ask for outside of the current directory, and what the user allows of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bakegen.errors import EngineError
from bakegen.workspace.grants import grants

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    """A folder to bake in, with others beside it."""
    for name in ("project/app", "project-2", "shared/lib/deep", "keys", "out"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("keys/a", "keys/b", "keys/c", "shared/Dockerfile"):
        (tmp_path / name).write_text("x")
    return tmp_path / "project"


def asked(cwd: Path, **attributes: Any) -> list[str]:
    """What is granted to one target, as seen from the folder beside `cwd`."""
    return [one.replace(f"{cwd.parent}/", "") for one in grants({"t": {"context": ".", **attributes}}, cwd, ())]


@pytest.mark.parametrize(
    ("attributes", "granted"),
    [
        ({}, []),
        ({"context": "app", "dockerfile": "Dockerfile"}, []),
        ({"context": "../project/app"}, []),
        # A name that begins alike is another folder.
        ({"context": "../project-2"}, ["fs.read=project-2"]),
        ({"context": "cwd://../shared"}, ["fs.read=shared"]),
        ({"context": "https://github.com/a/b.git", "dockerfile": "../../x"}, []),
        ({"context": "git@github.com:a/b.git"}, []),
        ({"context": "-"}, []),
        ({"dockerfile": "../shared/Dockerfile"}, ["fs.read=shared/Dockerfile"]),
        ({"dockerfile": "../shared/Dockerfile", "dockerfile-inline": "FROM x"}, []),
        (
            {"context": "../shared/lib", "dockerfile": "../Dockerfile"},
            ["fs.read=shared/Dockerfile", "fs.read=shared/lib"],
        ),
        (
            {
                "contexts": {
                    "a": "target:b",
                    "c": "docker-image://d",
                    "e": "../shared/lib",
                    "f": "oci-layout://../out:tag",
                }
            },
            ["fs.read=out", "fs.read=shared/lib"],
        ),
        # What lies in a folder that is granted needs nothing of its own.
        ({"context": "../shared", "contexts": {"a": "../shared/lib/deep"}}, ["fs.read=shared"]),
        (
            {"secret": [{"id": "a", "src": "../keys/a"}, {"id": "b", "env": "B"}, "type=file,id=c,source=../keys/c"]},
            ["fs.read=keys/a", "fs.read=keys/c"],
        ),
        ({"secret": [{"id": "a", "type": "env", "src": "../keys/a"}]}, []),
        ({"ssh": [{"id": "k", "paths": ["../keys/a"]}, "l=../keys/b,../keys/c"]}, [f"fs.read=keys/{k}" for k in "abc"]),
        ({"cache-from": [{"type": "local", "src": "../out"}, {"type": "registry", "ref": "../x"}]}, ["fs.read=out"]),
        ({"cache-to": [{"type": "local", "dest": "../out/new/here"}]}, ["fs.write=out"]),
        (
            {"output": [{"type": "local", "dest": "../out"}, "type=tar,dest=-", "type=image,push=true"]},
            ["fs.write=out"],
        ),
    ],
)
def test_paths(cwd: Path, attributes: dict[str, Any], granted: list[str]) -> None:
    assert asked(cwd, **attributes) == granted


def test_links_are_followed(cwd: Path) -> None:
    (cwd / "link").symlink_to("../shared")
    (cwd / "app" / "Dockerfile").symlink_to("../../shared/Dockerfile")
    assert asked(cwd, context="link/lib", dockerfile="../no") == ["fs.read=shared"]
    assert asked(cwd, context="app") == ["fs.read=shared/Dockerfile"]
    # The folder itself may be reached by a link.
    (cwd.parent / "same").symlink_to("project")
    assert grants({"t": {"context": "app", "dockerfile": "no"}}, cwd.parent / "same", ()) == ()


def test_never_all_of_the_disk(cwd: Path) -> None:
    assert asked(cwd, context="/", dockerfile="/nowhere/at/all") == []


def test_targets_share_grants(cwd: Path) -> None:
    targets = {"a": {"context": "../shared"}, "b": {"context": "../shared/lib"}, "c": {"context": "../out"}}
    assert grants(targets, cwd, ()) == tuple(f"fs.read={cwd.parent / name}" for name in ("out", "shared"))


@pytest.mark.parametrize(
    ("attributes", "wish"),
    [
        ({"network": "host"}, "network.host"),
        ({"entitlements": ["network.host"], "network": "host"}, "network.host"),
        ({"entitlements": ["security.insecure"]}, "security.insecure"),
        ({"entitlements": ["device=nvidia.com/gpu"]}, "device=nvidia.com/gpu"),
        ({"ssh": [{"id": "default"}]}, "ssh"),
        ({"ssh": ["default"]}, "ssh"),
    ],
)
def test_the_rest_needs_the_user(cwd: Path, attributes: dict[str, Any], wish: str) -> None:
    everything = ("network.host", "security.insecure", "device", "ssh")
    assert grants({"t": attributes}, cwd, everything) == (wish,)
    with pytest.raises(EngineError, match=f"target t asks for {wish}: allow it with --allow {wish}$"):
        grants({"u": {}, "t": attributes}, cwd, [one for one in everything if not wish.startswith(one)])
    # Nobody is granted what nobody asks for.
    assert grants({"t": {}}, cwd, everything) == ()


def test_all_that_is_missing_is_named_at_once(cwd: Path) -> None:
    with pytest.raises(EngineError, match=r"--allow network\.host --allow security.insecure$"):
        grants({"a": {"network": "host"}, "b": {"entitlements": ["security.insecure"]}}, cwd, ())
