"""Makes one artifact of a build: its stage exported by bake, packed here, pushed under its key."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.bake.jsonfile import write_json
from bakegen.building.artifacts import export_file
from bakegen.building.model import Outcome, Status
from bakegen.errors import EngineError
from bakegen.workspace.artifact_pack import pack
from bakegen.workspace.artifact_push import push
from bakegen.workspace.batches import bake_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.building.model import Decision
    from bakegen.plan.artifacts import Artifact
    from bakegen.workspace.artifact_pack import Packed
    from bakegen.workspace.baking import BakeOrder


def skipped(artifact: Artifact, decision: Decision, at: float) -> Outcome:
    """An artifact that is there already."""
    platforms = artifact.source.platforms
    found = (decision.found,)
    return Outcome(artifact.title, Status.SKIPPED, decision.key, decision.digest, found, platforms, ready=at)


def not_built(artifact: Artifact, decision: Decision, why: str) -> Outcome:
    """An artifact that was not begun."""
    platforms = artifact.source.platforms
    return Outcome(artifact.title, Status.NOT_BUILT, decision.key, platforms=platforms, error=why)


def make(
    artifact: Artifact,
    decision: Decision,
    order: BakeOrder,
    folder: Path,
    *,
    retries: int,
    retried: Callable[[tuple[str, ...], str, float], None],
    clock: Callable[[], float],
    min_buildx: str,
) -> Outcome:
    """Builds, packs and pushes an artifact that is not in its registry.

    Args:
        artifact: the artifact.
        decision: what was decided about it: its key, and what it is pushed as.
        order: the bake files and how they are baked; the targets in it do not matter.
        folder: a place for what the engine exports and for what is packed.
        retries, retried: as `bake_all`.
        clock: seconds since the build began.
        min_buildx: the oldest buildx that reads the bake file.
    """
    began = time.monotonic()
    done = Outcome(artifact.title, Status.FAILED, decision.key, platforms=artifact.source.platforms)
    reference = decision.tags[0]
    platforms = artifact.source.platforms
    try:
        with tempfile.TemporaryDirectory(prefix="artifact-", dir=folder) as place:
            packed = {
                platform: _packed(
                    artifact, platform if len(platforms) > 1 else "", order, Path(place, str(number)),
                    retries, retried, min_buildx,
                )
                for number, platform in enumerate(platforms or ("",))
            }  # fmt: skip
            digest = push(artifact.name, packed, reference)
        done = replace(done, status=Status.BUILT, digest=digest, references=(reference,), ready=clock())
    except EngineError as problem:
        done = replace(done, error=str(problem))
    return replace(done, seconds=time.monotonic() - began)


def _packed(
    artifact: Artifact,
    platform: str,
    order: BakeOrder,
    folder: Path,
    retries: int,
    retried: Callable[[tuple[str, ...], str, float], None],
    min_buildx: str,
) -> Packed:
    """What the engine exports for one platform, packed into `folder`, which is new."""
    folder.mkdir()
    exported, file = folder / "artifact.tar", folder / "artifact.json"
    target, laid = export_file(artifact, str(exported), platform)
    file.write_text(write_json(laid, min_buildx), "utf-8")
    results = bake_all(
        replace(order, files=(*order.files, file), targets=(target,)),
        {},
        listener=lambda names: lambda line: None,
        done=lambda result: None,
        retried=retried,
        retries=retries,
    )
    if results[target].status is not Status.BUILT:
        raise EngineError(results[target].error)
    ready = pack(exported, artifact.takes, folder, artifact.level, times=artifact.times)
    exported.unlink()
    return ready
