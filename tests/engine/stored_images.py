"""Images as a registry of the tests keeps them on disk, for comparing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bakegen.compare.blobs import read_blob
from bakegen.compare.layer import Layer
from bakegen.compare.manifest import image
from tests.engine.base_facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.compare import Image, Shared
    from tests.engine.harness.registry import Registry


def stored_image(registry: Registry, told: Mapping[str, Any], shared: Shared) -> Image:
    """The image that a target left in the registry; `told` is what bake tells of the target."""
    index = json.dumps({"manifests": [{"digest": told["containerimage.digest"]}]})
    return image(index.encode(), StoredBlobs(registry.storage, shared), PLATFORM)


class StoredBlobs:
    """The blobs that a registry keeps on disk, as `bakegen.compare` asks for them."""

    def __init__(self, storage: Path, shared: Shared) -> None:
        self.storage = storage
        self.shared = shared

    def has(self, digest: str) -> bool:
        return self._path(digest).is_file()

    def document(self, digest: str) -> bytes:
        return self._path(digest).read_bytes()

    def layer(self, digest: str) -> Layer:
        known = self.shared.layers.get(digest)
        if known is None:
            with self._path(digest).open("rb", buffering=0) as file:
                read = read_blob(digest, self._path(digest).stat().st_size, file.read, self.shared)
            assert isinstance(read, Layer)
            known = read
        return known

    def _path(self, digest: str) -> Path:
        algorithm, _, name = digest.partition(":")
        return self.storage / "docker" / "registry" / "v2" / "blobs" / algorithm / name[:2] / name / "data"
