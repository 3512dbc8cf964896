"""Images under their content keys: which are there, and further tags for them in the registry itself, without a build.

Source: the distribution specification (``opencontainers/distribution-spec``: pulling and pushing manifests).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from bakegen.building.decide import Present
from bakegen.dockerfile.platforms import Platform, normalized
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry import probe
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_documents import NotThereError, json_object, read_config, read_manifest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import Image, read_image
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_tags import Tagger
from bakegen.workspace.registry_workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bakegen.workspace.registry_documents import Document
    from bakegen.workspace.registry_http import Client

_ATTESTATION = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class Looked:
    """What registries say of references: those that are there, and why others could not be asked about.

    A reference in neither does not exist. Reasons hold no secrets. `manifests` are those that were read, by digest:
    `retag` needs no second look at them.
    """

    present: Mapping[str, Present]
    unknown: Mapping[str, str]
    manifests: Mapping[str, Document] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Tagged:
    """What became of one tag.

    Attributes:
        reference: the tag, as it was given.
        digest: what it was to name.
        failure: why it may not name that; "" where it does, as the registry has confirmed.
        written: whether it was written; False where it named that already.
    """

    reference: str
    digest: str
    failure: str = ""
    written: bool = False


def look_up(
    references: Iterable[str],
    *,
    platforms: bool = True,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 60.0,
    workers: int = 16,
) -> Looked:
    """Which of `references` exist, with their digests and platforms; nothing is written.

    Only the manifests of those that exist are read: registries count such reads, and not the question whether there
    is one. Trouble never raises: it ends up in `Looked.unknown`.

    Args:
        references: ``[host/]path[:tag]``.
        platforms: whether platforms matter: an image without an index takes one more question for its own.
        environ: says who we are and by which proxy we go.
        timeout: how long a registry may stay silent, in seconds.
        deadline: how long everything may take.
        workers: how many connections are open at once.
    """
    until = time.monotonic() + deadline
    gate = Gate(Credentials(environ))
    probed = probe(references, environ=environ, timeout=timeout, deadline=deadline, workers=workers, gate=gate)
    existing = sorted(probed.existing)
    with Workers(Network(environ, timeout, until), workers) as crew:
        answers = crew.all(lambda client, reference: _present(client, gate, reference, ask=platforms), existing)
    present: dict[str, Present] = {}
    manifests: dict[str, Document] = {}
    unknown = dict(probed.unknown)
    for reference, answer in zip(existing, answers, strict=True):
        if not isinstance(answer, Failure):
            present[reference], manifest = answer
            manifests[manifest.digest] = manifest
        elif not isinstance(answer, NotThereError):  # a list of tags may name what was deleted
            unknown[reference] = answer.reason
    return Looked(MappingProxyType(present), MappingProxyType(unknown), MappingProxyType(manifests))


def retag(
    wanted: Mapping[str, Sequence[str]],
    *,
    manifests: Mapping[str, Document] | None = None,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 120.0,
    workers: int = 8,
) -> dict[str, Tagged]:
    """Gives images further tags in their own repositories, without moving a layer.

    A tag that names its image already is left alone; a failure of one tag says nothing of the others, and doing it
    again is safe. Nothing raises.

    Args:
        wanted: ``[host/]path[:tag]@digest`` -> the references that are to name it, ``[host/]path:tag``.
        manifests: those that `look_up` has read; others are read here.
        environ: says who we are and by which proxy we go.
        timeout: how long a registry may stay silent, in seconds.
        deadline: how long everything may take.
        workers: how many connections are open at once.

    Returns:
        New reference -> what became of it.
    """
    results: dict[str, Tagged] = {}
    jobs: list[_Job] = []
    claims = _claims(wanted)
    for source, references in wanted.items():
        image = read_image(source)
        digest = image.tag if image is not None and image.by_digest else ""
        tags: dict[str, Image] = {}
        for reference in references:
            tag = read_image(reference)
            if problem := _problem(source, image, reference, tag, claims):
                results[reference] = Tagged(reference, digest, problem)
            elif tag is not None:
                tags[reference] = tag
        if tags and image is not None:
            jobs.append(_Job(image, tags))
    network = Network(environ, timeout, time.monotonic() + deadline)
    tagger = Tagger(Gate(Credentials(environ), push=True), manifests or {})
    with Workers(network, workers) as crew:
        for tagged in crew.all(lambda client, job: _tag(client, tagger, job), jobs):
            assert not isinstance(tagged, Failure)  # each tag has its own
            results.update((one.reference, one) for one in tagged)
    return {reference: results[reference] for references in wanted.values() for reference in references}


@dataclass(frozen=True, slots=True)
class _Job:
    """An image and the tags that it is to get, by the references that were given."""

    image: Image
    tags: Mapping[str, Image]


def _claims(wanted: Mapping[str, Sequence[str]]) -> dict[Image | None, set[str]]:
    """Which digests each tag is to name."""
    claims: dict[Image | None, set[str]] = {}
    for source, references in wanted.items():
        if (image := read_image(source)) is not None:
            for reference in references:
                claims.setdefault(read_image(reference), set()).add(image.tag)
    return claims


def _problem(
    source: str, image: Image | None, reference: str, tag: Image | None, claims: Mapping[Image | None, set[str]]
) -> str:
    """Why `tag` cannot be given to `image`, "" where it can."""
    if image is None or not image.by_digest:
        return "what it should name is given without a digest"
    if tag is None or tag.by_digest or "@" in reference:
        return "it is not a tag"
    if tag.repository != image.repository:
        return f"it is in another repository than {source}, where the layers are: only a push can bring them there"
    if len(claims[tag]) > 1:
        return "it should name two different images"
    return ""


def _tag(client: Client, tagger: Tagger, job: _Job) -> list[Tagged]:
    done: list[Tagged] = []
    for reference, tag in job.tags.items():
        try:
            done.append(Tagged(reference, job.image.tag, written=tagger.tag(client, job.image, tag)))
        except Failure as failure:
            done.append(Tagged(reference, job.image.tag, failure.reason))
    return done


def _present(client: Client, gate: Gate, reference: str, *, ask: bool) -> tuple[Present, Document]:
    image = read_image(reference)
    if image is None:
        raise Failure("not a valid reference")
    document = read_manifest(client, gate, image)
    manifest = json_object(document.data, "manifest")
    entries = manifest.get("manifests")
    if isinstance(entries, list):
        platforms = [_platform(entry.get("platform")) for entry in entries if _is_image(entry)]
    else:
        config = manifest.get("config")
        digest = config.get("digest") if isinstance(config, dict) else None
        if not isinstance(digest, str):
            raise Failure("its manifest is that of no image")
        platforms = [_platform(read_config(client, gate, image.repository, digest))] if ask else []
    return Present(document.digest, tuple(sorted({platform for platform in platforms if platform}))), document


def _is_image(entry: object) -> bool:
    """Whether an entry of an index is one: attestations stand there too."""
    if not isinstance(entry, dict):
        return False
    notes = entry.get("annotations")
    return not (isinstance(notes, dict) and _ATTESTATION in notes)


def _platform(found: object) -> str:
    """The platform that an index or a config names, "" where it names none."""
    if not isinstance(found, dict):
        return ""
    parts = [found.get(name) or "" for name in ("os", "architecture", "variant")]
    if not all(isinstance(part, str) for part in parts) or not (parts[0] and parts[1]) or parts[0] == "unknown":
        return ""
    return normalized(Platform(*parts)).short()
