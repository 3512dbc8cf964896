"""Facts of base images out of their registries: manifests, configs, and layers streamed, each read once.

Sources: ``opencontainers/image-spec`` (image-index, manifest, config) and platformVector in containerd's platforms
package for which platform of an index serves which.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bakegen.compare.blobs import Shared, Unread, read_blob
from bakegen.compare.flatten import flatten
from bakegen.compare.layer import Layer
from bakegen.compare.tar import Damaged
from bakegen.dockerfile.platforms import Platform, normalized, parse_platform
from bakegen.facts.image import ConfigError, platform_facts
from bakegen.facts.model import BaseFacts
from bakegen.facts.root import Headers, Root
from bakegen.workspace.parallel import run_all
from bakegen.workspace.registry_documents import checked_digest, json_object, read_config, read_manifest
from bakegen.workspace.registry_download import Download
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import Image, read_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_network import Network

WORKERS = 6
"""How many downloads run at once."""

_MOST_LAYERS = 500
_ATTESTATION = "vnd.docker.reference.type"
_A = TypeVar("_A")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read of one image: its reference (with a digest, where that is settled) and platforms."""

    reference: str
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Blob:
    """A blob as a manifest describes it, in the repository that it is read from."""

    repository: Repository
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class _Found:
    """One platform of an image before its layers are read."""

    digest: str
    config: object
    layers: tuple[_Blob, ...]


@dataclass(slots=True)
class Progress:
    """How many bytes of layers have come, of how many; written by all workers."""

    total: int = 0
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int) -> None:
        """`count` more bytes have come."""
        with self.lock:
            self.done += count


class BaseReader:
    """Reads images from registries; one for a command, so that what they share is read once."""

    def __init__(self, network: Network, gate: Gate, tick: Callable[[Progress], None] | None = None) -> None:
        """`tick` is called about once a second while layers are read."""
        self._network = network
        self._gate = gate
        self._tick = tick
        self._shared = Shared(keeper=Headers())
        self._progress = Progress()

    def digests(self, references: Iterable[str]) -> dict[str, str | Failure]:
        """The digest that each reference has now, or why it is not known."""
        wanted = list(dict.fromkeys(references))
        return dict(zip(wanted, self._all(self._digest, wanted), strict=True))

    def facts(self, wanted: Mapping[str, Wanted]) -> dict[str, BaseFacts | Failure]:
        """The facts of each image in `wanted`, by its name there, or why they could not be read."""
        images = dict(zip(wanted, self._all(self._look_up, list(wanted.values())), strict=True))
        found = [one[1] for one in images.values() if not isinstance(one, Failure)]
        blobs = list(dict.fromkeys(blob for platforms in found for one in platforms.values() for blob in one.layers))
        self._progress.total += sum(blob.size for blob in blobs)
        layers = dict(zip(blobs, self._all(self._layer, blobs), strict=True))
        return {
            name: one if isinstance(one, Failure) else _assembled(one[0], one[1], layers)
            for name, one in images.items()
        }

    def _all(self, read: Callable[[Client, _A], _T], items: list[_A]) -> list[_T | Failure]:
        def guarded(item: _A) -> _T | Failure:
            client = Client(self._network)
            try:
                return read(client, item)
            except Failure as failure:
                return failure
            finally:
                client.close()

        tick = self._tick
        try:
            return run_all(guarded, items, WORKERS, tick=None if tick is None else lambda: tick(self._progress))
        except BaseException:
            self._network.stop()
            raise

    def _digest(self, client: Client, reference: str) -> str:
        return self._manifest(client, _image(reference))[0]

    def _look_up(self, client: Client, wanted: Wanted) -> tuple[str, dict[str, _Found]]:
        """The digest of an image, and what each platform is made of."""
        image = _image(wanted.reference)
        digest, manifest = self._manifest(client, image)
        found: dict[str, _Found] = {}
        for platform in wanted.platforms:
            own_digest, own = digest, manifest
            if isinstance(manifest.get("manifests"), list):
                chosen = choose_platform(manifest, platform)
                own_digest, own = self._manifest(client, _at(image, chosen))
            found[platform] = self._platform(client, image.repository, own_digest, own)
        return digest, found

    def _platform(self, client: Client, repository: Repository, digest: str, manifest: Mapping[str, object]) -> _Found:
        layers = manifest.get("layers")
        if not isinstance(layers, list) or len(layers) > _MOST_LAYERS:
            raise Failure("its manifest is none that an engine could unpack")
        blob = _blob(repository, manifest.get("config"))
        config = read_config(client, self._gate, repository, blob.digest)
        return _Found(digest, config, tuple(_blob(repository, layer) for layer in layers))

    def _manifest(self, client: Client, image: Image) -> tuple[str, Mapping[str, object]]:
        """The digest of a manifest or index, and what it says."""
        document = read_manifest(client, self._gate, image)
        found = json_object(document.data, "manifest")
        if found.get("schemaVersion") != 2:
            raise Failure("its manifest is none that an engine could unpack")
        return document.digest, found

    def _layer(self, client: Client, blob: _Blob) -> Layer:
        download = Download(client, self._gate, blob.repository, blob.digest, blob.size, self._progress.add)
        try:
            found = read_blob(blob.digest, blob.size, download.read, self._shared)
        except Damaged as problem:
            raise Failure(str(problem)) from None
        finally:
            download.close()
        if isinstance(found, Unread):
            raise Failure(f"the layer {blob.digest} cannot be read: {found.why}")
        if not isinstance(found, Layer):
            raise Failure(f"the layer {blob.digest} is no archive")
        return found


def choose_platform(index: Mapping[str, object], platform: str) -> str:
    """The digest of the manifest in `index` that an engine takes for `platform`; raises `Failure` without one.

    The nearest one of those that the platform can run, as ``platforms.Only`` of containerd orders them.
    """
    entries: dict[str, str] = {}
    listed = index.get("manifests")
    for entry in listed if isinstance(listed, list) else ():
        at = entry.get("platform") if isinstance(entry, dict) else None
        if not isinstance(at, dict) or (isinstance(notes := entry.get("annotations"), dict) and _ATTESTATION in notes):
            continue
        parts = [at.get(name) or "" for name in ("os", "architecture", "variant")]
        if all(isinstance(part, str) for part in parts) and isinstance(digest := entry.get("digest"), str):
            entries.setdefault(str(normalized(Platform(*parts))), digest)
    for wanted in _serving(parse_platform(platform)):
        if wanted in entries:
            return entries[wanted]
    raise Failure(f"it has no image for {platform}, only for {', '.join(sorted(entries)) or 'none'}")


def _serving(platform: Platform) -> list[str]:
    """The platforms whose programs run on `platform`, the best first."""
    platform = normalized(platform)
    found = [platform]
    architecture, variant = platform.architecture, platform.variant
    if architecture == "amd64":
        level = int(variant[1:]) if variant[:1] == "v" and variant[1:].isdigit() else 1
        found += [Platform(platform.os, "amd64", f"v{n}" if n > 1 else "") for n in range(min(level, 9) - 1, 0, -1)]
        found.append(Platform(platform.os, "386"))
    elif architecture in ("arm", "arm64"):
        level = int(variant[1:]) if variant[:1] == "v" and variant[1:].isdigit() else 8
        if architecture == "arm64":
            found += [Platform(platform.os, "arm64", f"v{n}" if n > 8 else "") for n in range(min(level, 9) - 1, 7, -1)]
            level = 9
        found += [Platform(platform.os, "arm", f"v{n}") for n in range(min(level, 9) - 1, 4, -1)]
    return [str(one) for one in found]


def _assembled(
    digest: str, platforms: Mapping[str, _Found], layers: Mapping[_Blob, Layer | Failure]
) -> BaseFacts | Failure:
    facts = {}
    for name, found in platforms.items():
        own: list[Layer] = []
        for blob in found.layers:
            layer = layers[blob]
            if isinstance(layer, Failure):
                return layer
            own.append(layer)
        try:
            facts[name] = platform_facts(found.digest, found.config, Root(flatten(own)), index_digest=digest)
        except (ConfigError, Damaged) as problem:
            return Failure(str(problem))
    return BaseFacts(digest, facts)


def _image(reference: str) -> Image:
    image = read_image(reference)
    if image is None:
        raise Failure("it is no reference of an image in a registry")
    return image


def _at(image: Image, digest: str) -> Image:
    return Image(image.repository, checked_digest(digest))


def _blob(repository: Repository, descriptor: object) -> _Blob:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    size = descriptor.get("size") if isinstance(descriptor, dict) else None
    if not isinstance(digest, str) or not isinstance(size, int) or size < 0:
        raise Failure("its manifest is none that an engine could unpack")
    return _Blob(repository, checked_digest(digest), size)
