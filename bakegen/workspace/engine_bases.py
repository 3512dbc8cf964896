"""Facts of base images out of an engine, where the registry cannot be read: exported by buildx, read as `verify` does.

The image takes the place of a stage as a named context: a FROM would run its ONBUILD instructions.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.compare.archive import read_image
from bakegen.compare.blobs import Shared
from bakegen.dockerfile.references import context_name
from bakegen.errors import EngineError, InputError
from bakegen.facts.image import ConfigError, platform_facts
from bakegen.facts.model import BaseFacts
from bakegen.facts.root import Headers, Root
from bakegen.plan.names import split_reference
from bakegen.workspace.engine import image_config, need_buildx
from bakegen.workspace.solving import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.workspace.registry_bases import Wanted

_STAGE = "bakegen-base"
_TIMEOUT = 3600.0


def engine_facts(wanted: Wanted, say: Callable[[str], None]) -> BaseFacts:
    """The facts of one image, of one platform after the other; `say` is told the steps.

    The digests of single platforms are not known this way.

    Raises:
        EngineError: there is no engine, or it cannot get the image.
    """
    need_buildx()
    shared = Shared(keeper=Headers())
    digest = split_reference(wanted.reference)[2] or ""
    facts = {}
    for platform in wanted.platforms:
        reference = wanted.reference if "@" in wanted.reference or not digest else f"{wanted.reference}@{digest}"
        with tempfile.TemporaryDirectory(prefix="bakegen-lock-") as name:
            folder = Path(name)
            found = _export(reference, platform, folder, say)
            digest = digest or found
            try:
                image = read_image(folder / "image", shared=shared)
            except InputError as problem:
                raise EngineError(f"what the engine exports of {reference} cannot be read: {problem}") from None
        config = image_config(f"{_without_digest(reference)}@{digest}", platform)
        try:
            facts[platform] = platform_facts("", config, Root(image.files), index_digest=digest)
        except ConfigError as problem:
            raise EngineError(f"{reference}: {problem}") from None
    return BaseFacts(digest, facts)


def _export(reference: str, platform: str, folder: Path, say: Callable[[str], None]) -> str:
    """Exports the image into `folder`, and gives its digest."""
    empty = folder / "context"
    empty.mkdir()
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(f"FROM scratch AS {_STAGE}\n")
    metadata = folder / "metadata.json"
    output = f"type=oci,dest={folder / 'image'},tar=false,compression=uncompressed,force-compression=true"
    arguments = [
        *("build", f"--file={dockerfile}", f"--target={_STAGE}", f"--platform={platform}", "--provenance=false"),
        *(f"--build-context={_STAGE}=docker-image://{reference}", f"--metadata-file={metadata}"),
        *(f"--output={output}", "--progress=plain", str(empty)),
    ]
    solve(arguments, what=f"the export of {reference}", timeout=_TIMEOUT, step=lambda step: say(f"{reference}: {step}"))
    try:
        found = json.loads(metadata.read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    digest = split_reference(reference)[2] or _material(found)
    if not digest:
        raise EngineError(f"the engine does not tell the digest of {reference}: name it, as in NAME@sha256:…")
    return digest


def _material(metadata: object) -> str:
    """The digest of the image that a build was made from, out of its provenance (SLSA 0.2, and 1 as well)."""
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        if not key.startswith("buildx.build.provenance") or not isinstance(value, dict):
            continue
        definition = value.get("buildDefinition")
        later = definition.get("resolvedDependencies") if isinstance(definition, dict) else None
        for one in value.get("materials") or later or ():
            if isinstance(one, dict) and str(one.get("uri", "")).startswith("pkg:docker/"):
                digests = one.get("digest")
                if isinstance(digests, dict) and isinstance(digests.get("sha256"), str):
                    return f"sha256:{digests['sha256']}"
    return ""


def _without_digest(reference: str) -> str:
    return context_name(reference.partition("@")[0])
