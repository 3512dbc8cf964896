"""Artifacts of a build: what is decided about them, the targets that export them, their manifests: pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.building.model import Action, Decision
from bakegen.diagnostics import one_line
from bakegen.dockerfile.platforms import parse_platform
from bakegen.plan.model import TargetKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bakegen.bake.model import Value
    from bakegen.building.decide import Present
    from bakegen.plan.artifacts import Artifact
    from bakegen.plan.model import Plan

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_TITLE = "org.opencontainers.image.title"
CONTENT = "io.github.bakegen.artifact.content"
"""The annotation with a digest of all but the times, where those are kept."""
SOURCE = "source"


def artifacts_of(plan: Plan, targets: Collection[str]) -> tuple[Artifact, ...]:
    """The artifacts of `targets`."""
    return tuple(one for one in plan.artifacts.values() if one.owner in targets)


def decide_artifacts(
    artifacts: Iterable[Artifact],
    references: Mapping[str, tuple[str, str]],
    present: Mapping[str, Present],
    unknown: Mapping[str, str],
    pushes: Collection[str],
    *,
    force: bool,
) -> dict[str, Decision]:
    """What is done about each artifact, by title; one that is not there and may not be pushed is not among them.

    Args:
        artifacts: those of the targets that are wanted.
        references: key and reference of each, by title.
        present, unknown: what registries say of these references.
        pushes: the targets that push.
        force: build all.
    """
    found: dict[str, Decision] = {}
    for one in artifacts:
        if one.title not in references:
            continue
        key, reference = references[one.title]
        there = present.get(reference)
        if there is not None and not force:
            why = f"its content is in {reference}"
            found[one.title] = Decision(one.title, Action.SKIP, why, key, reference, there.digest)
        elif one.owner in pushes:
            lost = f"{reference} could not be looked up: {one_line(unknown[reference])}" if reference in unknown else ""
            why = "--force builds everything" if force else lost or "no artifact has its content key"
            found[one.title] = Decision(one.title, Action.BUILD, why, key, tags=(reference,))
    return found


def export_file(artifact: Artifact, dest: str, platform: str = "") -> tuple[str, BakeFile]:
    """The target that exports what holds the artifact as a tar archive to `dest`, and the bake file that has it.

    Only whole folders are copied: what is left out is left out when it is packed, which takes no newer frontend.
    `platform` is one of those of the artifact where there are several.
    """
    name = f"{artifact.owner}-artifact"
    source = artifact.source
    platforms = (platform,) if platform else source.platforms
    linked = f"{name}-source"
    own: dict[str, Value] = {"inherits": (artifact.owner,)}
    if source.kind is TargetKind.STAGE:
        own["target"] = source.stage or ""
    if platform:
        own["platforms"] = platforms
    copies = "".join(f"COPY --from={SOURCE} {json.dumps([f'/{root}', f'/{root}'])}\n" for root in artifact.roots)
    targets = []
    if len(own) > 1:
        targets.append(BakeTarget(linked, own))
    else:
        linked = artifact.owner
    attributes: dict[str, Value] = {
        "dockerfile-inline": f"FROM scratch\n{copies}",
        "contexts": {SOURCE: f"target:{linked}"},
        "platforms": platforms,
        "output": ({"type": "tar", "dest": dest},),
    }
    targets.append(BakeTarget(name, {key: value for key, value in attributes.items() if value}))
    return name, BakeFile(targets=tuple(targets))


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that go into a registry, and their digest."""

    data: bytes
    digest: str


def blob(data: bytes) -> Blob:
    """`data` with its digest."""
    return Blob(data, f"sha256:{hashlib.sha256(data).hexdigest()}")


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of an artifact as registries have it: digest and size, and the digest of the archive in it."""

    digest: str
    size: int
    plain_digest: str


def documents(name: str, platform: str, layers: Sequence[Layer], content: str) -> tuple[Blob, Blob]:
    """Config and manifest of an artifact for one platform: an image that engines take.

    Args:
        name: its name.
        platform: what it is for; "" where nobody said.
        layers: its parts.
        content: a digest of all but the times where those are kept, else "".
    """
    config = blob(
        _json(
            {
                **_platform(platform),
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [one.plain_digest for one in layers]},
            }
        )
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": _CONFIG_TYPE, "digest": config.digest, "size": len(config.data)},
        "layers": [
            {
                "mediaType": LAYER_TYPE,
                "digest": one.digest,
                "size": one.size,
                "annotations": {_TITLE: f"{name}.tar.zst" if len(layers) == 1 else f"{name}.{number}.tar.zst"},
            }
            for number, one in enumerate(layers, 1)
        ],
        **_annotated(content),
    }
    return config, blob(_json(manifest))


def index(manifests: Mapping[str, Blob], contents: Sequence[str]) -> Blob:
    """The index of an artifact for several platforms: the manifest of each, and their `content` (see `documents`)."""
    content = blob(" ".join(contents).encode()).digest if any(contents) else ""
    return blob(
        _json(
            {
                "schemaVersion": 2,
                "mediaType": INDEX_TYPE,
                "manifests": [
                    {
                        "mediaType": MANIFEST_TYPE,
                        "digest": one.digest,
                        "size": len(one.data),
                        "platform": _platform(platform),
                    }
                    for platform, one in manifests.items()
                ],
                **_annotated(content),
            }
        )
    )


def content_of(document: Mapping[str, object]) -> str:
    """The digest of all but the times that a manifest or index states; "" where it states none."""
    notes = document.get("annotations")
    found = notes.get(CONTENT) if isinstance(notes, dict) else None
    return found if isinstance(found, str) else ""


def _annotated(content: str) -> dict[str, object]:
    return {"annotations": {CONTENT: content}} if content else {}


def _platform(text: str) -> dict[str, str]:
    platform = parse_platform(text) if text else None
    if platform is None:
        return {"architecture": "unknown", "os": "linux"}
    found = {"architecture": platform.architecture, "os": platform.os}
    return {**found, "variant": platform.variant} if platform.variant else found


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
