"""Images made of Python values, as a registry holds them, and a registry that holds them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.unit.workspace.fake_registry import MISSING, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.unit.workspace.fake_registry import Request

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Member:
    """An entry of a layer: a directory where nothing else is said."""

    name: str
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    link: str | None = None
    hard: str | None = None
    data: str | None = None


def layer(*members: Member | str, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A plain tar archive; a text is a directory, or with ``=`` a file and its text, or with ``->`` a link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for one in members:
            member = _read(one) if isinstance(one, str) else one
            info = tarfile.TarInfo(member.name)
            info.mode, info.uid, info.gid = member.mode, member.uid, member.gid
            data = None
            if member.link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, member.link
            elif member.hard is not None:
                info.type, info.linkname = tarfile.LNKTYPE, member.hard
            elif member.data is not None:
                data = member.data.encode()
                info.size = len(data)
            else:
                info.type = tarfile.DIRTYPE
            archive.addfile(info, io.BytesIO(data) if data is not None else None)
    return out.getvalue()


def _read(text: str) -> Member:
    if " -> " in text:
        name, _, target = text.partition(" -> ")
        return Member(name, 0o777, link=target)
    name, equals, data = text.partition("=")
    return Member(name, 0o644, data=data) if equals else Member(name)


def digest_of(data: bytes) -> str:
    """The sha256 digest."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass
class Store:
    """What a registry holds: blobs and manifests by digest, tags; a script for `FakeRegistry`."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def add_blob(self, data: bytes) -> dict[str, object]:
        """Holds `data`, and gives its descriptor."""
        digest = digest_of(data)
        self.blobs[digest] = data
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(data)}

    def add_document(self, document: object, kind: str = MANIFEST) -> dict[str, object]:
        """Holds a manifest or index, and gives its descriptor."""
        data = json.dumps(document).encode()
        digest = digest_of(data)
        self.manifests[digest] = (data, kind)
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def add_image(
        self, layers: Sequence[bytes] = (), config: Mapping[str, object] | None = None, *, packed: bool = True
    ) -> dict[str, object]:
        """Holds an image of plain layers, stored as gzip."""
        document = {"os": "linux", "architecture": "amd64", "config": config or {}}
        stored = [gzip.compress(one, mtime=0) if packed else one for one in layers]
        return self.add_document(
            {
                "schemaVersion": 2,
                "config": self.add_blob(json.dumps(document).encode()),
                "layers": [self.add_blob(one) for one in stored],
            }
        )

    def add_index(self, images: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
        """Holds an index of images by platform."""
        manifests = []
        for platform, descriptor in images.items():
            os_name, architecture, *variant = platform.split("/")
            at = {"os": os_name, "architecture": architecture, **({"variant": variant[0]} if variant else {})}
            manifests.append({**descriptor, "platform": at})
        return self.add_document({"schemaVersion": 2, "manifests": manifests}, INDEX)

    def layers(self) -> set[str]:
        """The digests of all layers."""
        documents = [json.loads(data) for data, _ in self.manifests.values()]
        return {one["digest"] for document in documents for one in document.get("layers", ())}

    def tag(self, name: str, descriptor: Mapping[str, object]) -> str:
        """Has ``repository:tag`` name an image, and gives its digest."""
        self.tags[name] = str(descriptor["digest"])
        return self.tags[name]

    def answer(self, request: Request) -> Reply:
        """What a well-behaved registry answers."""
        repository, _, rest = request.path.removeprefix("/v2/").rpartition("/manifests/")
        if repository:
            digest = rest if ":" in rest else self.tags.get(f"{repository}:{rest}", "")
            if digest not in self.manifests:
                return MISSING
            data, kind = self.manifests[digest]
            return Reply(headers={"Content-Type": kind, "Docker-Content-Digest": digest}, body=data)
        data = self.blobs.get(request.path.rpartition("/blobs/")[2], b"")
        if not data:
            return MISSING
        span = request.headers.get("range", "")
        if span:
            start = int(span.removeprefix("bytes=").rstrip("-"))
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            return Reply(206, headers, data[start:])
        return Reply(body=data)


DEBIAN = layer(
    *("bin -> usr/bin", "etc", "home", "opt", "proc", "srv", "usr", "usr/bin", "usr/local", "usr/local/bin", "var"),
    *(Member("root", 0o700), Member("tmp", 0o1777), Member("home/app", 0o755, 1000, 1000)),
    "etc/passwd=root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
    "etc/group=root:x:0:\nstaff:x:50:app\n",
    "etc/os-release -> ../usr/lib/os-release",
    "usr/lib",
    'usr/lib/os-release=NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="13"\n',
    *("usr/bin/sh=", "usr/bin/bash -> sh", "var/run -> /run", "run", "var/lock -> /gone"),
)
"""A layer that has something of everything."""
