"""Reads an image out of an OCI layout: an archive in one pass, from a file or a pipe, or a folder.

Nothing larger than a small file is kept in memory, and every blob's digest is checked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.compare.blobs import LARGEST_DOCUMENT, Shared, Unread, read_blob
from bakegen.compare.layer import Layer
from bakegen.compare.manifest import image
from bakegen.compare.packing import NoZstd
from bakegen.compare.tar import Damaged, Members, Stream
from bakegen.diagnostics import error
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from bakegen.compare.model import Image

NO_ZSTD = "no-zstd"
"""The code of the diagnostic that says that this Python cannot unpack a layer."""

_BLOBS = "blobs/"
_DIGEST = re.compile(r"(sha256|sha512):[0-9a-f]{64,128}")


def read_image(source: BinaryIO | Path, platform: str | None = None, shared: Shared | None = None) -> Image:
    """The image in an OCI archive or layout (``type=oci`` of buildx, ``docker save``, ``skopeo copy … oci:``).

    Args:
        source: the file or folder, or an archive as anything with `read`: it is read once, in order, to its end.
        platform: ``os/architecture[/variant]``; needed where there are several.
        shared: give the same one to readings of images that have layers in common: each is parsed once.

    Raises:
        InputError: it is damaged, or holds no such image.
    """
    shared = shared or Shared()
    name = str(source) if isinstance(source, Path) else getattr(source, "name", None)
    shown = name if isinstance(name, str) else "the image archive"
    try:
        if not isinstance(source, Path):
            return _archived(source, platform, shared)
        if source.is_dir():
            return image(_Folder(source, shared).index(), _Folder(source, shared), platform)
        with source.open("rb") as file:
            return _archived(file, platform, shared)
    except Damaged as problem:
        code = NO_ZSTD if isinstance(problem, NoZstd) else "bad-image"
        raise InputError([error(code, f"{shown!r} cannot be read as an OCI image: {problem}")]) from None


def _archived(file: BinaryIO, platform: str | None, shared: Shared) -> Image:
    held = _Archive()
    stream = Stream(file.read)
    members = Members(stream)
    index = None
    layout = False
    while (header := members.next()) is not None:
        name = header.name.removeprefix("./")
        if header.type != "0":
            continue
        if name == "index.json":
            if header.size > LARGEST_DOCUMENT:
                raise Damaged(f"index.json is larger than {LARGEST_DOCUMENT} bytes")
            index = b"".join(members.read(header))
        elif name == "oci-layout":
            layout = True
        elif name.startswith(_BLOBS):
            digest = name.removeprefix(_BLOBS).replace("/", ":", 1)
            held.blobs[digest] = read_blob(digest, header.size, _reader(members.read(header)), shared)
    stream.drain()
    if index is None or not layout:
        raise Damaged("it has no index.json and oci-layout, so it is none (or one of a Docker older than 25)")
    return image(index, held, platform)


def _reader(pieces: Iterator[bytes]) -> Callable[[int], bytes]:
    return lambda _: next(pieces, b"")


class _Archive:
    """The blobs of an archive, all read already."""

    def __init__(self) -> None:
        self.blobs: dict[str, Layer | bytes | Unread] = {}

    def has(self, digest: str) -> bool:
        return digest in self.blobs

    def document(self, digest: str) -> bytes:
        return _as_document(digest, self.blobs.get(digest))

    def layer(self, digest: str) -> Layer:
        return _as_layer(digest, self.blobs.get(digest))


class _Folder:
    """The blobs of a layout on disk, read when they are asked for."""

    def __init__(self, folder: Path, shared: Shared) -> None:
        self.folder = folder
        self.shared = shared

    def index(self) -> bytes:
        path = self.folder / "index.json"
        if not path.is_file() or not (self.folder / "oci-layout").is_file():
            raise Damaged("it has no index.json and oci-layout, so it is none")
        if path.stat().st_size > LARGEST_DOCUMENT:
            raise Damaged(f"index.json is larger than {LARGEST_DOCUMENT} bytes")
        return path.read_bytes()

    def has(self, digest: str) -> bool:
        return _DIGEST.fullmatch(digest) is not None and self._path(digest).is_file()

    def document(self, digest: str) -> bytes:
        return _as_document(digest, self._blob(digest))

    def layer(self, digest: str) -> Layer:
        # Read and checked before: nobody changes a blob that has a digest for its name.
        known = self.shared.layers.get(digest)
        return known if known is not None else _as_layer(digest, self._blob(digest))

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "/", 1)

    def _blob(self, digest: str) -> Layer | bytes | Unread | None:
        if not self.has(digest):
            return None
        path = self._path(digest)
        with path.open("rb", buffering=0) as file:
            return read_blob(digest, path.stat().st_size, file.read, self.shared)


def _as_document(digest: str, blob: Layer | bytes | Unread | None) -> bytes:
    if isinstance(blob, bytes):
        return blob
    raise _refused(f"the blob {digest}", blob)


def _as_layer(digest: str, blob: Layer | bytes | Unread | None) -> Layer:
    if isinstance(blob, Layer):
        return blob
    raise _refused(f"the layer {digest}", blob)


def _refused(name: str, blob: Layer | bytes | Unread | None) -> Damaged:
    if isinstance(blob, Unread):
        return blob.why if isinstance(blob.why, NoZstd) else Damaged(f"{name} cannot be read: {blob.why}")
    return Damaged(f"{name} is missing" if blob is None else f"{name} is something else")
