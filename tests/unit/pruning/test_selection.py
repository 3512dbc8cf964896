"""What is selected: nothing that anything else reaches, whatever the policy, and sizes that add up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakegen.pruning.graph import Graph
from bakegen.pruning.model import Inventory, Kind, Manifest, Ref
from bakegen.pruning.owners import Owner, Standing
from bakegen.pruning.policy import DAY, Policy, Selection, age_of, select
from bakegen.pruning.sizes import freed, sizes, together
from tests.unit.pruning.inventories import NOW, blobs_of, digest, inventories, policies, reached

if TYPE_CHECKING:
    import random

Made = tuple[Inventory, dict[Ref, Owner]]
HOME = "one.example/app"


def kept_nodes(inventory: Inventory, selection: Selection) -> set[tuple[str, str]]:
    chosen = set(selection.selected)
    return {node for ref in inventory.refs if ref not in chosen for node in reached(inventory, ref.node)}


@given(inventories(), policies)
def test_nothing_reachable_is_ever_selected(made: Made, policy: Policy) -> None:
    inventory, owners = made
    selection = select(inventory, owners, policy, NOW)
    kept = kept_nodes(inventory, selection)
    assert not kept & set(selection.removed)
    # A registry deletes a digest with all its tags: none that stays names one that goes.
    assert not kept & {ref.node for ref in selection.selected}
    gone = set(selection.removed)
    assert {ref.node for ref in selection.selected} <= gone
    freed_blobs = blobs_of(inventory, gone).keys() - blobs_of(inventory, set(inventory.manifests) - gone).keys()
    assert not freed_blobs & blobs_of(inventory, kept).keys()


@given(inventories(), policies)
def test_only_what_the_policy_allows_is_selected(made: Made, policy: Policy) -> None:
    inventory, owners = made
    graph = Graph(inventory)
    selection = select(inventory, owners, policy, NOW)
    assert {one.ref for one in selection.verdicts} == set(inventory.refs)
    assert all(one.reason for one in selection.verdicts)
    for ref in selection.selected:
        owner, created = owners[ref], age_of(graph, ref)
        assert owner.kind in policy.kinds
        assert owner.standing is not Standing.FIXED
        assert created is not None
        assert NOW - created >= policy.grace
        if owner.standing is Standing.LIVE:
            assert policy.tag_budget is not None
            assert sum(one.repository == ref.repository for one in inventory.refs) > policy.tag_budget
        else:
            assert NOW - created >= policy.age_wanted(owner.kind)


@given(inventories(), policies, st.randoms())
def test_the_order_of_what_was_read_does_not_matter(made: Made, policy: Policy, chance: random.Random) -> None:
    inventory, owners = made
    refs, nodes = list(inventory.refs), list(inventory.manifests)
    chance.shuffle(refs)
    chance.shuffle(nodes)
    mixed = Inventory(tuple(refs), {node: inventory.manifests[node] for node in nodes})
    first, second = select(inventory, owners, policy, NOW), select(mixed, owners, policy, NOW)
    assert {(one.ref, one.selected, one.reason) for one in first.verdicts} == {
        (one.ref, one.selected, one.reason) for one in second.verdicts
    }
    assert first.removed == second.removed


@given(inventories(), policies)
def test_an_index_goes_before_its_children(made: Made, policy: Policy) -> None:
    inventory, owners = made
    removed = select(inventory, owners, policy, NOW).removed
    places = {node: number for number, node in enumerate(removed)}
    for node in removed:
        for child in inventory.manifests[node].children:
            assert places.get((node[0], child), len(removed)) > places[node]


@given(inventories(), policies)
def test_a_second_run_finds_nothing(made: Made, policy: Policy) -> None:
    inventory, owners = made
    policy = replace(policy, keep_newest=0)
    selection = select(inventory, owners, policy, NOW)
    gone = set(selection.removed)
    after = Inventory(
        tuple(ref for ref in inventory.refs if ref.node not in gone),
        {node: manifest for node, manifest in inventory.manifests.items() if node not in gone},
    )
    assert {ref.node for ref in after.refs} <= after.manifests.keys()
    assert not select(after, owners, policy, NOW).selected


@given(inventories())
def test_sizes_add_up(made: Made) -> None:
    inventory, _ = made
    graph = Graph(inventory)
    found = sizes(graph, inventory.refs)
    everything = {node for ref in inventory.refs for node in reached(inventory, ref.node)}
    assert together(graph, inventory.refs) == sum(blobs_of(inventory, everything).values())
    for ref in inventory.refs:
        others = {node for one in inventory.refs if one != ref for node in reached(inventory, one.node)}
        mine = blobs_of(inventory, reached(inventory, ref.node))
        assert found[ref].total == sum(mine.values())
        assert found[ref].own == sum(size for blob, size in mine.items() if blob not in blobs_of(inventory, others))
        assert found[ref].own + found[ref].shared == found[ref].total


@given(inventories(), policies)
def test_what_is_freed_is_what_nothing_names_any_more(made: Made, policy: Policy) -> None:
    inventory, owners = made
    selection = select(inventory, owners, policy, NOW)
    before = blobs_of(inventory, set(inventory.manifests))
    after = blobs_of(inventory, set(inventory.manifests) - set(selection.removed))
    assert selection.freed == sum(before.values()) - sum(after.values())
    assert freed(Graph(inventory), ()) == 0


def cache(number: int, days: float | None, standing: Standing = Standing.GONE, target: str = "app") -> Made:
    """One cache under a tag of its own."""
    created = None if days is None else NOW - days * DAY
    manifest = Manifest(HOME, digest(number), 100, {digest(number + 500): 1000}, created=created, is_cache=True)
    ref = Ref(HOME, f"cache-{target}.b{number}", manifest.digest)
    owner = Owner(Kind.CACHE, target, f"b{number}", standing, "because")
    return Inventory((ref,), {manifest.node: manifest}), {ref: owner}


def merged(*made: Made) -> Made:
    refs = tuple(ref for inventory, _ in made for ref in inventory.refs)
    manifests = {node: manifest for inventory, _ in made for node, manifest in inventory.manifests.items()}
    return Inventory(refs, manifests), {ref: owner for _, owners in made for ref, owner in owners.items()}


def chosen(made: Made, policy: Policy) -> list[str]:
    return [ref.tag.rpartition(".")[2] for ref in select(*made, policy, NOW).selected]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), ["b1", "b2", "b3"]),
        (Policy(older_than=7 * DAY), ["b2", "b3"]),
        (Policy(keep_newest=1), ["b2", "b3"]),
        (Policy(keep_newest=5), []),
        (Policy(kinds=frozenset({Kind.IMAGE})), []),
        (Policy(grace=20 * DAY), ["b3"]),
        (Policy(tag_budget=5), ["b1", "b2", "b3"]),
        (Policy(tag_budget=2), ["b1", "b2", "b3", "b6"]),
        (Policy(tag_budget=1), ["b1", "b2", "b3", "b5", "b6"]),
    ],
)
def test_a_policy(policy: Policy, expected: list[str]) -> None:
    made = merged(
        cache(1, 1), cache(2, 10), cache(3, 30), cache(4, None, Standing.LIVE),
        cache(5, 5, Standing.LIVE), cache(6, 6, Standing.LIVE),
    )  # fmt: skip
    assert chosen(made, policy) == expected


def test_a_budget_that_cannot_be_met_is_told() -> None:
    made = merged(cache(1, 1, Standing.FIXED), cache(2, 2, Standing.FIXED), cache(3, 3))
    selection = select(*made, Policy(tag_budget=1), NOW)
    assert [ref.tag for ref in selection.selected] == ["cache-app.b3"]
    assert selection.notes == (f"{HOME} keeps 2 tags, more than 1: no others may go",)


def test_an_unknown_age_counts_as_new_and_so_does_a_young_one() -> None:
    made = merged(cache(1, None), cache(2, 1 / 24), cache(3, 3 / 24))
    verdicts = {one.ref.tag: one for one in select(*made, Policy(), NOW).verdicts}
    assert verdicts["cache-app.b1"].reason == "its age is not known, which counts as new"
    assert verdicts["cache-app.b2"].reason == "it is younger than the grace of 2 h"
    assert verdicts["cache-app.b3"].selected


def test_one_digest_under_two_tags_stays_while_one_of_them_does() -> None:
    inventory, owners = cache(1, 9)
    (gone,) = inventory.refs
    live = Ref(HOME, "cache-app.master", gone.digest)
    owners[live] = Owner(Kind.CACHE, "app", "master", Standing.FIXED, "it is the default branch's")
    selection = select(Inventory((gone, live), inventory.manifests), owners, Policy(), NOW)
    assert not selection.selected
    assert {one.ref.tag: one.reason for one in selection.verdicts}[gone.tag] == (
        "cache-app.master needs the same manifest"
    )


def test_what_something_without_a_tag_refers_to_stays() -> None:
    inventory, owners = cache(1, 9)
    (ref,) = inventory.refs
    signature = Manifest(HOME, digest(99), 50, subject=ref.digest)
    selection = select(Inventory((ref,), {**inventory.manifests, signature.node: signature}), owners, Policy(), NOW)
    assert [one.reason for one in selection.verdicts] == ["1 manifest says something about it"]
    assert not selection.removed


def test_children_go_with_their_index_unless_another_one_has_them() -> None:
    child, shared = (Manifest(HOME, digest(number), 10, created=NOW - DAY) for number in (1, 2))
    old = Manifest(HOME, digest(3), 10, children=(child.digest, shared.digest))
    new = Manifest(HOME, digest(4), 10, children=(shared.digest,))
    gone, live = Ref(HOME, "app-x-12345678", old.digest), Ref(HOME, "app", new.digest)
    owners = {
        gone: Owner(Kind.IMAGE, "", "x", Standing.GONE, "gone"),
        live: Owner(Kind.IMAGE, "", "master", Standing.FIXED, "default"),
    }
    inventory = Inventory((live, gone), {one.node: one for one in (child, shared, old, new)})
    selection = select(inventory, owners, Policy(kinds=frozenset({Kind.IMAGE})), NOW)
    assert selection.removed == (old.node, child.node)
    assert selection.freed == 20
