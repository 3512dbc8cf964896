"""Small documents of a registry, read whole and checked: manifests, indexes and configs.

Source: the distribution specification (``opencontainers/distribution-spec``: pulling manifests and blobs).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import MANIFEST_TYPES, follow, headers, let_in, page_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_http import Client
    from bakegen.workspace.registry_images import Image, Repository

_MANIFEST_LIMIT = 4 * 1024 * 1024
_CONFIG_LIMIT = 8 * 1024 * 1024
_KINDS = {"sha256": 64, "sha512": 128}


class NotThereError(Failure):
    """The registry has no such document."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a registry gave, the digest that these bytes have, and the type that it said."""

    data: bytes
    digest: str
    media_type: str


def read_manifest(client: Client, gate: Gate, image: Image) -> Document:
    """The manifest or index of `image`, which has the digest that was asked for or that the registry claims.

    Raises `Failure`, where there is none `NotThereError`.
    """
    wanted = image.tag if image.by_digest else ""
    return _read(
        client, gate, image.repository, f"manifests/{image.tag}", ", ".join(MANIFEST_TYPES), _MANIFEST_LIMIT, wanted
    )


def read_config(client: Client, gate: Gate, repository: Repository, digest: str) -> Mapping[str, object]:
    """The config of an image. Raises `Failure`."""
    page = f"blobs/{checked_digest(digest)}"
    return json_object(_read(client, gate, repository, page, "*/*", _CONFIG_LIMIT, digest).data, "config")


def _read(
    client: Client, gate: Gate, repository: Repository, page: str, accept: str, limit: int, wanted: str
) -> Document:
    answer = let_in(
        client,
        gate,
        repository,
        page_url(repository, page),
        lambda url, header: follow(
            url, header, lambda at, sent: client.ask("GET", at, headers(sent, accept), limit=limit + 1)
        ),
    )
    if answer.status in (401, 403):
        raise Failure(gate.why_refused(client, repository.host, answer.status))
    if answer.status == 404:
        raise NotThereError("there is no such image")
    if answer.status != 200:
        raise Failure(f"it answers with status {answer.status}")
    if len(answer.body) > limit:
        raise Failure(f"it answers with more than {limit:,} bytes")
    claimed = (answer.headers.get("Docker-Content-Digest") or "").strip()
    if wanted and digest_of(answer.body, wanted) != wanted:
        raise Failure(f"what it gives for {wanted} has another digest")
    if not wanted and claimed and digest_of(answer.body, claimed) != claimed:
        raise Failure("what it gives has another digest than it says")
    kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip()
    return Document(answer.body, wanted or claimed or digest_of(answer.body, "sha256"), kind)


def checked_digest(digest: str) -> str:
    """`digest` where it is one that can be checked, for it becomes a part of an address; else raises `Failure`."""
    kind, _, digits = digest.partition(":")
    if _KINDS.get(kind) != len(digits) or digits.strip("0123456789abcdef"):
        raise Failure("it names a blob by a digest that cannot be checked")
    return digest


def digest_of(data: bytes, like: str) -> str:
    """The digest of `data` by the algorithm of the digest `like`; "" where that is none we know."""
    kind = like.partition(":")[0]
    return f"{kind}:{hashlib.new(kind, data).hexdigest()}" if kind in _KINDS else ""


def json_object(data: bytes, what: str) -> Mapping[str, object]:
    """The object that `data` holds; raises `Failure` where it is none. `what` says what it should be."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Failure(f"its {what} is no JSON object")
    return found
