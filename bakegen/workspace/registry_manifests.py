"""What a manifest says of sizes, children, subject and age: read from it, and where it is silent the config.

Sources: the image specification (``opencontainers/image-spec``: manifest, index, annotations, config) and BuildKit's
registry caches (``cache/remotecache`` of moby/buildkit), which are a manifest with a config of their own, or in older
versions an index whose entries are layers.
"""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from bakegen.pruning.model import Manifest
from bakegen.workspace.registry_documents import checked_digest, json_object, read_config
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import MANIFEST_TYPES, head, let_in, page_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_documents import Document
    from bakegen.workspace.registry_http import Client
    from bakegen.workspace.registry_images import Repository

CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"
_CREATED = "org.opencontainers.image.created"
_LAYER_CREATED = "buildkit/createdat"
_TYPES_OF_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
_BEFORE_CONTAINERS = datetime(2013, 1, 1, tzinfo=UTC).timestamp()
"""Older times are not those of a build: SOURCE_DATE_EPOCH and others put 1970 or 1980 there."""
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")


def read_manifest_facts(client: Client, gate: Gate, repository: Repository, name: str, document: Document) -> Manifest:
    """What `document` of the repository called `name` says.

    Raises:
        Failure: it is none, or its config cannot be read.
    """
    manifest = json_object(document.data, "manifest")
    blobs: dict[str, int] = {}
    children: list[str] = []
    is_cache = False
    times = [_time(_mapping(manifest.get("annotations")).get(_CREATED))]
    for entry in _entries(manifest):
        digest, size, kind = _descriptor(entry)
        times.append(_time(_mapping(entry.get("annotations")).get(_LAYER_CREATED)))
        is_cache = is_cache or kind == CACHE_CONFIG
        # An index of an old cache lists layers where others have manifests.
        if entry in _list(manifest.get("manifests")) and kind in MANIFEST_TYPES:
            children.append(digest)
        else:
            blobs[digest] = size
    known = [time for time in times if time is not None]
    config = _mapping(manifest.get("config"))
    if not known and config.get("mediaType") in (*_TYPES_OF_CONFIGS, CACHE_CONFIG):
        digest, _, _ = _descriptor(config)
        known = list(_config_times(read_config(client, gate, repository, digest)))
    if not known and not children:
        known = list(_told_by_registry(client, gate, repository, document.digest))
    return Manifest(
        name,
        checked_digest(document.digest),
        len(document.data),
        blobs,
        tuple(dict.fromkeys(children)),
        _subject(manifest),
        max(known, default=None),
        is_cache,
    )


def _entries(manifest: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """All descriptors of a manifest or an index."""
    found = False
    if isinstance(config := manifest.get("config"), dict):
        found = True
        yield config
    for name in ("layers", "manifests"):
        if name in manifest:
            found = True
            yield from _list(manifest.get(name))
    if not found:
        raise Failure("its manifest is of an unknown kind")


def _list(value: object) -> list[Mapping[str, object]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Failure("its manifest is damaged")
    return value


def _descriptor(entry: Mapping[str, object]) -> tuple[str, int, str]:
    digest, size, kind = entry.get("digest"), entry.get("size"), entry.get("mediaType")
    if not isinstance(digest, str) or not isinstance(size, int) or not 0 <= size < 1 << 63:
        raise Failure("its manifest is damaged")
    return checked_digest(digest), size, kind if isinstance(kind, str) else ""


def _subject(manifest: Mapping[str, object]) -> str:
    subject = manifest.get("subject")
    return _descriptor(subject)[0] if isinstance(subject, dict) else ""


def _config_times(config: Mapping[str, object]) -> Iterator[float]:
    """The times in the config of an image or of a cache."""
    texts = [config.get("created")]
    for record in _plain_list(config.get("records")):
        texts += [_mapping(one).get("createdAt") for one in _plain_list(_mapping(record).get("layers"))]
    yield from (time for text in texts if (time := _time(text)) is not None)


def _told_by_registry(client: Client, gate: Gate, repository: Repository, digest: str) -> Iterator[float]:
    """When the registry got the manifest, where it says so."""
    answer = let_in(client, gate, repository, page_url(repository, f"manifests/{digest}"), partial(head, client))
    if answer.status == 200 and (text := answer.headers.get("Last-Modified")):
        try:
            time = email.utils.parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError):
            return
        if time > _BEFORE_CONTAINERS:
            yield time


def _time(value: object) -> float | None:
    """An RFC 3339 time in seconds since 1970, None where it is none or not that of a build."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", value))
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    seconds = found.timestamp()
    return seconds if seconds > _BEFORE_CONTAINERS else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _plain_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
