"""Why targets are built: what differs from the last image of each that the default branch has in the registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.building.key_differences import Cause, Change, Files, key_changes
from bakegen.diagnostics import one_line
from bakegen.errors import InputError
from bakegen.plan.content import context_reads, folder_reads
from bakegen.plan.refs import key_reference
from bakegen.workspace.commits import fallback_commits
from bakegen.workspace.registry import probe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bakegen.plan.model import Target
    from bakegen.workspace.commits import AtCommit, CommitLine, Past
    from bakegen.workspace.contents import Contents

COMPARED = 8
"""How many commits of the default branch are looked at."""


@dataclass
class Nearest:
    """The nearest of some commits at which the image of a target is in the registry.

    Attributes:
        found: target name -> the commit, and the reference of the image there.
        unknown: why some references could not be asked for.
        same: the targets that are, at some of the commits, as they are now.
    """

    found: dict[str, tuple[AtCommit, str]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)

    def look(self, states: Sequence[AtCommit], names: Collection[str], keys: Mapping[str, str]) -> None:
        """Looks for those of `names` that have not been found, at all `states` (the nearest first) at once.

        What has the same key as now is not asked for: it is known not to be there.
        """
        asked: dict[str, list[tuple[AtCommit, str]]] = {}
        for state in states:
            for name in names:
                reference = _reference(state, name)
                if name in self.found or not reference:
                    continue
                if state.keys[name].key == keys.get(name):
                    self.same.setdefault(name, state.commit)
                else:
                    asked.setdefault(name, []).append((state, reference))
        references = {reference for candidates in asked.values() for _, reference in candidates}
        if not references:
            return
        probed = probe(references)
        self.unknown |= probed.unknown
        for name, candidates in asked.items():
            nearest = next((one for one in candidates if one[1] in probed.existing), None)
            if nearest is not None:
                self.found[name] = nearest


def _reference(state: AtCommit, name: str) -> str:
    """The reference of a target's image as it was, "" where it had none."""
    target = state.plan.targets.get(name) if state.plan is not None else None
    known = state.keys.get(name)
    if target is None or target.repository is None or known is None or not known.key:
        return ""
    return key_reference(target.repository, known.key)


def causes(past: Past, contents: Contents, names: Sequence[str], default: str) -> dict[str, Cause]:
    """Why each of `names` has another key than the last image of the default branch.

    The merge base is looked at first, since most of the time its images are there; then all of the others at once.
    Nothing raises: what cannot be known is said.

    Args:
        past: the project at other commits.
        contents: the project as it is now.
        names: targets with a key of which no image is in the registry.
        default: the default branch.
    """
    line = fallback_commits(contents.workspace.root, default, COMPARED)
    nearest = Nearest()
    states: list[AtCommit] = []
    wanted = list(names)
    for commits in _rounds(line):
        # A target that the nearest commit does not have is a new one.
        wanted = [name for name in wanted if name not in nearest.found and all(_had(one, name) for one in states)]
        if not wanted:
            break
        read = [past.at(commit) for commit in commits]
        nearest.look(read, wanted, contents.keys)
        states += read
    told: dict[str, Cause] = {}
    # Ordered by commit, so that each is brought back once for the single files.
    for state in states:
        comparison = _Comparison(past, contents, state)
        for name, (at, _) in nearest.found.items():
            if at is state:
                told[name] = Cause(state.commit, line.branch, comparison.changes(name, name))
    return told | {name: Cause(unknown=_unknown(name, line, states, nearest)) for name in names if name not in told}


def _rounds(line: CommitLine) -> tuple[tuple[str, ...], ...]:
    """The commits that are looked at together."""
    first = 2 if line.head else 1  # files that differ from HEAD are those of hardly any image
    return line.commits[:first], line.commits[first:]


def _had(state: AtCommit, name: str) -> bool:
    return state.plan is None or name in state.plan.targets


def _unknown(name: str, line: CommitLine, states: Sequence[AtCommit], nearest: Nearest) -> str:
    """Why nothing is known of a target."""
    of = f" of {line.branch}" if line.branch else ""
    readable = [state for state in states if state.plan is not None]
    if not states:
        return f"what changed is not known: {line.problem or f'there is no commit{of} to compare with'}"
    if not readable:
        return f"what changed is not known: {states[0].problem} at {states[0].commit[:12]}{of}"
    if not _had(readable[0], name):
        return f"{readable[0].commit[:12]}{of} has no target of that name"
    commit = nearest.same.get(name, "")
    if commit and commit != line.head:
        said = f"nothing changed since {commit[:12]}{of}, and no image of that is in the registry"
    else:
        number = "the last commit" if len(states) == 1 else f"the last {len(states)} commits"
        said = f"no key of {number}{of} is in the registry"
    reasons = [line.problem, *(f"at {one.commit[:12]} {one.problem}" for one in states if one.problem)]
    reasons += [f"{one.commit[:12]}: {one.keys[name].unknown}" for one in readable if _no_key(one, name)]
    if nearest.unknown:
        reference, reason = next(iter(nearest.unknown.items()))
        reasons.append(f"{reference} could not be looked up: {one_line(reason)}")
    first = next((reason for reason in reasons if reason), "")
    return f"{said} ({first})" if first else said


def _no_key(state: AtCommit, name: str) -> bool:
    return name in state.keys and state.keys[name].key is None


def _parent_of(target: Target, context: str) -> str:
    """The target that a context links to."""
    return next((parent.target for parent in target.parents if parent.context == context), context)


class _Comparison:
    """The project now beside what it was at one commit; parents are compared once."""

    def __init__(self, past: Past, contents: Contents, state: AtCommit) -> None:
        self._past = past
        self._contents = contents
        self._state = state
        self._known: dict[tuple[str, str], tuple[Change, ...]] = {}

    def changes(self, old: str, new: str) -> tuple[Change, ...]:
        """What differs between the target `old` of then and `new` of now."""
        key = (old, new)
        if key not in self._known:
            then = self._state.keys[old].inputs if old in self._state.keys else None
            now = self._contents.inputs[new].inputs if new in self._contents.inputs else None
            self._known[key] = ()
            if then is not None and now is not None:
                self._known[key] = key_changes(
                    then,
                    now,
                    files=lambda context: (self._then(old, context), self._now(new, context)),
                    parent=lambda context: self._parent(old, new, context),
                )
        return self._known[key]

    def _parent(self, old: str, new: str, context: str) -> tuple[str, tuple[Change, ...]]:
        assert self._state.plan is not None
        before = _parent_of(self._state.plan.targets[old], context)
        after = _parent_of(self._contents.plan.targets[new], context)
        if before != after:
            return after, (Change("parent", after, f"instead of {before}"),)
        return after, self.changes(before, after)

    def _then(self, name: str, context: str | None) -> Files:
        return {line.path: (line.mode, line.oid) for line in self._past.lines(self._state.commit, name, context)}

    def _now(self, name: str, context: str | None) -> Files:
        target = self._contents.plan.targets[name]
        reads = context_reads(target) if context is None else folder_reads(target).get(context)
        try:
            lines = self._contents.contexts.lines(*reads) if reads is not None else ()
        except InputError:
            return {}
        return {line.path: (line.mode, line.oid) for line in lines}
