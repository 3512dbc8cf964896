"""The stages of a resolved Dockerfile with the effect of every step; what rewrites and rules look at."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.dockerfile.expand import ExpandError, variables_of
from bakegen.dockerfile.instructions import Arg, Copy, Env, Run, Transfer, Workdir
from bakegen.effects.instructions import context_path, effect_of, names_directory
from bakegen.effects.places import ANYWHERE, Place, disturbed, entry, tree
from bakegen.effects.surroundings import Copied, Surroundings, with_writes
from bakegen.facts.model import Kind
from bakegen.values import dataclass

if TYPE_CHECKING:
    from bakegen.dockerfile.environment import Environment
    from bakegen.dockerfile.resolve import Resolved, ResolvedStage
    from bakegen.dockerfile.steps import Step
    from bakegen.effects.model import Effect
    from bakegen.facts.model import ContextFacts, Evidence

# Set by the client or by the platform that is built: never the same for all builds.
_GIVEN = frozenset(
    f"{side}{what}" for side in ("TARGET", "BUILD") for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
_PROXIES = frozenset(
    name
    for base in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (base, base.lower())
)
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a stage: the instruction with values, what is known before it, and what it does."""

    step: Step
    around: Surroundings
    effect: Effect


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage that the target reaches. `after` is what is known behind its last step.

    `children` are the indices of the stages built FROM it.
    """

    stage: ResolvedStage
    steps: tuple[StepView, ...]
    after: Surroundings
    children: tuple[int, ...]

    @property
    def own(self) -> tuple[StepView, ...]:
        """The steps that stand in the file; those that an ONBUILD triggered come before them."""
        return tuple(view for view in self.steps if not view.step.triggered)


def analyse(resolved: Resolved, evidence: Evidence, *, fixed: bool = False) -> tuple[StageView, ...]:
    """All stages that the target of `resolved` reaches, in the order of the file.

    Args:
        resolved: the file with values.
        evidence: facts about bases and context.
        fixed: whether no other build arguments will ever be given than those of `resolved`.
    """
    found: dict[int, StageView] = {}
    children: dict[int, list[int]] = {}
    for stage in resolved.reachable:
        if stage.base is not None and not stage.replaced:
            children.setdefault(stage.base.stage.index, []).append(stage.stage.index)
    for stage in resolved.reachable:
        index = stage.stage.index
        inherited = None
        if stage.base is not None and not stage.replaced:
            above = found.get(stage.base.stage.index)
            inherited = above.after if above is not None else None
        walk = _Walk(resolved, stage, evidence, inherited, fixed)
        found[index] = StageView(stage, tuple(walk.run()), walk.around, tuple(children.get(index, ())))
    return tuple(found[index] for index in sorted(found))


class _Walk:
    """Walks one stage."""

    def __init__(
        self,
        resolved: Resolved,
        stage: ResolvedStage,
        evidence: Evidence,
        inherited: Surroundings | None,
        fixed: bool,
    ) -> None:
        self.stage = stage
        self.fixed = fixed
        self.escape = resolved.dockerfile.escape
        assert stage.environment is not None
        environment = stage.steps[0].environment if stage.steps else stage.environment
        if inherited is not None:
            self.around = inherited.altered(environment=environment)
        else:
            name = stage.stage.name if stage.replaced else stage.image
            sure = fixed or "$" not in stage.stage.start.image.text
            facts = evidence.bases.get(name) if sure else None
            scratch = stage.kind == "scratch"
            known = facts is not None or scratch
            unsure = _GIVEN | _PROXIES
            self.around = Surroundings(
                environment=environment,
                directory=(facts.working_dir if facts else "") or "/",
                directory_sure=known,
                user=facts.user if facts else "",
                shell=(facts.shell if facts else ()) or ("/bin/sh", "-c"),
                # BuildKit's PATH stands in for that of an image that is not known.
                unsure=unsure if known else unsure | {"PATH"},
                complete=known,
                base=facts,
                scratch=scratch,
                links=dict(facts.symlinks) if facts else {},
                links_known=known,
                context=evidence.context,
            )

    def run(self) -> list[StepView]:
        """The steps with their effects; `around` is left as it is behind the last one."""
        stage = self.stage
        views = []
        for index, step in enumerate(stage.steps):
            around = self.around.altered(environment=step.environment)
            effect = effect_of(step, around, self.escape)
            views.append(StepView(step, around, effect))
            following = stage.steps[index + 1] if index + 1 < len(stage.steps) else None
            environment = following.environment if following else stage.environment
            assert environment is not None
            self.around = self._after(step, effect, around, environment)
            self.around = self.around.altered(
                directory=(following.directory if following else stage.directory) or "/",
                user=following.user if following else stage.user,
                shell=following.shell if following else stage.shell,
            )
        return views

    def _after(self, step: Step, effect: Effect, around: Surroundings, environment: Environment) -> Surroundings:
        command = step.command
        changed = around.altered(environment=environment)
        if isinstance(command, Arg | Env):
            return changed.altered(unsure=self._unsure(step, command, around))
        if isinstance(command, Workdir):
            text = command.path.text
            sure = around.sure(text, self.escape) and (text.startswith("/") or around.directory_sure)
            return changed.altered(directory_sure=sure, dirty=with_writes(around, effect.writes))
        if isinstance(command, Transfer):
            return self._copied(step, command, effect, changed)
        if isinstance(command, Run):
            return _ran(effect, changed)
        return changed

    def _unsure(self, step: Step, command: Arg | Env, around: Surroundings) -> frozenset[str]:
        found = set(around.unsure)
        if isinstance(command, Arg):
            for item in command.items:
                if item.name in _GIVEN or item.name in _PROXIES:
                    continue
                tainted = item.default is not None and self._taints(item.default, frozenset(found))
                if self.fixed and not tainted:
                    found.discard(item.name)
                else:
                    found.add(item.name)
            return frozenset(found)
        for pair, (name, _) in zip(command.pairs, step.pairs, strict=True):
            if around.sure(pair.value, self.escape):
                found.discard(name)
            else:
                found.add(name)
        return frozenset(found)

    def _taints(self, text: str, unsure: frozenset[str]) -> bool:
        try:
            return bool(variables_of(text, self.escape) & unsure)
        except ExpandError:
            return True

    def _copied(self, step: Step, command: Transfer, effect: Effect, around: Surroundings) -> Surroundings:
        if not isinstance(command, Copy) or command.source_stage is not None or ANYWHERE in effect.writes:
            return around.altered(
                dirty=with_writes(around, effect.writes), linked=around.linked | _below(effect.writes)
            )
        if command.parents or not all(around.sure(one.text, self.escape) for one in command.sources) or step.files:
            return around.altered(
                dirty=with_writes(around, effect.writes), linked=around.linked | _below(effect.writes)
            )
        exclude = tuple(one.text for one in command.exclude)
        destination = around.real(step.destination)
        many = len(step.sources) > 1
        added: list[Copied] = []
        linked = set(around.linked)
        context = around.context
        for source in step.sources:
            wild = any(char in source for char in "*?[")
            paths = (context.matches(source) if context else ()) if wild else (context_path(source),)
            for path in paths:
                kind = context.kind(path) if context is not None else None
                below = names_directory(step.destination) or many or len(paths) > 1
                at = destination
                if kind is not Kind.DIRECTORY and below and path:
                    at = posixpath.join(destination, posixpath.basename(path))
                added.append(Copied(at, path or ".", exclude))
                links = _links_in(context, path) if context is not None else None
                if links is None:
                    linked.add(tree(at))
                else:
                    linked |= {tree(posixpath.join(at, link)) if link else tree(at) for link in links}
        return around.altered(copied=(*around.copied, *added), linked=frozenset(linked))


def _below(writes: frozenset[Place]) -> frozenset[Place]:
    return frozenset(place for place in writes if place.extent.value)


def _ran(effect: Effect, around: Surroundings) -> Surroundings:
    if effect.barrier:
        # Links that were there are likely there still; that no others are is no longer known.
        return around.altered(dirty=with_writes(around, effect.writes), links_known=False)
    linked = set(around.linked)
    links = dict(around.links)
    for command in effect.commands:
        for path in [path for path in links if any(disturbed(place, entry(path)) for place in command.writes)]:
            del links[path]
            linked.add(tree(path))
        if command.links is None:
            linked |= command.writes
        else:
            links.update(command.links)
    return around.altered(dirty=with_writes(around, effect.writes), links=links, linked=frozenset(linked))


@lru_cache(maxsize=64)
def _links_in(context: ContextFacts, path: str) -> tuple[str, ...] | None:
    """The symbolic links at and below a path of the context, relative to it; None where there is too much to see."""
    found: list[str] = []
    waiting = [""]
    seen = 0
    while waiting:
        below = waiting.pop()
        whole = posixpath.join(path, below) if below else path
        seen += 1
        if seen > _MOST_FILES:
            return None
        kind = context.kind(whole)
        if kind is Kind.SYMLINK:
            found.append(below)
        elif kind is Kind.DIRECTORY:
            waiting += [posixpath.join(below, child) for child in context.children(whole) or ()]
        elif kind is None or kind is Kind.OTHER:
            return None
    return tuple(sorted(found))
