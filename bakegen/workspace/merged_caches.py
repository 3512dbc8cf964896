"""Caches of images that the default branch has without having built them, where no other branch may write any.

With `CachePolicy.DEFAULT_ONLY` a branch that is merged has pushed its images and written no cache. The default branch
skips what is there, and there is no cache to take over (`inherited_caches`): it builds such targets for that alone.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from bakegen.building.late_caches import written_caches
from bakegen.building.model import Action, Status
from bakegen.errors import EngineError
from bakegen.plan.branch import CachePolicy
from bakegen.workspace.credentials import Credentials
from bakegen.workspace.engine import need_buildx
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_images import read_image
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_tags import Tagger
from bakegen.workspace.registry_workers import Workers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bakegen.bake.model import BakeFile
    from bakegen.building.model import Decision
    from bakegen.plan.branch import BranchState
    from bakegen.plan.model import Plan
    from bakegen.workspace.baking import BakeOrder
    from bakegen.workspace.batches import TargetDone
    from bakegen.workspace.late_caches import LateCaches
    from bakegen.workspace.ledger import Ledger
    from bakegen.workspace.registry_http import Client


def first_seen(
    plan: Plan,
    decisions: Mapping[str, Decision],
    pushed: Collection[str],
    files: Iterable[BakeFile],
    twins: Mapping[str, tuple[str, ...]],
    state: BranchState | None,
) -> frozenset[str]:
    """The targets that are skipped and have a cache to write: none of their tags names their image yet.

    A tag tells what the default branch's last build of the target gave. It is written in any case, so nothing comes
    back here: also where a cache cannot be written, and where the build is ended before. What has no tags, is not
    pushed, or has its cache inside of the image is never among them.

    Args:
        plan: the plan.
        decisions: what is done about each target.
        pushed: the targets that are pushed when they are built.
        files: the bake files of the build.
        twins: targets that only write a platform's cache, by the target that they belong to.
        state: the branch.
    """
    if state is None or not state.writes_cache(CachePolicy.DEFAULT_ONLY):
        return frozenset()
    caches = written_caches(files).keys()
    skipped = [
        one
        for one in decisions.values()
        if one.action is Action.SKIP
        and one.tags
        and one.target in pushed
        and plan.targets[one.target].settings.policy is CachePolicy.DEFAULT_ONLY
        and not caches.isdisjoint((one.target, *twins.get(one.target, ())))
    ]
    return _not_tagged(skipped) if skipped else frozenset()


def _not_tagged(
    decisions: Iterable[Decision],
    *,
    environ: Mapping[str, str] = os.environ,
    timeout: float = 10.0,
    deadline: float = 60.0,
    workers: int = 16,
) -> frozenset[str]:
    """Those of the targets of `decisions` whose image is named by none of their tags, as the registry says."""
    jobs = list(decisions)
    tagger = Tagger(Gate(Credentials(environ)), {})
    with Workers(Network(environ, timeout, time.monotonic() + deadline), workers) as crew:
        answers = crew.all(lambda client, one: _is_new(client, tagger, one), jobs)
    return frozenset(one.target for one, answer in zip(jobs, answers, strict=True) if answer is True)


def _is_new(client: Client, tagger: Tagger, decision: Decision) -> bool:
    images = [image for tag in decision.tags if (image := read_image(tag)) is not None]
    if any(tagger.digest(client, image) == decision.digest for image in images):
        return False
    # A registry that tells no digests would have it built each time.
    found = read_image(decision.found)
    return found is not None and tagger.digest(client, found) == decision.digest


def write_merged(order: BakeOrder, stages: tuple[str, ...], caches: LateCaches, ledger: Ledger, retries: int) -> None:
    """Bakes targets for their caches alone. Their images are there, so what goes wrong is a remark and no failure.

    Args:
        order: the targets, with what is in the registry in place of their parents.
        stages: targets of their stages that write caches.
        caches: those of the build.
        ledger: the books of the build: is told of steps, caches and remarks.
        retries: as in `bake_all`.
    """

    def done(one: TargetDone) -> None:
        ledger.rescue.through.add(one.target)
        if one.status is not Status.BUILT:
            ledger.remarks.append(_remark(one.target, one.error))

    try:
        need_buildx()
        caches.write(
            order,
            tell=ledger.hear_cache,
            done=done,
            clock=ledger.seconds,
            retries=retries,
            stages=stages,
            follow=ledger.follow,
        )
    except EngineError as problem:
        missing = [name for name in order.targets if name not in ledger.rescue.through]
        ledger.remarks += [_remark(name, str(problem)) for name in missing]


def _remark(name: str, why: str) -> str:
    return f"the cache of {name}, which another branch has built, was not written: {why}"
