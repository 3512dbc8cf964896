"""The proof behind `add-link`: what stands at the destination of a COPY, and on the way there; used by `add_link`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Add, Copy, Run, Transfer
from bakegen.effects.instructions import names_directory
from bakegen.effects.model import Equivalence, Tier
from bakegen.effects.places import ancestors, disturbed, entry
from bakegen.facts.model import Kind
from bakegen.rewrites.frontend import accepts
from bakegen.rewrites.model import Missing, Proposal
from bakegen.rewrites.moves import add_flag
from bakegen.rewrites.standing import ROOT, Doubt, Past, Standing, missing_facts, owner_of, source_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_HEREDOCS_AND_LINK = 4  # docker/dockerfile 1.4 brought both


def propose(situation: Situation) -> Iterator[Proposal]:
    """``--link`` for each COPY and ADD of the stages that images are made of."""
    if situation.resolved.target_platform.os == "windows" or not accepts(situation.dockerfile, _HEREDOCS_AND_LINK):
        return
    for stage in exported(situation):
        for view in stage.own:
            if isinstance(view.step.command, Transfer):
                found = _consider(situation, stage, view, view.step.command)
                if found is not None:
                    yield found


def exported(situation: Situation) -> tuple[StageView, ...]:
    """The stages whose layers are in an image: those that nothing copies or starts from, and what these start from.

    Layers of other stages are never exported on their own: a linked one gains nothing.
    """
    views = {view.stage.stage.index: view for view in situation.stages}
    used = {link.target for view in situation.stages for link in view.stage.links}
    used |= {view.stage.base.stage.index for view in situation.stages if view.stage.base is not None}
    target = situation.resolved.target
    found: set[int] = set()
    for index, view in views.items():
        if index in used and (target is None or target.stage.index != index):
            continue
        at = view.stage
        while True:
            found.add(at.stage.index)
            if at.base is None or at.replaced:
                break
            at = at.base
    return tuple(views[index] for index in sorted(found & views.keys()))


def _consider(situation: Situation, stage: StageView, view: StepView, command: Transfer) -> Proposal | None:
    step, around = view.step, view.around
    # BuildKit ignores --link beside --chmod; directories that --parents or an exception of --exclude passes through
    # keep their owner without --link and lose it with it.
    if command.link or command.chmod is not None or any(one.text.startswith("!") for one in command.exclude):
        return None
    if any(flag.text.startswith("--link") for flag in command.node.flags):
        return None  # --link=false: somebody decided
    if (isinstance(command, Copy) and command.parents) or (isinstance(command, Add) and not _fetched(view, command)):
        return None
    owner = owner_of(step.chown) if step.chown else ROOT
    if owner is None or (command.chown is not None and not around.sure(command.chown.text)):
        return None
    relative = not step.destination.startswith("/")
    if not around.sure(command.destination.text) or (relative and not around.directory_sure):
        where = Missing(
            f"where {command.destination.text} leads in other builds", "write it without build arguments", False
        )
        return _proposal(view, stage, Standing(""), "", (where,))
    path = around.path(step.destination)
    if around.real(step.destination) != path:
        return None
    past = Past.of(situation, stage, view)
    kinds = source_kinds(view)
    into = names_directory(step.destination) or len(command.sources) + len(command.files) > 1
    way = [one for one in ancestors(path) if one != "/"]
    if path != "/" and (into or kinds == {Kind.DIRECTORY}):
        way.insert(0, path)
    standings = {one: past.directory(one) for one in way}
    doubts = [(one, doubt) for one, standing in standings.items() for doubt in standing.doubts]
    if any(standing.odd(owner) for standing in standings.values()):
        return None
    missing = missing_facts(doubts, f"missing, or a directory of {owner} with the mode 0755,")
    if not into and kinds != {Kind.DIRECTORY} and path != "/":
        found = past.file(path)
        if found.wrong:
            return None
        missing += missing_facts(((path, doubt) for doubt in found.doubts), "neither a directory nor a symbolic link")
        standings[path] = found
    linked = [one for one in (path, *ancestors(path)) if _may_be_linked(view, one)]
    if linked and not missing:
        unseen = Doubt("the steps above", "look for links that they make")
        missing = missing_facts(((one, unseen) for one in linked), "no symbolic link")
    tier = max((one.tier for one in standings.values()), default=Tier.SEMANTICS)
    tier = max(tier, Tier.FACTS) if relative and not past.scratch else tier
    assumes = dict.fromkeys(text for one in standings.values() for text in one.assumes)
    places = ", ".join(sorted(way)) or "/"
    reason = (
        f"on the way to {step.destination} every directory ({places}) is missing so far, or {owner} 0755 and no link"
    )
    return _proposal(view, stage, Standing("", tier=tier, assumes=tuple(assumes)), reason, missing)


def _fetched(view: StepView, command: Add) -> bool:
    """Whether an ADD only fetches files over HTTP: what is in an archive or a repository is not known."""
    return (
        command.unpack is None
        and not command.files
        and all(
            source.startswith(("http://", "https://")) and ".git" not in source and "#" not in source
            for source in view.step.sources
        )
    )


def _may_be_linked(view: StepView, path: str) -> bool:
    return path != "/" and any(disturbed(place, entry(path)) for place in view.around.linked)


def _proposal(
    view: StepView, stage: StageView, standing: Standing, reason: str, missing: tuple[Missing, ...]
) -> Proposal:
    command = view.step.command
    return Proposal(
        "add-link",
        command.span,
        (add_flag(command.node, "--link"),),
        standing.tier,
        Equivalence.IMAGE,
        reason or "the layer would be the same wherever it lies",
        _gain(view, stage),
        missing,
        assumes=standing.assumes,
    )


def _gain(view: StepView, stage: StageView) -> str:
    behind = stage.steps[stage.steps.index(view) + 1 :]
    runs = sum(isinstance(one.step.command, Run) for one in behind)
    kept = "a new base image or a change above copies nothing here again, and the registry has the layer already"
    if not runs:
        return kept
    return f"{kept}; the {'RUN' if runs == 1 else f'{runs} RUNs'} behind it still run again"
