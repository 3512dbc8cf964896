"""Reads an image out of an OCI archive in one pass, from a file or a pipe; nothing larger than a small file is kept.

Every blob's digest is checked. Layers that were read before, in another archive, are only hashed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakegen.compare.config import canonical, normal_platform, platform_of
from bakegen.compare.flatten import flatten
from bakegen.compare.layer import Keeper, Layer, read_layer
from bakegen.compare.model import Image
from bakegen.compare.packing import unpacked
from bakegen.compare.tar import BLOCK, Damaged, Members, Stream, is_header
from bakegen.diagnostics import error
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_BLOBS = "blobs/"
_LARGEST_DOCUMENT = 8 * 1024 * 1024
_ZEROS = bytes(BLOCK)
_DEEPEST_INDEX = 4
_ATTESTATION = "vnd.docker.reference.type"
ZSTD = "it is packed with zstd"
"""Why a layer could not be read, where this Python (before 3.14) has no zstd."""


@dataclass(slots=True)
class Shared:
    """What several readings share: layers by digest, each parsed once, and the room for texts."""

    layers: dict[str, Layer] = field(default_factory=dict)
    keeper: Keeper = field(default_factory=Keeper)


@dataclass(slots=True)
class _Contents:
    """What an archive holds: documents and layers by digest, and why others could not be read."""

    layout: bool = False
    index: Any = None
    documents: dict[str, bytes] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


def read_image(archive: BinaryIO | Path, platform: str | None = None, shared: Shared | None = None) -> Image:
    """The image in an OCI archive (``type=oci`` of buildx, ``docker save``, ``skopeo copy … oci-archive:``).

    Args:
        archive: a file, or anything with `read`; it is read once, in order, to its end.
        platform: ``os/architecture[/variant]``; needed where the archive holds several.
        shared: give the same one to readings of images that have layers in common.

    Raises:
        InputError: the archive is damaged, or holds no such image.
    """
    name = str(archive) if isinstance(archive, Path) else getattr(archive, "name", None)
    shown = name if isinstance(name, str) else "the image archive"
    try:
        if isinstance(archive, Path):
            with archive.open("rb") as file:
                return _read(file, platform, shared or Shared())
        return _read(archive, platform, shared or Shared())
    except Damaged as problem:
        raise InputError([error("bad-image-archive", f"{shown} cannot be read as an OCI archive: {problem}")]) from None


def _read(file: BinaryIO, platform: str | None, shared: Shared) -> Image:
    contents = _contents(file, shared)
    if contents.index is None or not contents.layout:
        raise Damaged("it has no index.json and oci-layout, so it is none (or one of Docker before 25)")
    manifest = _manifest(contents, platform)
    config = _document(contents, _digest(manifest.get("config")))
    layers = [_layer(contents, _digest(one)) for one in _list(manifest.get("layers"))]
    return Image(platform_of(config), canonical(config), flatten(layers))


def _contents(file: BinaryIO, shared: Shared) -> _Contents:
    stream = Stream(file.read)
    members = Members(stream)
    found = _Contents()
    while (header := members.next()) is not None:
        name = header.name.removeprefix("./")
        if header.type != "0":
            continue
        if name in ("index.json", "oci-layout"):
            if header.size > _LARGEST_DOCUMENT:
                raise Damaged(f"{name} is larger than {_LARGEST_DOCUMENT} bytes")
            document = _json(b"".join(members.read(header)), name)
            if name == "index.json":
                found.index = document
            else:
                found.layout = True
        elif name.startswith(_BLOBS):
            algorithm, _, hexdigits = name.removeprefix(_BLOBS).partition("/")
            _blob(found, f"{algorithm}:{hexdigits}", header.size, members.read(header), shared)
    stream.drain()
    return found


def _blob(found: _Contents, digest: str, size: int, pieces: Iterator[bytes], shared: Shared) -> None:
    """Reads one blob, whatever it is, and checks its digest."""
    algorithm = digest.partition(":")[0]
    if algorithm not in ("sha256", "sha512"):
        raise Damaged(f"the blob {digest} has a digest of an unknown kind")
    hashed = hashlib.new(algorithm)
    cut: list[Damaged] = []

    def read(_: int) -> bytes:
        try:
            piece = next(pieces, b"")
        except Damaged as problem:
            cut.append(problem)  # the archive's own fault, whatever the blob was
            raise
        hashed.update(piece)
        return piece

    stream = Stream(read)
    if digest in shared.layers:
        stream.drain()
        found.layers[digest] = shared.layers[digest]
    else:
        try:
            _understand(found, digest, size, stream, shared)
        except Damaged as problem:
            if cut:
                raise
            found.unread[digest] = str(problem)
        stream.drain()
    if f"{algorithm}:{hashed.hexdigest()}" != digest:
        shared.layers.pop(digest, None)
        raise Damaged(f"the blob {digest} has another digest: {hashed.hexdigest()}")


def _understand(found: _Contents, digest: str, size: int, stream: Stream, shared: Shared) -> None:
    """A blob is a layer when it looks like one: the manifest that says so may come later."""
    plain = unpacked(stream)
    if plain is None:
        start = stream.peek(BLOCK)
        if start != _ZEROS and not is_header(start):
            _keep_document(found, digest, size, stream)
            return
    found.layers[digest] = shared.layers[digest] = _read_to_end(plain or stream, shared.keeper)


def _keep_document(found: _Contents, digest: str, size: int, stream: Stream) -> None:
    if size <= _LARGEST_DOCUMENT:
        found.documents[digest] = stream.take(size)
    else:
        found.unread[digest] = "it is neither a layer nor a small document"


def _read_to_end(stream: Stream, keeper: Keeper) -> Layer:
    """The layer in `stream`, and whatever stands behind it, so that a damaged end is noticed."""
    layer = read_layer(stream, keeper)
    stream.drain()
    return layer


def _manifest(contents: _Contents, platform: str | None) -> dict[str, Any]:
    """The manifest of the one image that is meant; attestations beside it are left out."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [(_object(one), 0) for one in reversed(_list(_object(contents.index).get("manifests")))]
    while waiting:
        descriptor, depth = waiting.pop()
        digest = _digest(descriptor)
        if _object(descriptor.get("annotations")).get(_ATTESTATION) or depth > _DEEPEST_INDEX:
            continue
        if digest not in contents.documents and digest not in contents.unread and depth:
            continue  # an index may name platforms that were not exported
        document = _document(contents, digest)
        if "manifests" in document:
            waiting += [(_object(one), depth + 1) for one in reversed(_list(document["manifests"]))]
        elif digest not in found:
            found[digest] = document
    if platform is None and len(found) == 1:
        return next(iter(found.values()))
    platforms = {digest: platform_of(_document(contents, _digest(one.get("config")))) for digest, one in found.items()}
    wanted = [digest for digest, one in platforms.items() if platform is not None and one == normal_platform(platform)]
    if len(wanted) == 1:
        return found[wanted[0]]
    listed = ", ".join(sorted(set(platforms.values()))) or "none"
    if platform is None or wanted:
        raise Damaged(f"it holds {len(found)} images (platforms: {listed}); name one of them")
    raise Damaged(f"it holds no image for {platform} (platforms: {listed})")


def _document(contents: _Contents, digest: str) -> dict[str, Any]:
    if digest in contents.unread:
        raise Damaged(f"the blob {digest} is no document: {contents.unread[digest]}")
    data = contents.documents.get(digest)
    if data is None:
        raise Damaged(f"the blob {digest} is missing")
    return _object(_json(data, digest))


def _layer(contents: _Contents, digest: str) -> Layer:
    if digest in contents.unread:
        raise Damaged(f"the layer {digest} cannot be read: {contents.unread[digest]}")
    if digest not in contents.layers:
        raise Damaged(f"the layer {digest} is missing")
    return contents.layers[digest]


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Damaged(f"{name} is no JSON") from None


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
