"""Works out what would have kept more in the cache: both commits once more with their Dockerfiles rewritten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from bakegen.bake.compose import named_contexts
from bakegen.dockerfile import Arg, Env
from bakegen.explaining.advice import Advice, better, effort
from bakegen.explaining.compare import compare
from bakegen.explaining.model import Verdict
from bakegen.explaining.texts import plain
from bakegen.rewrites.driver import rewrite, rewrite_named
from bakegen.rules.check import check_dockerfile
from bakegen.rules.config import Config
from bakegen.rules.dockerfiles import DockerfileSubject
from bakegen.text import Location, Source
from bakegen.workspace.project import gatherer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.explaining.advice import Effort
    from bakegen.explaining.compare import JudgedTarget
    from bakegen.explaining.model import Side
    from bakegen.facts.model import Evidence
    from bakegen.plan.model import Recipe, Target
    from bakegen.plan.rewriting import Evidences
    from bakegen.workspace.project import Workspace

_MOST = 12
"""Dockerfiles that are tried: of a matrix with hundreds of variants one each is enough."""
_RULES = (
    "CA301", "CA302", "CA303", "CA304", "CA305", "CA306", "CA310", "CA311", "CA336", "CA337", "CA345", "CA349", "CA350",
    "CA353",
)  # fmt: skip
"""The rules about what makes steps run again."""


class AtSide(Protocol):
    """A project at one of the two commits."""

    workspace: Workspace

    def side(self, wanted: Sequence[str], recipes: Mapping[str, Recipe] | None = None) -> Side:
        """The chains of targets, some with another Dockerfile."""
        ...

    def shown(self) -> object:
        """Makes the files of this side be there."""
        ...


@dataclass(frozen=True)
class _Trial:
    """A target with rewritten Dockerfiles on both sides; `names` are the rewrites that were made on the newer one."""

    target: str
    names: tuple[str, ...]
    old: Recipe
    new: Recipe


def advise(
    old: AtSide, new: AtSide, targets: Sequence[JudgedTarget], known: Mapping[str, float]
) -> dict[str, tuple[Advice, ...]]:
    """What would have helped targets of which something runs again: rewrites, or else the rule that reports the place.

    Args:
        old, new: both sides.
        targets: what becomes of the targets.
        known: seconds of steps, by their strict keys.
    """
    asked = _representatives(old, new, targets)
    texts = {plain(one.step.shown): known.get(one.step.key.strict, 0.0) for target in targets for one in target.steps}
    found: dict[str, tuple[Advice, ...]] = {}
    new.shown()
    facts = gatherer(new.workspace)
    trials = [trial for target in asked for trial in _trials(old, new, target, facts)]
    measured = _measured(old, new, trials, texts)
    for target in asked:
        own = [(trial, made) for trial, made in zip(trials, measured, strict=True) if trial.target == target.chain.name]
        found[target.chain.name] = _rewrites(target, own, texts)
    for target in asked:
        if not found[target.chain.name]:
            new.shown()
            found[target.chain.name] = _rules(new.workspace.plan.targets[target.chain.name], target, facts)
    by_place = {_place(target): found[target.chain.name] for target in asked}
    return {target.chain.name: by_place[_place(target)] for target in targets if by_place.get(_place(target))}


def _place(target: JudgedTarget) -> tuple[object, ...] | None:
    """Where a target begins to run again: those of the same place get the same advice."""
    first = target.first
    if first is None:
        return None
    return (first.step.location.source.path, first.step.location.span, first.step.location.source.text)


def _representatives(old: AtSide, new: AtSide, targets: Sequence[JudgedTarget]) -> list[JudgedTarget]:
    found: dict[tuple[object, ...], JudgedTarget] = {}
    for target in targets:
        name = target.chain.name
        place = _place(target)
        if place is None or not target.of(Verdict.RUNS) or target.problem or name not in old.workspace.plan.targets:
            continue
        if old.workspace.plan.targets[name].recipe.source is not None:
            found.setdefault(place, target)
    return list(found.values())[:_MOST]


def _trials(old: AtSide, new: AtSide, target: JudgedTarget, facts: Evidences) -> Iterator[_Trial]:
    """All rewrites together, and each that was made alone."""
    name = target.chain.name
    before, after = old.workspace.plan.targets[name], new.workspace.plan.targets[name]
    evidence = facts.evidence(after.recipe, after.variant, next(iter(after.platforms), None))
    every, names = rewritten(after, evidence)
    if not names:
        return
    yield _Trial(name, names, rewritten(before, evidence)[0], every)
    for only in names if len(names) > 1 else ():
        recipe, made = rewritten(after, evidence, only)
        if made:
            yield _Trial(name, made, rewritten(before, evidence, only)[0], recipe)


def rewritten(target: Target, evidence: Evidence, only: str = "") -> tuple[Recipe, tuple[str, ...]]:
    """The recipe of a target with all rewrites, or `only` that of a name, and the names of those that were made."""
    recipe, variant, source = target.recipe, target.variant, target.recipe.source
    assert source is not None
    ignore = recipe.ignore.text if recipe.ignore is not None else ""
    outcome = rewrite(
        source,
        evidence,
        build_args=variant.mapping("args"),
        target=target.stage,
        platform=next(iter(target.platforms), None),
        contexts=variant.mapping("contexts"),
        level="assumed",
        only=(only,) if only else (),
        ignore=ignore,
        project=variant.image,
        fixed=True,
    )
    if outcome.ignore:
        lead = ignore if not ignore or ignore.endswith("\n") else f"{ignore}\n"
        recipe = replace(recipe, ignore=Source("", lead + "".join(f"{one}\n" for one in outcome.ignore)))
    names = dict.fromkeys(one.proposal.rewrite for one in outcome.applied)
    return replace(recipe, source=Source(source.path, outcome.source.text), trace=None), tuple(names)


def _measured(
    old: AtSide, new: AtSide, trials: Sequence[_Trial], texts: Mapping[str, float]
) -> list[tuple[JudgedTarget, Effort]]:
    """What becomes of each target in its trial; each side is shown once."""
    news = [new.side([trial.target], {trial.target: trial.new}) for trial in trials]
    olds = [old.side([trial.target], {trial.target: trial.old}) for trial in trials]
    found = []
    for trial, before, after in zip(trials, olds, news, strict=True):
        (judged,) = compare(before, after, [trial.target])
        found.append((judged, effort(judged, texts)))
    return found


def _rewrites(
    target: JudgedTarget, measured: Sequence[tuple[_Trial, tuple[JudgedTarget, Effort]]], texts: Mapping[str, float]
) -> tuple[Advice, ...]:
    """The smallest set of rewrites that helps: the best single one, unless all together help more."""
    now = effort(target, texts)
    good = [(made[1], len(trial.names), trial, made[0]) for trial, made in measured if better(made[1], now)]
    if not good:
        return ()
    best, _, trial, judged = min(good, key=lambda one: one[:2])
    runs = len(judged.of(Verdict.RUNS))
    what = rewrite_named(trial.names[0]).summary if len(trial.names) == 1 else ""
    saved = max(0.0, now.seconds - best.seconds)
    return (Advice("rewrite", ", ".join(trial.names), what, trial.target, runs, len(judged.steps), saved),)


def _rules(target: Target, judged: JudgedTarget, facts: Evidences) -> tuple[Advice, ...]:
    """The rules that report the first step that runs again, or else one that runs behind it."""
    recipe = target.recipe
    source = recipe.original or recipe.source
    assert source is not None
    evidence = facts.evidence(recipe, target.variant, next(iter(target.platforms), None))
    subject = DockerfileSubject(source, evidence, recipe.ignore.text if recipe.ignore is not None else "")
    subject.contexts = {name: str(value) for name, value in named_contexts(target).items()}
    results = check_dockerfile(subject, Config(select=_RULES))
    for one in judged.of(Verdict.RUNS):
        places = [one.step.location, *_setters(subject, recipe, {cause.name for cause in one.causes})]
        found = [
            Advice("rule", f"{result.rule.code} {result.rule.name}", result.finding.message, target.name)
            for result in results
            if any(_meet(recipe.place(Location(source, result.finding.span)), place) for place in places)
        ]
        if found:
            return tuple(found)
    return ()


def _setters(subject: DockerfileSubject, recipe: Recipe, names: set[str]) -> Iterator[Location]:
    """The instructions that set any of these variables."""
    for stage in subject.stages:
        for command in stage.commands:
            if isinstance(command, Arg):
                given = {item.name for item in command.items}
            elif isinstance(command, Env):
                given = {pair.key for pair in command.pairs}
            else:
                continue
            if given & names:
                yield recipe.place(Location(subject.source, command.span))


def _meet(one: Location, other: Location) -> bool:
    return one.source == other.source and one.span.start < other.span.end and other.span.start < one.span.end
