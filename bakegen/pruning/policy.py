"""What can go: from whose references are and how old they are to a selection, with a reason for each reference.

Every rule can only keep. Last of all stands reachability: what a kept reference reaches is never selected, whatever
the rules say, because a registry deletes a digest with every tag that names it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.pruning.graph import Graph
from bakegen.pruning.model import Kind
from bakegen.pruning.owners import Standing
from bakegen.pruning.sizes import freed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.pruning.model import Inventory, Node, Ref
    from bakegen.pruning.owners import Owner

HOUR = 3600.0
DAY = 24 * HOUR
GRACE = 2 * HOUR
"""Nothing younger is ever removed: a build that is under way may be about to use it."""
KEY_AGE = 14 * DAY
"""Content keys are kept as long, where nothing else is said: artifacts of a pull request have no other tag."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What may go.

    Attributes:
        kinds: only references of these.
        older_than: only what is older, in seconds; None is 0, and `KEY_AGE` for content keys.
        grace: only what is older than this as well, in seconds.
        keep_newest: of each target of a repository, as many of what could go stay.
        tag_budget: with more tags in a repository caches of branches that are there go as well, the oldest first;
            None without a limit.
    """

    kinds: frozenset[Kind] = frozenset({Kind.CACHE})
    older_than: float | None = None
    grace: float = GRACE
    keep_newest: int = 0
    tag_budget: int | None = None

    def age_wanted(self, kind: Kind) -> float:
        """How old a reference of that kind has to be, in seconds."""
        asked = self.older_than if self.older_than is not None else (KEY_AGE if kind is Kind.KEY else 0.0)
        return max(asked, self.grace)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a reference, and why: a clause for people."""

    ref: Ref
    owner: Owner
    selected: bool
    reason: str


@dataclass(frozen=True)
class Selection:
    """What can go.

    Attributes:
        verdicts: one for each reference, in the order of the inventory.
        removed: the manifests to delete, an index before its children.
        freed: the bytes that nothing names any more then; the registry's garbage collection gives them back.
        notes: what people should know besides, a sentence each.
    """

    verdicts: tuple[Verdict, ...]
    removed: tuple[Node, ...]
    freed: int
    notes: tuple[str, ...] = ()

    @property
    def selected(self) -> tuple[Ref, ...]:
        """The references that go."""
        return tuple(one.ref for one in self.verdicts if one.selected)


def select(inventory: Inventory, owners: Mapping[Ref, Owner], policy: Policy, now: float) -> Selection:
    """What can go of `inventory`.

    Args:
        inventory: all that was read; complete for each repository in it.
        owners: whose each of its references is.
        policy: what may go.
        now: the time, in seconds since 1970.
    """
    graph = Graph(inventory)
    reasons = {ref: _kept(graph, owners[ref], ref, policy, now) for ref in inventory.refs}
    _keep_newest(graph, owners, reasons, policy)
    wanted = {ref for ref, reason in reasons.items() if not reason}
    notes = _budget(graph, owners, reasons, wanted, policy, now)
    _settle(graph, wanted, reasons)
    removed = removable(graph, wanted)
    over = f"its repository has more than {policy.tag_budget} tags, and it is one of the oldest caches there"
    why = {ref: over if owners[ref].standing is Standing.LIVE else owners[ref].why for ref in inventory.refs}
    verdicts = tuple(Verdict(ref, owners[ref], ref in wanted, reasons[ref] or why[ref]) for ref in inventory.refs)
    return Selection(verdicts, removed, freed(graph, removed), notes)


def removable(graph: Graph, wanted: Iterable[Ref]) -> tuple[Node, ...]:
    """The manifests that only `wanted` need, an index before its children."""
    chosen = set(wanted)
    kept = graph.all_used(ref for ref in graph.inventory.refs if ref not in chosen)
    parts = {part for ref in chosen for part in graph.parts(ref.node)}
    return graph.parents_first(node for node in parts - kept if node in graph.inventory.manifests)


def _kept(graph: Graph, owner: Owner, ref: Ref, policy: Policy, now: float) -> str:
    """Why `ref` stays, "" where it can go."""
    if owner.standing is not Standing.GONE:
        return owner.why
    if owner.kind not in policy.kinds:
        return f"{owner.why}, but --kind {owner.kind} was not given"
    return _too_young(graph, ref, policy.age_wanted(owner.kind), policy, now)


def _too_young(graph: Graph, ref: Ref, wanted: float, policy: Policy, now: float) -> str:
    created = age_of(graph, ref)
    if created is None:
        return "its age is not known, which counts as new"
    if now - created < policy.grace:
        return f"it is younger than the grace of {_hours(policy.grace)}"
    return f"it is younger than {_hours(wanted)}" if now - created < wanted else ""


def age_of(graph: Graph, ref: Ref) -> float | None:
    """When the newest part of `ref` was made, in seconds since 1970; None where nothing tells."""
    manifests = graph.inventory.manifests
    times = [manifests[part].created for part in graph.parts(ref.node) if part in manifests]
    known = [time for time in times if time is not None]
    return max(known, default=None)


def _keep_newest(graph: Graph, owners: Mapping[Ref, Owner], reasons: dict[Ref, str], policy: Policy) -> None:
    groups: dict[tuple[str, Kind, str], list[Ref]] = {}
    for ref, reason in reasons.items():
        if not reason:
            groups.setdefault((ref.repository, owners[ref].kind, owners[ref].target), []).append(ref)
    for refs in groups.values():
        refs.sort(key=lambda ref: (-(age_of(graph, ref) or 0.0), ref))
        for ref in refs[: policy.keep_newest]:
            reasons[ref] = f"it is one of the newest {policy.keep_newest} that could go (--keep-newest)"


def _budget(
    graph: Graph, owners: Mapping[Ref, Owner], reasons: dict[Ref, str], wanted: set[Ref], policy: Policy, now: float
) -> tuple[str, ...]:
    """Adds caches of branches that are there to `wanted` where a repository has too many tags."""
    if policy.tag_budget is None or Kind.CACHE not in policy.kinds:
        return ()
    notes = []
    for repository in sorted({ref.repository for ref in graph.inventory.refs}):
        here = [ref for ref in graph.inventory.refs if ref.repository == repository]
        spare = [
            ref
            for ref in here
            if owners[ref].standing is Standing.LIVE and not _too_young(graph, ref, policy.grace, policy, now)
        ]
        spare.sort(key=lambda ref: (age_of(graph, ref) or 0.0, ref))

        def left(count: int, here: list[Ref] = here, spare: list[Ref] = spare) -> int:
            """How many tags stay where the `count` oldest may go."""
            settled = wanted.union(spare[:count])
            _settle(graph, settled, {})
            return len(here) - sum(ref in settled for ref in here)

        # The more may go, the fewer stay: so the smallest number that is enough is found by halving.
        needed = bisect_left(range(len(spare)), -policy.tag_budget, key=lambda count: -left(count))
        for ref in spare[:needed]:
            reasons[ref] = ""
        wanted.update(spare[:needed])
        stay = left(0)
        if stay > policy.tag_budget:
            notes.append(f"{repository} keeps {stay} tags, more than {policy.tag_budget}: no others may go")
    return tuple(notes)


def _settle(graph: Graph, wanted: set[Ref], reasons: dict[Ref, str]) -> None:
    """Takes out of `wanted` what a reference reaches that stays, until nothing changes; says why in `reasons`."""
    refs = graph.inventory.refs
    while True:
        holders: dict[Node, Ref] = {}
        for ref in sorted(ref for ref in refs if ref not in wanted):
            for node in graph.used(ref.node):
                holders.setdefault(node, ref)
        found = {ref: f"{holders[ref.node].tag} needs the same manifest" for ref in wanted if ref.node in holders}
        for ref in wanted - found.keys():
            if (count := _foreign_referrers(graph, ref)) > 0:
                found[ref] = f"{count} {'manifest says' if count == 1 else 'manifests say'} something about it"
        if not found:
            return
        wanted.difference_update(found)
        reasons.update(found)


def _foreign_referrers(graph: Graph, ref: Ref) -> int:
    """How many manifests outside of `ref` have a part of it as their subject: signatures, bills of materials."""
    parts = graph.parts(ref.node)
    return sum(other not in parts for part in parts for other in graph.referrers(part))


def _hours(seconds: float) -> str:
    if seconds >= 2 * DAY:
        return f"{seconds / DAY:g} days"
    return f"{seconds / HOUR:g} h"
