"""Reads the layers of images in a registry, and the instructions that made them: from manifest and config.

Sources: the image specification (``opencontainers/image-spec``: index, manifest, config with its ``history``, in which
an entry with ``empty_layer`` has no layer); BuildKit's ``frontend/dockerfile/dockerfile2llb/convert.go``
(commitToHistory) for the texts, and ``docs/attestations/attestation-storage.md`` for what stands beside images.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line
from bakegen.dockerfile.platforms import Platform, normalized
from bakegen.sharing.model import Layer, StoredImage
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_documents import NotThereError, checked_digest, json_object, read_config, read_manifest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import Image, read_image
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.workspace.registry_documents import Document
    from bakegen.workspace.registry_http import Client
    from bakegen.workspace.registry_images import Repository

_ATTESTATION = "vnd.docker.reference.type"
_ATTESTED = "vnd.docker.reference.digest"
_TIMEOUT = 30.0
_DEADLINE = 900.0
_WORKERS = 8
_VALUES = re.compile(r"^(RUN )?\|[0-9]+ .* ((?:/\S+/)?(?:ba|da|a|z|k)?sh (?:-o \S+ )?-[a-z]*c )", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """What one of several references names.

    Attributes:
        reference: the first that is there.
        images: its platforms.
    """

    reference: str
    images: tuple[StoredImage, ...]


def read_images(wanted: Sequence[Sequence[str]], environ: Mapping[str, str]) -> list[Found | str]:
    """For each list of references what the first of them that exists names, or a clause why there is none.

    Args:
        wanted: ``[host/]path[:tag]``, the best first.
        environ: says who we are and by which proxy we go.
    """
    reader = _Reader(Gate(Credentials(environ)))
    with Workers(Network(environ, _TIMEOUT, time.monotonic() + _DEADLINE), _WORKERS) as crew:
        answers = crew.all(reader.first, wanted)
    return [answer.reason if isinstance(answer, Failure) else answer for answer in answers]


class _Reader:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def first(self, client: Client, references: Sequence[str]) -> Found:
        """What the first reference that is there names. Raises `Failure`."""
        for reference in references:
            image = read_image(reference)
            if image is None:
                raise Failure(f"{reference} is not a valid reference")
            try:
                document = read_manifest(client, self._gate, image)
            except NotThereError:
                continue
            except Failure as failure:
                raise Failure(f"{reference}: {failure.reason}") from None
            try:
                return Found(reference, tuple(self._images(client, image.repository, document)))
            except Failure as failure:
                raise Failure(f"{reference}: {failure.reason}") from None
        raise Failure(f"there is no {' nor '.join(references)}" if references else "it has no repository")

    def _images(self, client: Client, repository: Repository, document: Document) -> list[StoredImage]:
        manifest = json_object(document.data, "manifest")
        own = {checked_digest(document.digest): len(document.data)}
        entries = manifest.get("manifests")
        if not isinstance(entries, list):
            return [self._image(client, repository, document.digest, manifest, own)]
        found: list[StoredImage] = []
        beside: dict[str, dict[str, int]] = {}
        images = []
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("digest"), str):
                raise Failure("its index is damaged")
            notes = entry.get("annotations")
            if isinstance(notes, dict) and _ATTESTATION in notes:
                try:
                    statement = self._child(client, repository, entry["digest"])
                except NotThereError:
                    continue
                blobs = _blobs(json_object(statement.data, "manifest"))
                beside.setdefault(str(notes.get(_ATTESTED)), {}).update(
                    {**blobs, statement.digest: len(statement.data)}
                )
            else:
                images.append(entry)
        for entry in images:
            try:
                child = self._child(client, repository, entry["digest"])
            except NotThereError:
                continue  # an index may name platforms that are not there
            others = {**own, child.digest: len(child.data), **beside.get(child.digest, {})}
            body = json_object(child.data, "manifest")
            found.append(self._image(client, repository, child.digest, body, others, _platform(entry.get("platform"))))
        return found

    def _child(self, client: Client, repository: Repository, digest: str) -> Document:
        return read_manifest(client, self._gate, Image(repository, checked_digest(digest)))

    def _image(
        self,
        client: Client,
        repository: Repository,
        digest: str,
        manifest: Mapping[str, object],
        others: Mapping[str, int],
        platform: str = "",
    ) -> StoredImage:
        config = manifest.get("config")
        if not isinstance(config, dict) or not isinstance(config.get("digest"), str):
            raise Failure("its manifest is that of no image")
        known = read_config(client, self._gate, repository, config["digest"])
        layers = manifest.get("layers")
        blobs = [_descriptor(one) for one in layers] if isinstance(layers, list) else []
        texts = made_by(known.get("history"), len(blobs))
        made = tuple(Layer(name, size, text) for (name, size), text in zip(blobs, texts, strict=True))
        rest = {**others, **dict([_descriptor(config)])}
        return StoredImage(digest, platform or _platform(known), made, rest)


def made_by(history: object, count: int) -> list[str]:
    """The instructions of `count` layers by the history of a config; all "" where it has another number of layers."""
    entries = history if isinstance(history, list) else []
    texts = [
        without_values(str(entry.get("created_by") or ""))
        for entry in entries
        if isinstance(entry, dict) and not entry.get("empty_layer")
    ]
    return texts if len(texts) == count else [""] * count


def without_values(text: str) -> str:
    """An instruction of a history without the values of arguments that stand before a RUN's command.

    ``RUN |1 TOKEN=x /bin/sh -c make # buildkit`` becomes ``RUN /bin/sh -c make``. Values may have blanks in them, so
    all up to the shell goes, and where there is none all of the text.
    """
    text = text.removesuffix(" # buildkit")
    if not re.match(r"(RUN )?\|[0-9]+ ", text):
        return clean_line(text)
    match = _VALUES.match(text)
    return clean_line(f"RUN {text[match.start(2) :]}" if match else "RUN")


def _blobs(manifest: Mapping[str, object]) -> dict[str, int]:
    """Config and layers."""
    layers = manifest.get("layers")
    entries = [manifest.get("config"), *(layers if isinstance(layers, list) else [])]
    return dict(_descriptor(one) for one in entries if one is not None)


def _descriptor(entry: object) -> tuple[str, int]:
    digest = entry.get("digest") if isinstance(entry, dict) else None
    size = entry.get("size") if isinstance(entry, dict) else None
    if not isinstance(digest, str) or not isinstance(size, int) or not 0 <= size < 1 << 63:
        raise Failure("its manifest is damaged")
    return checked_digest(digest), size


def _platform(found: object) -> str:
    """The platform that an index or a config names, "" where it names none."""
    if not isinstance(found, dict):
        return ""
    parts = [str(found.get(name) or "") for name in ("os", "architecture", "variant")]
    return normalized(Platform(*parts)).short() if parts[0] and parts[1] and parts[0] != "unknown" else ""
