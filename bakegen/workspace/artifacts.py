"""Artifacts in registries: pushed under their content keys and never over anything, pulled by digest and verified."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bakegen.building.artifacts import LAYER_TYPE, MANIFEST_TYPE, documents
from bakegen.compare.tar import Damaged
from bakegen.diagnostics import error
from bakegen.errors import EngineError, InputError
from bakegen.workspace.ahead import Ahead
from bakegen.workspace.artifact_unpack import unpack
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_documents import (
    Document,
    NotThereError,
    checked_digest,
    json_object,
    read_manifest,
)
from bakegen.workspace.registry_download import Download
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import Image, read_image
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_tags import Tagger
from bakegen.workspace.registry_upload import Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.plan.artifacts import Artifact
    from bakegen.workspace.artifact_pack import Packed

_T = TypeVar("_T")
_TIMEOUT = 60.0
_DEADLINE = 3600.0


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was unpacked: the digest of the manifest, bytes that travelled, how many entries."""

    digest: str
    size: int
    entries: int


def push(
    artifact: Artifact, reference: str, packed: Packed, *, environ: Mapping[str, str] = os.environ
) -> tuple[str, bool]:
    """Pushes a packed artifact and lets `reference` name it.

    Returns:
        The digest of its manifest, and whether it was pushed now; False where all of it was there.

    Raises:
        EngineError: the registry does not take it, or `reference` names something else.
    """
    image = _image(reference)
    config, manifest = documents(artifact, packed.digest, packed.size, packed.plain_digest)
    network = Network(environ, _TIMEOUT, time.monotonic() + _DEADLINE)
    client = Client(network)
    gate = Gate(Credentials(environ), push=True)
    document = Document(manifest.data, manifest.digest, MANIFEST_TYPE)
    with tempfile.TemporaryDirectory(prefix="bakegen-artifact-") as folder:
        small = Path(folder) / "config"
        small.write_bytes(config.data)
        try:
            # The large one first: nobody sees anything of it until the manifest is there.
            Upload(client, gate, image.repository, packed.path, packed.digest, packed.size).run()
            Upload(client, gate, image.repository, small, config.digest, len(config.data)).run()
            written = Tagger(gate, {}).create(client, image, document)
        except Failure as failure:
            raise EngineError(f"{reference} was not pushed: {failure.reason}") from None
        finally:
            client.close()
            network.stop()
    return manifest.digest, written


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
    progress: Callable[[int], None] = lambda count: None,
    environ: Mapping[str, str] = os.environ,
) -> Pulled:
    """Unpacks what `reference` (``[host/]path:tag`` or ``…@sha256:…``) names into `folder`.

    All is verified before `folder` gets its name: it is whole, or it is not there.

    Raises:
        InputError: `folder` has something in it, or cannot be written.
        EngineError: there is no such artifact, it is damaged, or the registry fails.
    """
    whole = folder.absolute()
    try:
        if os.path.lexists(whole) and (not whole.is_dir() or any(whole.iterdir())):
            raise InputError(
                [
                    error(
                        "folder-not-empty",
                        f"{str(folder)!r} is there already",
                        help="name a folder that is new or empty",
                    )
                ]
            )
        whole.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{whole.name}.", dir=whole.parent))
        try:
            # Within, so that the folder itself gets its rights from the artifact or the umask, as any other.
            inner = made / "new"
            inner.mkdir()
            found = _with_client(
                reference, environ, lambda client, gate, image: _fetch(client, gate, image, inner, progress)
            )
            inner.rename(whole)
        finally:
            _remove(made)
    except OSError as problem:
        said = f"cannot unpack into {str(folder)!r}: {(problem.strerror or str(problem)).lower()}"
        raise InputError([error("cannot-write", said)]) from None
    return found


def _fetch(client: Client, gate: Gate, image: Image, folder: Path, progress: Callable[[int], None]) -> Pulled:
    document = read_manifest(client, gate, image)
    digest, size = _layer(document)
    download = Download(client, gate, image.repository, digest, size, progress)
    hashed = hashlib.new(digest.partition(":")[0])

    def read(count: int) -> bytes:
        data = download.read(count)
        hashed.update(data)
        return data

    with Ahead(read) as ahead:
        try:
            entries = unpack(ahead.read, folder)
        except BaseException as problem:
            client.network.stop()  # nobody waits for what is on its way
            if isinstance(problem, Damaged):
                raise Failure(f"its layer cannot be unpacked: {problem}") from None
            raise
        finally:
            ahead.stop()
            download.close()
    if f"{digest.partition(':')[0]}:{hashed.hexdigest()}" != digest:
        raise Failure(f"what it gives for {digest} has another digest")
    return Pulled(document.digest, size, entries)


def _layer(document: Document) -> tuple[str, int]:
    """Digest and size of the one layer of an artifact."""
    layers = json_object(document.data, "manifest").get("layers")
    if not isinstance(layers, list) or len(layers) != 1 or not isinstance(layers[0], dict):
        raise Failure("it is no artifact: it has not one layer")
    layer = layers[0]
    digest, size = layer.get("digest"), layer.get("size")
    if layer.get("mediaType") != LAYER_TYPE or not isinstance(digest, str) or type(size) is not int or size < 0:
        raise Failure("it is no artifact: its layer is of another kind")
    return checked_digest(digest), size


def _image(reference: str) -> Image:
    image = read_image(reference)
    if image is None:
        raise InputError([error("bad-reference", f"{reference!r} is no reference")])
    return image


def _with_client(reference: str, environ: Mapping[str, str], work: Callable[[Client, Gate, Image], _T]) -> _T:
    image = _image(reference)
    network = Network(environ, _TIMEOUT, time.monotonic() + _DEADLINE)
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
    for at, names, _ in os.walk(folder):
        for name in names:
            if not (one := Path(at, name)).is_symlink():
                one.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
