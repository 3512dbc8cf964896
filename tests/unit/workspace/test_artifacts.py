"""Pulling what a registry should not have: nothing of it stays."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

import pytest

from bakegen.building.artifacts import LAYER_TYPE, MANIFEST_TYPE
from bakegen.errors import BakegenError, EngineError
from bakegen.workspace.artifact_pack import pack
from bakegen.workspace.artifacts import pull
from tests.unit.workspace.fake_registry import Reply, Request, serving
from tests.unit.workspace.test_artifact_pack import exported, found_in

if TYPE_CHECKING:
    from pathlib import Path


_CONFIG = b'{"os": "linux", "architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": ["sha256:0"]}}'


def _manifest(**changes: object) -> dict[str, object]:
    config = {"digest": f"sha256:{hashlib.sha256(_CONFIG).hexdigest()}", "size": len(_CONFIG)}
    return {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, **changes}


def _layer(data: bytes, **changes: object) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return {"mediaType": LAYER_TYPE, "digest": digest, "size": len(data), **changes}


def _pull(tmp_path: Path, manifest: object, data: bytes, digest: str = "", platform: str = "") -> None:
    body = json.dumps(manifest).encode()

    def answer(request: Request) -> Reply:
        if "/manifests/" in request.path:
            return Reply(200, {"Content-Type": MANIFEST_TYPE}, body)
        return Reply(200, {}, _CONFIG if request.path.endswith(hashlib.sha256(_CONFIG).hexdigest()) else data)

    digest = digest or f"sha256:{hashlib.sha256(body).hexdigest()}"
    environ = {"DOCKER_CONFIG": str(tmp_path), "PATH": os.environ["PATH"]}
    with serving(answer) as registry:
        pull(f"{registry.host}/team/app@{digest}", tmp_path / "got", platform=platform, environ=environ)


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    source = exported({"a": ("d", 0o500, b""), "a/b": ("f", 0o400, b"text" * 5000)}, tmp_path / "tar")
    return pack(source, lambda name: True, tmp_path, 3).parts[0].path.read_bytes()


def test_what_is_whole_is_there(tmp_path: Path, data: bytes) -> None:
    _pull(tmp_path, _manifest(layers=[_layer(data)]), data)
    assert found_in(tmp_path / "got") == {"a": ("d", 0o500, b""), "a/b": ("f", 0o400, b"text" * 5000)}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: (_manifest(layers=[_layer(data)]), data, "sha256:" + "0" * 64),
        lambda data: (_manifest(layers=[_layer(b"other", size=len(data))]), data, ""),
        lambda data: (_manifest(layers=[_layer(data[:-3])]), data[:-3], ""),
        lambda data: (_manifest(layers=[_layer(data, size=len(data) - 1)]), data, ""),
        lambda data: (_manifest(layers=[_layer(data), _layer(data)]), data, ""),
        lambda data: (_manifest(layers=[_layer(data, mediaType="text/plain")]), data, ""),
        lambda data: (_manifest(layers=[_layer(data, digest="sha256:../../x")]), data, ""),
        lambda data: (_manifest(layers=[_layer(data, size="1")]), data, ""),
        lambda data: (_manifest(), data, ""),
        lambda data: (_manifest(layers=[_layer(b"no archive")]), b"no archive", ""),
    ],
)
def test_what_is_not_leaves_nothing(tmp_path: Path, data: bytes, spoil: object) -> None:
    assert callable(spoil)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(EngineError):
        _pull(tmp_path, *spoil(data))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_another_platform_than_the_one_asked_for_is_not_taken(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EngineError, match="no image for linux/s390x, only for linux/arm64"):
        _pull(tmp_path, _manifest(layers=[_layer(data)]), data, platform="linux/s390x")
    _pull(tmp_path, _manifest(layers=[_layer(data)]), data, platform="linux/arm64")
    assert (tmp_path / "got" / "a").is_dir()


def test_what_is_in_the_folder_stays(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "got").symlink_to(tmp_path)
    with pytest.raises(BakegenError, match="is there already"):
        _pull(tmp_path, _manifest(layers=[_layer(data)]), data)
