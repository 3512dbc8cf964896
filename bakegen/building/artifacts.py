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
    from collections.abc import Collection, Iterable, Mapping

    from bakegen.bake.model import Value
    from bakegen.building.decide import Present
    from bakegen.plan.artifacts import Artifact
    from bakegen.plan.model import Plan

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+zstd"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_TITLE = "org.opencontainers.image.title"
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


def export_file(artifact: Artifact, dest: str) -> tuple[str, BakeFile]:
    """The target that exports what holds the artifact as a tar archive to `dest`, and the bake file that has it.

    Only whole folders are copied: what is left out is left out when it is packed, which takes no newer frontend.
    """
    name = f"{artifact.owner}-artifact"
    source = artifact.source
    targets = []
    linked = artifact.owner
    if source.kind is TargetKind.STAGE:
        linked = f"{name}-source"
        targets.append(BakeTarget(linked, {"inherits": (artifact.owner,), "target": source.stage or ""}))
    copies = "".join(f"COPY --from={SOURCE} {json.dumps([f'/{root}', f'/{root}'])}\n" for root in artifact.roots)
    attributes: dict[str, Value] = {
        "dockerfile-inline": f"FROM scratch\n{copies}",
        "contexts": {SOURCE: f"target:{linked}"},
        "platforms": source.platforms,
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


def documents(artifact: Artifact, digest: str, size: int, plain_digest: str) -> tuple[Blob, Blob]:
    """Config and manifest of an artifact whose packed layer has `digest` and `size`: an image that engines take."""
    platform = parse_platform(artifact.source.platforms[0]) if artifact.source.platforms else None
    config = blob(
        _json(
            {
                "architecture": platform.architecture if platform is not None else "unknown",
                "os": platform.os if platform is not None else "linux",
                **({"variant": platform.variant} if platform is not None and platform.variant else {}),
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [plain_digest]},
            }
        )
    )
    layer = {
        "mediaType": LAYER_TYPE,
        "digest": digest,
        "size": size,
        "annotations": {_TITLE: f"{artifact.name}.tar.zst"},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": _CONFIG_TYPE, "digest": config.digest, "size": len(config.data)},
        "layers": [layer],
    }
    return config, blob(_json(manifest))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
