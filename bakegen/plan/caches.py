"""Which cache each target reads on a branch: the nearest one that exists, so that it is read alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.plan.branch import BranchState
from bakegen.plan.model import TargetKind
from bakegen.plan.refs import cache_candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from bakegen.plan.model import Plan, Target
    from bakegen.plan.refs import CacheSubject

Entry = dict[str, str]


@dataclass(frozen=True)
class ChosenCaches:
    """What a branch reads otherwise than a build that knows no branch.

    Attributes:
        instead: subject (see `subject_key`) -> reference to read in place of the default branch's.
        more: target name -> entries to read as well, the nearest last: where it is not known what exists.
        lacking: images for which none of the caches exists -> one of the entries that were tried.
    """

    instead: Mapping[str, str]
    more: Mapping[str, tuple[Entry, ...]]
    lacking: Mapping[str, Entry] = field(default_factory=dict)


def nowhere(default: str) -> BranchState:
    """The state of a build that nothing tells its branch: it reads the default branch's caches and writes none."""
    return BranchState(None, None, default, None, False, False, "", local=True)


def subject_key(subject: CacheSubject) -> str:
    """The name of a cache's owner: its target, and its platform where the target has several."""
    return f"{subject.target} {subject.platform}" if subject.platform else subject.target


def candidates(target: Target, subject: CacheSubject, plan: Plan, state: BranchState) -> tuple[Entry, ...]:
    """The entries that could be read for `subject`, the nearest first."""
    return cache_candidates(subject, target.settings, state, plan.rivals(target))


def replaceable(target: Target, entry: Entry) -> bool:
    """Whether the reference of an entry stands in the bake file so that an override can replace it."""
    return entry["type"] == "registry" and target.settings.backend == "registry"


def references_to_ask(
    plan: Plan, state: BranchState, *, every: bool = False, among: Collection[str] | None = None
) -> Iterator[str]:
    """The references whose existence decides what is read; none where there is no choice.

    Args:
        plan: the plan.
        state: the branch.
        every: also where there is no choice, for `ChosenCaches.lacking`.
        among: the images that matter, with their stages; all without it.
    """
    for target in plan.targets.values() if among is None else _with_stages(plan, among):
        for subject in target.caches:
            found = [
                entry
                for one in (subject, *subject.stages)
                for entry in candidates(target, one, plan, state)
                if replaceable(target, entry)
            ]
            if len(found) > 1 or every:
                yield from (entry["ref"] for entry in found)


def _with_stages(plan: Plan, images: Collection[str]) -> list[Target]:
    made = {stage.target for name in images for one in plan.targets[name].caches for stage in one.stages}
    return [target for name, target in plan.targets.items() if name in images or name in made]


def choose_caches(
    plan: Plan, state: BranchState, exists: Callable[[str], bool | None], *, objects: bool = True
) -> ChosenCaches:
    """The caches of each target on a branch.

    Args:
        plan: the plan.
        state: the branch.
        exists: whether a reference exists, None where that could not be found out.
        objects: whether the bake file can hold replaceable references (from buildx 0.20 on).
    """
    instead: dict[str, str] = {}
    more: dict[str, tuple[Entry, ...]] = {}
    lacking: dict[str, Entry] = {}
    common = nowhere(state.default)
    for target in plan.targets.values():
        added: list[Entry] = []
        without: list[Entry] = []
        for subject in target.caches:
            entries = candidates(target, subject, plan, state)
            fixed = candidates(target, subject, plan, common)
            if not entries or not replaceable(target, entries[0]):
                added += [entry for entry in reversed(entries) if entry not in fixed]
                continue
            found, doubtful = _nearest(entries, exists)
            standing = fixed[0] if fixed else None
            if found is not None and found != standing:
                if objects and standing is not None:
                    instead[subject_key(subject)] = found["ref"]
                    standing = found
                else:
                    doubtful.insert(0, found)
            if found is None and not doubtful:
                served = len(added)
                for stage in subject.stages:
                    made, unsure = _nearest(candidates(target, stage, plan, state), exists)
                    added += [*reversed(unsure), *([made] if made is not None else [])]
                if len(added) == served:
                    without.append(entries[0])
            added += [entry for entry in reversed(doubtful) if entry != standing]
        if added:
            more[target.name] = tuple(added)
        if target.kind is TargetKind.IMAGE and without and len(without) == len(target.caches):
            lacking[target.name] = without[0]
    return ChosenCaches(instead, more, lacking)


def _nearest(entries: tuple[Entry, ...], exists: Callable[[str], bool | None]) -> tuple[Entry | None, list[Entry]]:
    """The first entry that exists, and those before it of which nobody knows."""
    doubtful: list[Entry] = []
    for entry in entries:
        there = exists(entry["ref"])
        if there:
            return entry, doubtful
        if there is None:
            doubtful.append(entry)
    return None, doubtful
