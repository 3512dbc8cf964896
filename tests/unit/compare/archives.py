"""Layers and image archives written by hand, byte by byte where the standard library would not."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TYPES = {
    "file": tarfile.REGTYPE,
    "link": tarfile.LNKTYPE,
    "symlink": tarfile.SYMTYPE,
    "character": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
    "directory": tarfile.DIRTYPE,
    "fifo": tarfile.FIFOTYPE,
}


@dataclass(frozen=True)
class Member:
    """One member of a layer."""

    name: str
    type: str = "file"
    data: bytes = b""
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    target: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: Mapping[str, str] = field(default_factory=dict)
    mtime: int = 0


def layer(*members: Member, format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of `members`, in this order."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, encoding="utf-8", errors="surrogateescape") as archive:
        for one in members:
            info = tarfile.TarInfo(one.name)
            info.type = TYPES[one.type]
            info.mode = one.mode if one.mode is not None else 0o755 if one.type == "directory" else 0o644
            info.uid, info.gid, info.mtime = one.uid, one.gid, one.mtime
            info.size = len(one.data)
            info.linkname = one.target
            info.devmajor, info.devminor = one.device
            info.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in one.xattrs.items()}
            archive.addfile(info, io.BytesIO(one.data))
    return out.getvalue()


def digest(data: bytes) -> str:
    """Its sha256, as blobs are named."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def described(data: bytes, **more: Any) -> dict[str, Any]:
    """A descriptor of a blob."""
    return {"digest": digest(data), "size": len(data), **more}


def blobs_of(
    layers: Iterable[bytes], config: Mapping[str, Any] | None = None, **top: Any
) -> tuple[bytes, dict[str, bytes]]:
    """The manifest of an image, and all its blobs by digest."""
    document = json.dumps({"os": "linux", "architecture": "amd64", **top, "config": config or {}}).encode()
    layers = list(layers)
    manifest = json.dumps(
        {"schemaVersion": 2, "config": described(document), "layers": [described(one) for one in layers]}
    ).encode()
    return manifest, {digest(one): one for one in (*layers, document, manifest)}


def archive(
    layers: Iterable[bytes] = (), config: Mapping[str, Any] | None = None, *, packed: bool = False, **top: Any
) -> bytes:
    """An OCI archive of one image."""
    found = [gzip.compress(one, 1) if packed else one for one in layers]
    manifest, blobs = blobs_of(found, config, **top)
    return packed_up([described(manifest)], blobs)


def packed_up(manifests: list[dict[str, Any]], blobs: Mapping[str, bytes]) -> bytes:
    """An OCI archive with this index and these blobs, each under its name whatever it holds."""
    members = [Member("blobs/", "directory"), Member("blobs/sha256/", "directory")]
    members += [Member("blobs/" + name.replace(":", "/"), data=data) for name, data in sorted(blobs.items())]
    index = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
    members += [
        Member("index.json", data=index),
        Member("oci-layout", data=b'{"imageLayoutVersion":"1.0.0"}'),
    ]
    return layer(*members)


def unpack(data: bytes, folder: Path) -> Path:
    """An OCI archive as a layout on disk."""
    with tarfile.open(fileobj=io.BytesIO(data)) as found:
        # Python before 3.11.4 has no filters.
        found.extraction_filter = getattr(tarfile, "data_filter", None)
        found.extractall(folder)
    return folder
