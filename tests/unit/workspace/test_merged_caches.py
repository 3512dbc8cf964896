"""Which targets the default branch builds for their caches alone: what its tags do not name yet, once each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.bake.model import BakeFile, BakeTarget
from bakegen.building.model import Action, Decision
from bakegen.plan.branch import BranchState
from bakegen.workspace.merged_caches import first_seen
from tests.unit.projects import plan_of
from tests.unit.workspace.fake_registry import DIGEST, EXISTS, MISSING, Reply, Request, holding, serving

if TYPE_CHECKING:
    from tests.unit.workspace.fake_registry import Script

MAIN = BranchState("main", None, "main", None, False, True, "test")
IMAGE = {"images/app/image.yaml": "", "images/app/Dockerfile": "FROM debian:12\n"}


def seen(
    script: Script,
    *,
    state: BranchState | None = MAIN,
    policy: str = "default-only",
    cache: str = "registry",
    tags: tuple[str, ...] = ("1", "latest"),
    action: Action = Action.SKIP,
    pushed: bool = True,
    twins: tuple[str, ...] = (),
) -> bool:
    """Whether `app`, which is in the registry under its key, is built for its cache; without a question it is not."""
    with serving(script) as fake:
        settings = f"registry: {fake.host}/team\ncache: {{policy: {policy}}}\n"
        repository = f"{fake.host}/team/app"
        references = tuple(f"{repository}:{tag}" for tag in tags)
        decision = Decision("app", action, "", "1", f"{repository}:key-1", DIGEST, references)
        bake = BakeFile(targets=(BakeTarget(twins[0] if twins else "app", {"cache-to": ({"type": cache},)}),))
        found = first_seen(
            plan_of({"bakegen.yaml": settings, **IMAGE}),
            {"app": decision},
            {"app"} if pushed else (),
            [bake],
            {"app": twins},
            state,
        )
        assert fake.asked() or not found
        return found == {"app"}


def test_an_image_that_no_tag_names_is_seen_for_the_first_time() -> None:
    assert seen(holding("key-1"))
    assert seen(holding("key-1"), twins=("app-amd64",))
    other = Reply(headers={**EXISTS.headers, "Docker-Content-Digest": "sha256:" + "9" * 64})
    assert seen(lambda request: EXISTS if request.path.endswith("key-1") else other)


def test_one_that_a_tag_names_is_not_built_again() -> None:
    assert not seen(holding("key-1", "latest", "1"))
    # A tag that is new in the definition makes no new content.
    assert not seen(holding("key-1", "latest"))


def test_a_registry_that_fails_or_tells_no_digests_has_nothing_built() -> None:
    def silent(request: Request) -> Reply:
        return Reply(headers={"Content-Type": EXISTS.headers["Content-Type"]})

    assert not seen(silent)
    assert not seen(lambda request: Reply(403))
    assert not seen(lambda request: MISSING)


def test_who_writes_no_cache_or_has_it_elsewhere_is_not_asked_about() -> None:
    new = holding("key-1")
    assert not seen(new, state=None)
    assert not seen(new, state=replace(MAIN, trusted=False))
    assert not seen(new, state=replace(MAIN, branch="topic"))
    assert not seen(new, state=replace(MAIN, pull_request="7"))
    assert not seen(new, policy="branch")
    assert not seen(new, cache="inline")
    assert not seen(new, pushed=False)
    assert not seen(new, tags=())
    assert not seen(new, action=Action.BUILD)
