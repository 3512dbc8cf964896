"""From an index to one image: which manifest is meant, its configuration, its layers laid over each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from bakegen.compare.config import canonical, normal_platform, platform_of
from bakegen.compare.flatten import flatten
from bakegen.compare.model import Image
from bakegen.compare.tar import Damaged

if TYPE_CHECKING:
    from bakegen.compare.layer import Layer

_DEEPEST_INDEX = 4
_ATTESTATION = "vnd.docker.reference.type"


class Blobs(Protocol):
    """Where blobs are."""

    def has(self, digest: str) -> bool:
        """Whether the blob is there."""
        ...

    def document(self, digest: str) -> bytes:
        """The bytes of a document. Raises `Damaged` where it is missing or none."""
        ...

    def layer(self, digest: str) -> Layer:
        """A layer. Raises `Damaged` where it is missing or none."""
        ...


def image(index: bytes, blobs: Blobs, platform: str | None) -> Image:
    """The one image that `index` leads to, for `platform` where there are several.

    Raises:
        Damaged: something is missing, or it is not clear which image is meant.
    """
    manifest = _manifest(index, blobs, platform)
    config = _document(blobs, _digest(manifest.get("config")))
    digests = [_digest(one) for one in _list(manifest.get("layers"))]
    files = flatten(blobs.layer(digest) for digest in digests)
    return Image(platform_of(config), canonical(config), files, tuple(digests))


def _manifest(index: bytes, blobs: Blobs, platform: str | None) -> dict[str, Any]:
    """The manifest of the image that is meant; attestations beside it are left out."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [(_object(one), 0) for one in reversed(_list(_json(index, "index.json").get("manifests")))]
    while waiting:
        descriptor, depth = waiting.pop()
        digest = _digest(descriptor)
        if _object(descriptor.get("annotations")).get(_ATTESTATION) or depth > _DEEPEST_INDEX:
            continue
        if depth and not blobs.has(digest):
            continue  # an index may name platforms that were not exported
        document = _document(blobs, digest)
        if "manifests" in document:
            waiting += [(_object(one), depth + 1) for one in reversed(_list(document["manifests"]))]
        else:
            found.setdefault(digest, document)
    if platform is None and len(found) == 1:
        return next(iter(found.values()))
    platforms = {digest: platform_of(_document(blobs, _digest(one.get("config")))) for digest, one in found.items()}
    wanted = [digest for digest, one in platforms.items() if platform is not None and one == normal_platform(platform)]
    if len(wanted) == 1:
        return found[wanted[0]]
    listed = ", ".join(sorted(set(platforms.values()))) or "none"
    if platform is None or wanted:
        raise Damaged(f"it holds {len(found)} images (platforms: {listed}), and it is not clear which is meant")
    raise Damaged(f"it holds no image for {platform} (platforms: {listed})")


def _document(blobs: Blobs, digest: str) -> dict[str, Any]:
    return _json(blobs.document(digest), f"the blob {digest}")


def _json(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Damaged(f"{name} is no JSON object")
    return found


def _object(value: Any) -> dict[str, Any]:
    """`value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _digest(descriptor: Any) -> str:
    digest = _object(descriptor).get("digest")
    if not isinstance(digest, str):
        raise Damaged("a descriptor in it has no digest")
    return digest
