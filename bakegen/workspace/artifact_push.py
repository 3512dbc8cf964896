"""Pushes an artifact under its content key, never over anything: parts first and beside each other, the tag last."""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.building.artifacts import INDEX_TYPE, MANIFEST_TYPE, Layer, content_of, documents, index
from bakegen.errors import EngineError
from bakegen.workspace.artifacts import DEADLINE, TIMEOUT, TRANSFERS, named_image
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_documents import Document, json_object
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_tags import Tagger
from bakegen.workspace.registry_upload import Upload
from bakegen.workspace.together import together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.building.artifacts import Blob
    from bakegen.workspace.artifact_pack import Packed
    from bakegen.workspace.registry_images import Image


def push(name: str, packed: Mapping[str, Packed], reference: str, *, environ: Mapping[str, str] = os.environ) -> str:
    """Pushes a packed artifact and lets `reference` name it.

    Args:
        name: its name.
        packed: by platform; "" stands for that of whoever made it. Of several there is an index.
        reference: where to; what it names already is left as it is.
        environ: for logins and proxies.

    Returns:
        The digest of its manifest or index; where times are kept that of an earlier one that differs in nothing else.

    Raises:
        EngineError: the registry does not take it, or `reference` names something else.
    """
    image = named_image(reference)
    network = Network(environ, TIMEOUT, time.monotonic() + DEADLINE)
    client, gate = Client(network), Gate(Credentials(environ), push=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bakegen-artifact-") as folder:
            return _push(client, gate, image, name, packed, Path(folder))
    except Failure as failure:
        raise EngineError(f"{reference} was not pushed: {failure.reason}") from None
    finally:
        client.close()
        network.stop()


def _push(client: Client, gate: Gate, image: Image, name: str, packed: Mapping[str, Packed], folder: Path) -> str:
    blobs: dict[str, tuple[Path, int]] = {}
    manifests: dict[str, Blob] = {}
    for number, (platform, one) in enumerate(packed.items()):
        layers = [Layer(part.digest, part.size, part.plain_digest) for part in one.parts]
        config, manifests[platform] = documents(name, platform, layers, one.content)
        small = folder / f"config-{number}"
        small.write_bytes(config.data)
        blobs |= {part.digest: (part.path, part.size) for part in one.parts}
        blobs[config.digest] = (small, len(config.data))
    # Nobody sees anything of it until the tag is there.
    works = [partial(_upload, client.network, gate, image, digest, *place) for digest, place in blobs.items()]
    together(works, TRANSFERS, client.network.stop)
    tagger = Tagger(gate, {})
    found = [Document(one.data, one.digest, MANIFEST_TYPE) for one in manifests.values()]
    document = found[0]
    if len(found) > 1:
        for manifest in found:
            tagger.put(client, image.repository, manifest)
        whole = index(manifests, [one.content for one in packed.values()])
        document = Document(whole.data, whole.digest, INDEX_TYPE)
    content = content_of(json_object(document.data, "manifest"))

    def same(other: Document) -> bool:
        return bool(content) and content_of(json_object(other.data, "manifest")) == content

    return tagger.create(client, image, document, same)


def _upload(network: Network, gate: Gate, image: Image, digest: str, path: Path, size: int) -> bool:
    client = Client(network)
    try:
        return Upload(client, gate, image.repository, path, digest, size).run()
    finally:
        client.close()
