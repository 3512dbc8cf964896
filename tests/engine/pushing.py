"""Tiny images in a registry, without an engine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from bakegen.workspace.registry_images import MANIFEST_TYPES

if TYPE_CHECKING:
    import http.client

    from tests.engine.harness.registry import Registry

ARM_CONFIG = b'{"os": "linux", "architecture": "arm64", "variant": "v8"}'
ARM = ("linux/arm64",)
"""The platforms of an image with `ARM_CONFIG`."""


def digest_of(registry: Registry, repository: str, tag: str) -> str:
    """The digest that a tag names, "" where there is no such tag."""
    manifest = registry.manifest(repository, tag)
    return "" if manifest is None else manifest.digest


class Pusher:
    """Pushes tiny artifacts, which need no engine."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def push(self, repository: str, *tags: str, config: bytes = b"{}") -> None:
        """The same small manifest under each of `tags`."""
        described = self._blob(repository, config)
        layer = self._blob(repository, b"cache")
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPES[1],
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **described},
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
