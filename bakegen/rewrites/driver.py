"""Runs the rewrites on one Dockerfile to a fixed point, and checks after each step that only that changed.

The order (`Rewrite.order`): first what takes instructions away or makes them plainer (add-to-copy, chown-copy,
bind-mount), so that all others see the shape that stays; then split-run, which makes room; then what moves installers
up (manifests-first, hoist-install) and COPYs among each other (sort-copies); then ARG and ENV go down, as far as the
settled order lets them; then what only adds flags (cache-mount, add-link), whose proofs look at everything before
them; last what is about the surroundings (pin-base, ignore-file). One change can make room for another: the round
begins anew until none is left.
"""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.effects.stages import analyse
from bakegen.rewrites.checks import RewriteFault, View, edited, fault
from bakegen.rewrites.model import Missing, Proposal, Rewrite, Situation
from bakegen.text import Source
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile import Dockerfile, Resolved
    from bakegen.effects.stages import StageView
    from bakegen.facts.model import Evidence

LEVELS = ("proved", "assumed")
_MOST_CHANGES = 400


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was made: the proposal, with its spans in `before`, and the text on both sides."""

    proposal: Proposal
    before: str
    after: str


@dataclass(frozen=True)
class Outcome:
    """What became of a Dockerfile.

    Attributes:
        source: the rewritten text, under the same path.
        applied: the changes in the order in which they were made.
        offered: what was not done, with spans in the rewritten text.
        ignore: patterns to add to the ignore file.
        declared: paths (globs) that may differ, from all changes of equivalence E2.
        refused: why the file was not looked at, "" where it was.
        diagnostics: errors that BuildKit would stop at; with them nothing is rewritten.
    """

    source: Source
    applied: tuple[Applied, ...] = ()
    offered: tuple[Proposal, ...] = ()
    ignore: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    refused: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.applied)


@cache
def rewrites() -> tuple[Rewrite, ...]:
    """All rewrites in their order: every module of this package that has a `REWRITE`."""
    package = importlib.import_module("bakegen.rewrites")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        one = getattr(importlib.import_module(f"bakegen.rewrites.{module.name}"), "REWRITE", None)
        if isinstance(one, Rewrite):
            found.append(one)
    return tuple(sorted(found, key=lambda one: (one.order, one.name)))


@cache
def rewrite_named(name: str) -> Rewrite:
    """One rewrite; only its own module is loaded where that has its name, as ``add_link`` for ``add-link``."""
    with suppress(ModuleNotFoundError):
        one = getattr(importlib.import_module(f"bakegen.rewrites.{name.replace('-', '_')}"), "REWRITE", None)
        if isinstance(one, Rewrite) and one.name == name:
            return one
    return next(one for one in rewrites() if one.name == name)


@dataclass(frozen=True)
class Request:
    """What a rewriting starts from, beside the text.

    Attributes:
        evidence: the facts at hand.
        build_args, target, platform, contexts: as given to the build.
        level: ``proved`` or ``assumed``.
        only, skip: names of rewrites.
        ignore, project, ephemeral, fixed: see `Situation`.
        strict: whether a failed check raises `RewriteFault`, for tests.
    """

    evidence: Evidence
    build_args: Mapping[str, str]
    target: str | None
    platform: str | None
    contexts: Mapping[str, str]
    level: str
    only: Collection[str]
    skip: Collection[str]
    ignore: str
    project: str
    ephemeral: bool
    fixed: bool
    strict: bool

    @property
    def chosen(self) -> tuple[Rewrite, ...]:
        """The rewrites that take part."""
        return tuple(
            one
            for one in rewrites()
            if (one.name in self.only if self.only else one.default) and one.name not in self.skip
        )


def rewrite(
    source: Source,
    evidence: Evidence,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: str | None = None,
    contexts: Mapping[str, str] | None = None,
    level: str = "proved",
    only: Collection[str] = (),
    skip: Collection[str] = (),
    ignore: str = "",
    project: str = "",
    ephemeral: bool = False,
    fixed: bool = False,
    strict: bool = False,
) -> Outcome:
    """Rewrites one Dockerfile as far as `level` allows.

    Args:
        source: the Dockerfile.
        evidence: the facts at hand.
        build_args, target, platform, contexts: as given to the build; without a target all stages count.
        level: ``proved`` or ``assumed``.
        only: names of the rewrites to run; those that run by default without it.
        skip: names of rewrites to leave out.
        ignore: the ignore file that counts for the context.
        project: a short name for ids of cache mounts.
        ephemeral: whether builders are new each time.
        fixed: whether no other build arguments will ever be given.
        strict: whether a failed check raises `RewriteFault`.

    Returns:
        The outcome; a file that BuildKit would refuse, or that another frontend reads, comes back unchanged.
    """
    request = Request(
        evidence.with_pins(), build_args or {}, target, platform, contexts or {}, level, only, skip, ignore, project,
        ephemeral, fixed, strict,
    )  # fmt: skip
    text, dockerfile = source, read(source)
    if dockerfile.tree.foreign is not None:
        frontend = dockerfile.tree.foreign.frontend
        return Outcome(source, refused=f"it is written for another frontend, {frontend}")
    now = _look(request, dockerfile)
    problems = now.errors
    if problems:
        return Outcome(source, refused="BuildKit refuses it", diagnostics=problems)
    applied: list[Applied] = []
    faulty: list[Proposal] = []
    patterns: dict[str, None] = {}
    seen = {text.text}
    proposals: list[Proposal] = []
    while len(applied) < _MOST_CHANGES:
        proposals.clear()
        faulty.clear()
        for one, proposal in _proposals(request, now):
            proposals.append(proposal)
            if not _allowed(request, proposal):
                continue
            made = _apply(now, proposal)
            after = _look(request, read(made), (*patterns, *proposal.ignore))
            problem = fault(now, after, proposal, own_order=one.own_order)
            if problem is None and made.text in seen and not proposal.ignore:
                problem = "it leads back to where another rewrite began"
            if problem is not None:
                if strict:
                    raise RewriteFault(
                        f"{proposal.rewrite}: {problem}\n--- before\n{text.text}\n--- after\n{made.text}"
                    )
                faulty.append(replace(proposal, missing=(*proposal.missing, _own_bug(problem))))
                continue
            applied.append(Applied(proposal, text.text, made.text))
            patterns |= dict.fromkeys(proposal.ignore)
            seen.add(made.text)
            text, now = made, after
            break
        else:
            break
    offered = _offers(request, (*proposals, *faulty))
    declared = tuple(sorted({path for change in applied for path in change.proposal.declared}))
    return Outcome(text, tuple(applied), offered, tuple(patterns), declared)


def view(dockerfile: Dockerfile, evidence: Evidence, *, ignore: str, project: str, ephemeral: bool) -> View:
    """A Dockerfile as rewrites see it: with values and effects, all of its stages.

    Args:
        dockerfile: the file.
        evidence: the facts at hand.
        ignore, project, ephemeral: see `Situation`.
    """
    request = Request(
        evidence.with_pins(),
        {},
        None,
        None,
        {},
        LEVELS[0],
        (),
        (),
        ignore,
        project,
        ephemeral,
        fixed=False,
        strict=False,
    )
    return _look(request, dockerfile)


def _look(request: Request, dockerfile: Dockerfile, patterns: tuple[str, ...] = ()) -> View:
    images = {name: facts.image for name, facts in request.evidence.bases.items()}

    def resolve(target: str | None) -> Resolved:
        return dockerfile.resolve(
            request.build_args, target=target, platform=request.platform, contexts=request.contexts, images=images
        )

    leaves = [resolve(request.target)]
    stages: dict[int, StageView] = {}

    def add(resolved: Resolved) -> None:
        for view in analyse(resolved, request.evidence, fixed=request.fixed):
            stages.setdefault(view.stage.stage.index, view)

    add(leaves[0])
    if request.target is None:
        for stage in reversed(dockerfile.stages):
            # A later stage of the same name hides an earlier one: nothing can build that.
            if stage.index not in stages and stage.name and _last_of_name(dockerfile, stage.name) == stage.index:
                leaves.append(resolve(stage.name))
                if leaves[-1].ok:
                    add(leaves[-1])
    situation = Situation(
        dockerfile,
        leaves[0],
        tuple(stages[index] for index in sorted(stages)),
        request.evidence,
        "\n".join((request.ignore, *patterns)) if patterns else request.ignore,
        request.project,
        request.ephemeral,
        request.fixed,
    )
    return View(situation, tuple(leaves))


def _last_of_name(dockerfile: Dockerfile, name: str) -> int:
    return max(stage.index for stage in dockerfile.stages if stage.name == name)


def _proposals(request: Request, view: View) -> Iterator[tuple[Rewrite, Proposal]]:
    for one in request.chosen:
        for proposal in one.propose(view.situation):
            yield one, proposal


def _allowed(request: Request, proposal: Proposal) -> bool:
    if not proposal.edits and not proposal.ignore:
        return False
    return proposal.proved or (request.level == "assumed" and proposal.assumable)


def _offers(request: Request, proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """What was not done: one proposal for each rewrite and instruction."""
    found: dict[tuple[str, int], Proposal] = {}
    for proposal in proposals:
        if not _allowed(request, proposal):
            found.setdefault((proposal.rewrite, proposal.span.start), proposal)
    return tuple(sorted(found.values(), key=lambda one: (one.span.start, one.rewrite)))


def _own_bug(problem: str) -> Missing:
    return Missing(f"bakegen's own check: {problem}", "please report it with the Dockerfile", assumable=False)


def _apply(view: View, proposal: Proposal) -> Source:
    return Source(view.dockerfile.source.path, edited(view.dockerfile.source.text, proposal))
