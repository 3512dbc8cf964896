"""Artifacts in registries: looked up by their content keys, pulled by digest, verified, unpacked."""

from __future__ import annotations

import hashlib
import os
import platform as machine
import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bakegen.building.artifacts import LAYER_TYPE, content_of
from bakegen.compare.tar import Damaged
from bakegen.diagnostics import error
from bakegen.errors import EngineError, InputError
from bakegen.workspace.artifact_layout import chosen, entries_of_folder, in_parts, names
from bakegen.workspace.artifact_pack import plain_digests
from bakegen.workspace.artifact_unpack import Unpacking
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_bases import choose_platform
from bakegen.workspace.registry_documents import (
    NotThereError,
    checked_digest,
    json_object,
    read_config,
    read_manifest,
)
from bakegen.workspace.registry_download import Download
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import Image, read_image
from bakegen.workspace.registry_network import Network
from bakegen.workspace.together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_T = TypeVar("_T")

TIMEOUT = 60.0
"""Seconds that a registry has for a sign of life."""

DEADLINE = 6 * 3600.0
"""Seconds that all of a transfer may take."""

TRANSFERS = 4
"""How many parts travel at once."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was unpacked: the digest of the manifest, bytes that travelled, how many entries.

    `known` says that all of it was there before.
    """

    digest: str
    size: int
    entries: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """An artifact for one platform as its registry describes it."""

    digest: str
    layers: tuple[tuple[str, int], ...]
    plain_digests: tuple[str, ...]
    times: bool


def find(reference: str, *, environ: Mapping[str, str] = os.environ) -> str:
    """The digest of what `reference` names, "" where there is nothing.

    Raises:
        EngineError: the registry does not say.
    """
    return _with_client(reference, environ, _digest)


def _digest(client: Client, gate: Gate, image: Image) -> str:
    try:
        return read_manifest(client, gate, image).digest
    except NotThereError:
        return ""


def pull(
    reference: str,
    folder: Path,
    *,
    platform: str = "",
    progress: Callable[[int], None] = lambda count: None,
    environ: Mapping[str, str] = os.environ,
) -> Pulled:
    """Unpacks what `reference` (``[host/]path:tag`` or ``…@sha256:…``) names into `folder`.

    All is verified before `folder` gets its name: it is whole, or it is not there. Where it holds this very artifact
    already, which its archives made anew and their digests tell, nothing is done.

    Args:
        reference: the artifact.
        folder: where to.
        platform: for which platform; "" is this machine's.
        progress: told how many bytes came, as they come, by several threads.
        environ: for logins and proxies.

    Raises:
        InputError: `folder` has something else in it, or cannot be written.
        EngineError: there is no such artifact, it is damaged, or the registry fails.
    """
    whole = folder.absolute()
    try:
        if os.path.lexists(whole) and not whole.is_dir():
            raise _in_the_way(folder, "")
        return _with_client(
            reference, environ, lambda client, gate, image: _pull(client, gate, image, folder, platform, progress)
        )
    except OSError as problem:
        said = f"cannot unpack into {str(folder)!r}: {(problem.strerror or str(problem)).lower()}"
        raise InputError([error("cannot-write", said)]) from None


def _pull(
    client: Client, gate: Gate, image: Image, folder: Path, platform: str, progress: Callable[[int], None]
) -> Pulled:
    whole = folder.absolute()
    found = _described(client, gate, image, platform)
    if os.path.lexists(whole) and any(whole.iterdir()):
        entries = _same(whole, found)
        if not entries:
            raise _in_the_way(folder, " and is not this artifact")
        return Pulled(found.digest, 0, entries, known=True)
    whole.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{whole.name}.", dir=whole.parent))
    try:
        # Within, so that the folder itself gets its rights from the artifact or the umask, as any other.
        inner = made / "new"
        inner.mkdir()
        pulled = _fetch(client, gate, image, found, inner, progress)
        inner.rename(whole)
    finally:
        _remove(made)
    return pulled


def _in_the_way(folder: Path, why: str) -> InputError:
    said = f"{str(folder)!r} is there already{why}"
    return InputError([error("folder-not-empty", said, help="name a folder that is new or empty")])


def _described(client: Client, gate: Gate, image: Image, platform: str) -> _Found:
    document = read_manifest(client, gate, image)
    manifest = json_object(document.data, "manifest")
    wanted = platform or _own_platform()
    if "manifests" in manifest:
        digest = checked_digest(choose_platform(manifest, wanted))
        document = read_manifest(client, gate, Image(image.repository, digest))
        manifest = json_object(document.data, "manifest")
    layers = _layers(manifest)
    described = manifest.get("config")
    config_digest = described.get("digest") if isinstance(described, dict) else None
    if not isinstance(config_digest, str):
        raise Failure("it is no artifact: it has no config")
    config = read_config(client, gate, image.repository, config_digest)
    if platform:
        # Whoever asks for a platform gets no other one, even where there is but one.
        choose_platform({"manifests": [{"platform": config, "digest": document.digest}]}, platform)
    rootfs = config.get("rootfs")
    plain = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(plain, list) or len(plain) != len(layers):
        raise Failure("it is no artifact: its config does not fit its layers")
    return _Found(document.digest, layers, tuple(map(str, plain)), bool(content_of(manifest)))


def _own_platform() -> str:
    return f"linux/{machine.machine().lower() or 'amd64'}"


def _same(folder: Path, found: _Found) -> int:
    """How many entries `folder` has where they are those of the artifact; 0 where they are not."""
    try:
        parts = in_parts(chosen(entries_of_folder(folder, times=found.times), lambda name: True))
        same = len(parts) == len(found.plain_digests) and tuple(plain_digests(parts)) == found.plain_digests
    except (EngineError, OSError):
        return 0
    return names(parts) if same else 0


def _fetch(
    client: Client, gate: Gate, image: Image, found: _Found, folder: Path, progress: Callable[[int], None]
) -> Pulled:
    unpacking = Unpacking(folder)
    works = [
        partial(_fetch_part, client.network, gate, image, digest, size, unpacking, progress)
        for digest, size in found.layers
    ]
    together(works, TRANSFERS, client.network.stop)
    return Pulled(found.digest, sum(size for _, size in found.layers), unpacking.finish())


def _fetch_part(
    network: Network,
    gate: Gate,
    image: Image,
    digest: str,
    size: int,
    unpacking: Unpacking,
    progress: Callable[[int], None],
) -> None:
    client = Client(network)
    download = Download(client, gate, image.repository, digest, size, progress)
    hashed = hashlib.new(digest.partition(":")[0])

    def read(count: int) -> bytes:
        network.left()
        data = download.read(count)
        hashed.update(data)
        return data

    try:
        unpacking.part(read)
    except Damaged as problem:
        raise Failure(f"its layer cannot be unpacked: {problem}") from None
    finally:
        download.close()
        client.close()
    if f"{digest.partition(':')[0]}:{hashed.hexdigest()}" != digest:
        raise Failure(f"what it gives for {digest} has another digest")


def _layers(manifest: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
    """Digest and size of each layer of an artifact."""
    layers = manifest.get("layers")
    if not isinstance(layers, list) or not layers:
        raise Failure("it is no artifact: it has no layers")
    found = []
    for layer in layers:
        digest, size = (layer.get("digest"), layer.get("size")) if isinstance(layer, dict) else (None, None)
        if not isinstance(digest, str) or type(size) is not int or size < 0 or layer.get("mediaType") != LAYER_TYPE:
            raise Failure("it is no artifact: its layer is of another kind")
        found.append((checked_digest(digest), size))
    return tuple(found)


def named_image(reference: str) -> Image:
    """The image that `reference` names; raises `InputError` where it is no reference."""
    image = read_image(reference)
    if image is None:
        raise InputError([error("bad-reference", f"{reference!r} is no reference")])
    return image


def _with_client(reference: str, environ: Mapping[str, str], work: Callable[[Client, Gate, Image], _T]) -> _T:
    image = named_image(reference)
    network = Network(environ, TIMEOUT, time.monotonic() + DEADLINE)
    client = Client(network)
    try:
        return work(client, Gate(Credentials(environ)), image)
    except NotThereError:
        raise EngineError(f"{reference} is not in its registry") from None
    except Failure as failure:
        raise EngineError(f"{reference}: {failure.reason}") from None
    finally:
        client.close()
        network.stop()


def _remove(folder: Path) -> None:
    """Removes it with all that is in it; folders that were closed by their rights are opened first."""
    for at, folders, _ in os.walk(folder):
        for name in folders:
            if not (one := Path(at, name)).is_symlink():
                one.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
