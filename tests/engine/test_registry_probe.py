"""The probe against a real registry: pushed tags exist, others do not, many are asked about quickly."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace import registry as probing
from bakegen.workspace.registry import Probe, probe
from bakegen.workspace.registry_images import MANIFEST_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}


class Pusher:
    """Pushes tiny artifacts, which need no engine."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def push(self, repository: str, *tags: str) -> None:
        """The same small manifest under each of `tags`."""
        config = self._blob(repository, b"{}")
        layer = self._blob(repository, b"cache")
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPES[1],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **layer}],
        }
        for tag in tags:
            headers = {"Content-Type": MANIFEST_TYPES[1]}
            status, _ = self._send("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(), headers)
            assert status == 201

    def _blob(self, repository: str, data: bytes) -> dict[str, object]:
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        status, location = self._send("POST", f"/v2/{repository}/blobs/uploads/", b"", {})
        assert status == 202
        target = "/" + location.partition("://")[2].partition("/")[2]
        headers = {"Content-Type": "application/octet-stream"}
        status, _ = self._send("PUT", f"{target}&digest={digest}", data, headers)
        assert status == 201
        return {"digest": digest, "size": len(data)}

    def _send(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        self.connection.request(method, target, body, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status, response.getheader("Location") or ""


@pytest.fixture
def pusher(registry: Registry) -> Iterator[Pusher]:
    with contextlib.closing(http.client.HTTPConnection(registry.host, timeout=30)) as connection:
        yield Pusher(connection)


def test_a_cache_that_a_build_wrote_exists(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    repository = f"{registry.host}/probe/built"
    tmp_path.joinpath("Dockerfile").write_text(f"FROM {busybox_image}\nRUN echo probe >/probe\n")
    cache = f"{repository}:cache-app.master"
    options = ["--cache-to", f"type=registry,ref={cache},mode=max", "--output", "type=image,push=true", "--tag"]
    result = engine.build(*options, f"{repository}:1", ".", cwd=tmp_path)
    assert not result.failed
    missing = f"{repository}:cache-app.feature"
    before = registry.snapshot()
    assert probe([cache, missing, f"{repository}:1"], environ=NO_LOGIN) == Probe(
        frozenset({cache, f"{repository}:1"}), {}
    )
    assert registry.snapshot() == before


def test_few_and_many_say_the_same(registry: Registry, pusher: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    pusher.push("probe/many", *(f"t{n}" for n in range(0, 60, 3)))
    host = registry.host
    references = [f"{host}/probe/many:t{n}" for n in range(60)] + [f"{host}/probe/none:t{n}" for n in range(30)]
    listed = probe(references, environ=NO_LOGIN)
    monkeypatch.setattr(probing, "LIST_FROM", 10**6)
    asked = probe(references, environ=NO_LOGIN)
    assert listed == asked
    assert listed.existing == {f"{host}/probe/many:t{n}" for n in range(0, 60, 3)}
    assert listed.unknown == {}


def test_a_digest(registry: Registry, pusher: Pusher) -> None:
    pusher.push("probe/digest", "t")
    manifest = registry.manifest("probe/digest", "t")
    assert manifest is not None
    there, other = (f"{registry.host}/probe/digest@{digest}" for digest in (manifest.digest, "sha256:" + "0" * 64))
    assert probe([there, other], environ=NO_LOGIN) == Probe(frozenset({there}), {})
