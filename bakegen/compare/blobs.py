"""Blobs of an image, read once and checked against their digests: documents, and layers however they are packed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.compare.layer import Keeper, Layer, read_layer
from bakegen.compare.packing import unpacked
from bakegen.compare.tar import BLOCK, Damaged, Stream, is_header

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_DOCUMENT = 8 * 1024 * 1024
"""No index, manifest or configuration is larger."""

_ZEROS = bytes(BLOCK)


@dataclass(slots=True)
class Shared:
    """What several readings share: layers by digest, each parsed once, and the room for texts."""

    layers: dict[str, Layer] = field(default_factory=dict)
    keeper: Keeper = field(default_factory=Keeper)


@dataclass(frozen=True, slots=True)
class Unread:
    """A blob that is neither a layer nor a document that could be read, and why."""

    why: Damaged


def read_blob(digest: str, size: int, read: Callable[[int], bytes], shared: Shared) -> Layer | bytes | Unread:
    """What the blob `digest` is: a layer when it looks like one, since the manifest that says so may come later.

    Args:
        digest: as the blob is named.
        size: its bytes.
        read: gives up to n bytes of it, and nothing at the end; it is read to the end.
        shared: a layer that is in there is only hashed.

    Raises:
        Damaged: its bytes have another digest, or `read` says so.
    """
    algorithm, _, hexdigits = digest.partition(":")
    if algorithm not in ("sha256", "sha512"):
        raise Damaged(f"the blob {digest} has a digest of an unknown kind")
    hashed = hashlib.new(algorithm)
    cut: list[Damaged] = []

    def hashing(wanted: int) -> bytes:
        try:
            piece = read(wanted)
        except Damaged as problem:
            cut.append(problem)  # the fault of what holds the blob, whatever the blob is
            raise
        hashed.update(piece)
        return piece

    stream = Stream(hashing)
    found: Layer | bytes | Unread | None = shared.layers.get(digest)
    if found is None:
        try:
            found = _understand(size, stream, shared.keeper)
        except Damaged as problem:
            if cut:
                raise
            found = Unread(problem)
    stream.drain()
    if hashed.hexdigest() != hexdigits:
        raise Damaged(f"the blob {digest} has another digest: {hashed.hexdigest()}")
    if isinstance(found, Layer):
        shared.layers[digest] = found
    return found


def _understand(size: int, stream: Stream, keeper: Keeper) -> Layer | bytes | Unread:
    plain = unpacked(stream)
    if plain is not None:
        return _layer(plain, keeper)
    start = stream.peek(BLOCK)
    if start == _ZEROS or is_header(start):
        return _layer(stream, keeper)
    return (
        stream.take(size) if size <= LARGEST_DOCUMENT else Unread(Damaged("it is neither a layer nor a small document"))
    )


def _layer(stream: Stream, keeper: Keeper) -> Layer:
    layer = read_layer(stream, keeper)
    stream.drain()  # so that a damaged end is noticed
    return layer
