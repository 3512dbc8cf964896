"""Registries made of chance: indexes within indexes, blobs and manifests that several share, signatures, many tags."""

from __future__ import annotations

from hypothesis import strategies as st

from bakegen.pruning.model import Inventory, Kind, Manifest, Node, Ref
from bakegen.pruning.owners import Owner, Standing
from bakegen.pruning.policy import Policy

NOW = 1_800_000_000.0
REPOSITORIES = ("one.example/app", "one.example/tool", "two.example/app")


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


_times = st.sampled_from([NOW - 50 * 86400] * 6 + [NOW - 40 * 86400] * 4 + [NOW - 3 * 86400, NOW - 60, None])
"""Mostly old, so that much can go."""


@st.composite
def inventories(draw: st.DrawFn) -> tuple[Inventory, dict[Ref, Owner]]:
    """An inventory, and whose its references are; an index names only manifests made before it, so nothing circles."""
    manifests: dict[Node, Manifest] = {}
    refs: list[Ref] = []
    for repository in draw(st.lists(st.sampled_from(REPOSITORIES), min_size=1, max_size=3, unique=True)):
        made: list[str] = []
        for number in range(draw(st.integers(1, 8))):
            name = digest(1000 + number)
            blobs = draw(st.lists(st.integers(0, 9), max_size=4, unique=True))
            children = draw(st.lists(st.sampled_from(made), max_size=3, unique=True)) if made else []
            subject = draw(st.sampled_from(["", "", "", *made]))
            created = draw(_times)
            manifests[repository, name] = Manifest(
                repository, name, 100 + number, {digest(blob): (blob + 1) * 1000 for blob in blobs},
                tuple(children), subject, created,
            )  # fmt: skip
            made.append(name)
        refs += [
            Ref(repository, f"t{number}", draw(st.sampled_from(made))) for number in range(draw(st.integers(1, 8)))
        ]
    owners = {ref: draw(_owners) for ref in refs}
    return Inventory(tuple(sorted(refs)), manifests), owners


_owners = st.builds(
    Owner,
    st.sampled_from([Kind.CACHE, Kind.CACHE, Kind.CACHE, Kind.IMAGE, Kind.KEY, Kind.OTHER]),
    st.sampled_from(["app", "tool"]),
    st.sampled_from(["topic", "other"]),
    st.sampled_from([Standing.GONE, Standing.GONE, Standing.GONE, Standing.LIVE, Standing.FIXED]),
    st.just("because"),
)

policies = st.builds(
    Policy,
    st.sampled_from([frozenset(Kind), frozenset(Kind), frozenset({Kind.CACHE}), frozenset({Kind.IMAGE, Kind.KEY})]),
    st.sampled_from([None, 0.0, 10 * 86400.0, 45 * 86400.0]),
    st.sampled_from([0.0, 7200.0]),
    st.sampled_from([0, 0, 1, 2]),
    st.none() | st.integers(1, 8),
)


def reached(inventory: Inventory, start: Node) -> set[Node]:
    """All that `start` needs, the long way round: edges are tried until nothing new is found."""
    found = {start}
    while True:
        more = {
            other
            for node in found
            for other in [*_down(inventory, node), *_subjects(inventory, node), *_referrers(inventory, node)]
        }
        if more <= found:
            return found
        found |= more


def _down(inventory: Inventory, node: Node) -> list[Node]:
    manifest = inventory.manifests.get(node)
    return [(node[0], child) for child in manifest.children] if manifest else []


def _subjects(inventory: Inventory, node: Node) -> list[Node]:
    manifest = inventory.manifests.get(node)
    return [(node[0], manifest.subject)] if manifest and manifest.subject else []


def _referrers(inventory: Inventory, node: Node) -> list[Node]:
    return [one for one, manifest in inventory.manifests.items() if one[0] == node[0] and manifest.subject == node[1]]


def blobs_of(inventory: Inventory, nodes: set[Node]) -> dict[tuple[str, str], int]:
    """Everything stored for `nodes`, by host and digest."""
    found: dict[tuple[str, str], int] = {}
    for node in nodes & inventory.manifests.keys():
        host = node[0].split("/")[0]
        found[host, node[1]] = inventory.manifests[node].size
        found |= {(host, blob): size for blob, size in inventory.manifests[node].blobs.items()}
    return found
