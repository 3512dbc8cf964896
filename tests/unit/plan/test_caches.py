"""Which caches a branch reads: the nearest one that exists, alone; all that may exist where nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.plan.branch import BranchState
from bakegen.plan.caches import choose_caches, references_to_ask
from tests.unit.projects import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.plan.model import Plan

R = "registry.example.com/team/app:"
PUSH = BranchState("topic", None, "master", None, False, True, "github")
REQUEST = BranchState("topic", "rel", "master", "12", False, True, "github")
MASTER = BranchState("master", None, "master", None, False, True, "github")


def project(stages: str = "[tools]", **settings: str) -> Plan:
    lines = {"registry": "registry.example.com/team", **settings}
    return plan_of(
        {
            "bakegen.yaml": "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in lines.items()),
            "images/app/image.yaml": f"stages: {stages}\n",
            "images/app/Dockerfile": "FROM debian:12 AS tools\nRUN x\nFROM tools\nRUN y\n",
        }
    )


def there(*references: str) -> Callable[[str], bool | None]:
    return lambda one: one in {R + reference for reference in references}


def test_what_is_asked_is_every_candidate_of_every_target() -> None:
    assert set(references_to_ask(project(), PUSH)) == {
        R + f"cache-{name}.{branch}" for name in ("app", "app-stage-tools") for branch in ("topic", "master")
    }


@pytest.mark.parametrize("state", [MASTER, BranchState(None, None, "master", None, False, False, "")])
def test_where_there_is_one_candidate_nothing_is_asked(state: BranchState) -> None:
    plan = project(stages="[]")
    assert list(references_to_ask(plan, state)) == []
    assert list(references_to_ask(project(stages="[]", cache="{policy: default-only}"), PUSH)) == []


def test_on_master_it_is_asked_whether_a_stage_has_to_serve() -> None:
    assert set(references_to_ask(project(), MASTER)) == {R + "cache-app.master", R + "cache-app-stage-tools.master"}
    chosen = choose_caches(project(), MASTER, there("cache-app-stage-tools.master"))
    assert [entry["ref"] for entry in chosen.more["app"]] == [R + "cache-app-stage-tools.master"]


def test_the_branchs_own_cache_is_read_instead_of_masters() -> None:
    chosen = choose_caches(project(), PUSH, there("cache-app.topic", "cache-app.master"))
    assert chosen.instead == {"app": R + "cache-app.topic"}
    assert chosen.more == {}


def test_a_new_branch_reads_masters_alone() -> None:
    chosen = choose_caches(project(), PUSH, there("cache-app.master", "cache-app-stage-tools.master"))
    assert (chosen.instead, chosen.more) == ({}, {})


def test_a_pull_request_reads_its_own_its_heads_its_bases_in_that_order() -> None:
    existing = ["cache-app.master", "cache-app.rel", "cache-app.topic", "cache-app.pr-12"]
    while existing:
        chosen = choose_caches(project(), REQUEST, there(*existing))
        nearest = existing.pop()
        assert chosen.instead.get("app", R + "cache-app.master") == R + nearest


def test_a_fallback_is_read_where_master_has_none() -> None:
    plan = project(fallbacks="[old]")
    assert choose_caches(plan, MASTER, there("cache-app.old")).instead["app"] == R + "cache-app.old"
    assert choose_caches(plan, MASTER, there("cache-app.old", "cache-app.master")).instead == {}


def test_a_stage_serves_where_the_target_has_no_cache_of_its_own() -> None:
    chosen = choose_caches(project(), PUSH, there("cache-app-stage-tools.topic"))
    assert [entry["ref"] for entry in chosen.more["app"]] == [R + "cache-app-stage-tools.topic"]


def test_what_nobody_knows_is_read_beside_masters_nearest_last() -> None:
    chosen = choose_caches(project(), REQUEST, lambda one: None)
    refs = [entry["ref"] for entry in chosen.more["app"]]
    assert refs == [R + f"cache-app.{branch}" for branch in ("rel", "topic", "pr-12")]
    assert chosen.instead == {}


def test_what_is_farther_than_one_that_exists_is_not_read() -> None:
    known: dict[str, bool | None] = {R + "cache-app.pr-12": None, R + "cache-app.topic": True}
    chosen = choose_caches(project(), REQUEST, lambda one: known.get(one, False))
    assert chosen.instead == {"app": R + "cache-app.topic"}
    assert [entry["ref"] for entry in chosen.more["app"]] == [R + "cache-app.pr-12"]


def test_an_old_buildx_reads_both() -> None:
    existing = there("cache-app.topic", "cache-app.master")
    chosen = choose_caches(project(), PUSH, existing, objects=False)
    assert chosen.instead == {}
    assert [entry["ref"] for entry in chosen.more["app"]] == [R + "cache-app.topic"]


def test_backends_that_cannot_be_asked_read_the_nearest_last() -> None:
    chosen = choose_caches(project(cache="{backend: gha}"), PUSH, lambda one: pytest.fail(one))
    assert [entry["scope"] for entry in chosen.more["app"]] == ["cache-app.topic"]


def test_each_platform_has_a_choice_of_its_own() -> None:
    plan = plan_of(
        {
            "bakegen.yaml": "registry: registry.example.com/team\n",
            "images/app/image.yaml": "platforms: [linux/amd64, linux/arm64]\n",
            "images/app/Dockerfile": "FROM scratch\n",
        }
    )
    chosen = choose_caches(plan, PUSH, there("cache-app.linux-arm64.topic"))
    assert chosen.instead == {"app linux/arm64": R + "cache-app.linux-arm64.topic"}


def test_images_without_any_cache_are_lacking_it() -> None:
    plan = project()
    assert set(choose_caches(plan, PUSH, there()).lacking) == {"app"}
    assert choose_caches(plan, PUSH, there()).lacking["app"]["ref"] == R + "cache-app.topic"
    # A cache of a stage is one, too, and what nobody knows may be there.
    for found in ("cache-app.master", "cache-app.topic", "cache-app-stage-tools.master"):
        assert choose_caches(plan, PUSH, there(found)).lacking == {}
    assert choose_caches(plan, PUSH, lambda one: None).lacking == {}
    assert choose_caches(project(cache="{backend: gha}"), PUSH, there()).lacking == {}
    assert choose_caches(project(cache="{policy: none}"), PUSH, there()).lacking == {}


def test_an_image_with_a_cache_for_one_of_its_platforms_lacks_none() -> None:
    files = {
        "bakegen.yaml": "registry: registry.example.com/team\n",
        "images/app/image.yaml": "platforms: [linux/amd64, linux/arm64]\n",
        "images/app/Dockerfile": "FROM scratch\n",
    }
    assert set(choose_caches(plan_of(files), PUSH, there()).lacking) == {"app"}
    assert choose_caches(plan_of(files), PUSH, there("cache-app.linux-arm64.topic")).lacking == {}


def test_to_know_what_lacks_a_cache_all_candidates_are_asked() -> None:
    plan = project(stages="[]")
    assert list(references_to_ask(plan, MASTER, every=True)) == [R + "cache-app.master"]


def test_only_what_is_built_is_asked_with_its_stages() -> None:
    assert set(references_to_ask(project(), PUSH, among=["app"])) == set(references_to_ask(project(), PUSH))
    assert list(references_to_ask(project(), PUSH, every=True, among=[])) == []
