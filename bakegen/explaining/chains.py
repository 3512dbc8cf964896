"""Makes the chains of steps of a plan's targets: what each would be found by in BuildKit's cache.

A step is found where its operation and what it builds on are the same (BuildKit's docs/dev/solver.md).
What is copied out of another stage is compared by the bytes of the files: where that stage has the same key the files
are the same, otherwise nobody knows before it has run. So each step has two keys: `State.strict` holds the keys of
such stages, `State.loose` does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bakegen.bake.compose import named_contexts
from bakegen.dockerfile import BaseImage, read
from bakegen.dockerfile.instructions import Arg, Onbuild
from bakegen.dockerfile.normal import instruction_text
from bakegen.dockerfile.platforms import ANY_PLATFORM
from bakegen.dockerfile.references import context_name
from bakegen.explaining.model import NOTHING, ChainStep, Origin, Side, StageChain, State, TargetChain
from bakegen.explaining.operations import Around, operation, seen_variables
from bakegen.explaining.places import Places
from bakegen.explaining.texts import on_one_line, without_digest
from bakegen.plan.graph import topological
from bakegen.plan.keys import SourcePattern, digest
from bakegen.plan.names import split_reference
from bakegen.plan.pins import IMAGE
from bakegen.plan.recipes import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bakegen.dockerfile import Dockerfile, Resolved
    from bakegen.dockerfile.graph import Link
    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.dockerfile.steps import Step
    from bakegen.explaining.model import Files
    from bakegen.explaining.operations import Operation
    from bakegen.plan.model import Plan, Recipe, Target
    from bakegen.text import Location, Source

_TARGET = "target:"
_RUN_SETTINGS = ("network", "extra-hosts", "shm-size", "ulimits")


class Reads(Protocol):
    """Reads what a source means in a folder."""

    def files(self, folder: str, ignore: Source | None, pattern: SourcePattern, place: Location | None) -> Files:
        """Path -> mode and object id of all that `pattern` selects in `folder` (relative to the project)."""
        ...


@dataclass(frozen=True)
class _Made:
    """The end of a target for one platform: what builds on it begins with that."""

    state: State
    image: BaseImage


@dataclass
class Chains:
    """Makes the chains of one plan.

    Attributes:
        plan: the plan.
        reads: reads the files of contexts, as they were or are.
        bases: what is known of the base images of a target for a platform, by name.
        recipes: target -> a recipe that stands in for its own.
        unpinned: names of images whose digest is not known on one of the sides (see `unpinned`): whether they are still
            the same cannot be told.
        problems: target -> why nothing can be told of it.
    """

    plan: Plan
    reads: Reads
    bases: Callable[[Target, str | None], Mapping[str, BaseImage]]
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    unpinned: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    _read: dict[str, Dockerfile] = field(default_factory=dict)
    _ends: dict[tuple[str, str], _Made] = field(default_factory=dict)

    def side(self, wanted: Iterable[str]) -> Side:
        """The chains of `wanted` targets and of those that they build on."""
        above = {name: [parent.target for parent in target.parents] for name, target in self.plan.targets.items()}
        made: dict[str, TargetChain] = {}
        for name in topological(wanted, above):
            problem = self._problem(name, above[name], made)
            stages = () if problem else tuple(self._target(self.plan.targets[name]))
            made[name] = TargetChain(name, tuple(above[name]), stages, problem)
        return Side(made)

    def _problem(self, name: str, parents: Iterable[str], made: Mapping[str, TargetChain]) -> str:
        target = self.plan.targets[name]
        if name in self.problems:
            return self.problems[name]
        if target.recipe.remote or target.recipe.source is None:
            return "its context is not on this machine"
        if target.reading is None or target.reading.foreign:
            return "its Dockerfile is written for another frontend"
        for parent in parents:
            if made[parent].problem:
                return f"nothing can be told of {parent}: {made[parent].problem}"
        return ""

    def _target(self, target: Target) -> Iterable[StageChain]:
        for platform in target.platforms or ("",):
            yield from _TargetWalk(self, target, platform).stages()

    def dockerfile(self, source: Source) -> Dockerfile:
        """A Dockerfile, read once."""
        if source.text not in self._read:
            self._read[source.text] = read(source)
        return self._read[source.text]

    def end(self, target: str, platform: str) -> _Made:
        """What a target comes to, for a child that is built for `platform`."""
        found = self._ends.get((target, platform))
        # A child for another platform than its parent has: the only one that there is counts.
        return found or next(made for (name, _), made in self._ends.items() if name == target)

    def ended(self, target: str, platform: str, state: State, stage: ResolvedStage) -> None:
        """Keeps what a target comes to."""
        environment = stage.image_environment
        image = BaseImage(
            environment.items() if environment is not None else (),
            stage.directory,
            stage.user,
            stage.shell,
            tuple(one.expression for one in stage.stage.commands if isinstance(one, Onbuild)),
        )
        self._ends[target, platform] = _Made(state, image)


class _TargetWalk:
    """The stages of one target for one platform."""

    def __init__(self, chains: Chains, target: Target, platform: str) -> None:
        self.chains = chains
        self.target = target
        self.platform = platform
        self.recipe = chains.recipes.get(target.name, target.recipe)
        assert self.recipe.source is not None
        self.source = self.recipe.source
        self.contexts = {name: str(value) for name, value in named_contexts(target).items()}
        self.dockerfile = chains.dockerfile(self.source)
        images = dict(chains.bases(target, platform or None))
        for parent in target.parents:
            images[parent.context] = chains.end(parent.target, platform).image
        self.resolved: Resolved = self.dockerfile.resolve(
            target.variant.mapping("args"),
            target=target.stage,
            platform=platform or ANY_PLATFORM,
            contexts=self.contexts,
            images=images,
        )
        settings = {name: target.variant.value(name) for name in _RUN_SETTINGS}
        if isinstance(hosts := settings["extra-hosts"], dict):
            settings["extra-hosts"] = tuple(sorted(hosts))  # addresses are not in the key
        self.settings = {name: digest(value) for name, value in settings.items() if value is not None}
        self.places = Places(self.recipe)
        self.ends: dict[int, State] = {}
        self.bare: dict[int, Origin] = {}  # what stages without steps are built on
        self.always = "no-cache is set" if target.variant.flag("no-cache", False) else ""
        self.uncached = frozenset(name.lower() for name in target.variant.texts("no-cache-filter") if name)

    def stages(self) -> Iterable[StageChain]:
        """The chains; afterwards the end of the target is known."""
        for stage in self.resolved.reachable:
            base = self._base(stage)
            made = StageChain(stage.stage.label, self.platform, base, tuple(self._steps(stage, base.state)))
            self.ends[stage.stage.index] = made.steps[-1].after if made.steps else base.state
            if not made.steps:
                self.bare[stage.stage.index] = base
            if made.steps or stage is self.resolved.target:
                yield made
        last = self.resolved.target
        if last is not None:
            self.chains.ended(self.target.name, self.platform, self.ends[last.stage.index], last)

    def _base(self, stage: ResolvedStage) -> Origin:
        if stage.base is not None:
            if stage.base.stage.index in self.bare:
                return self.bare[stage.base.stage.index]
            return Origin("stage", stage.base.stage.label, self.ends[stage.base.stage.index])
        if stage.kind == "scratch":
            return Origin("scratch", "scratch", NOTHING)
        name = stage.stage.name if stage.replaced else stage.image
        return self._outside(name, stage.context, str(stage.platform or self.platform))

    def _outside(self, name: str, context: str | None, platform: str) -> Origin:
        """An image, a target or a folder that stands behind a name."""
        if context is not None and context.startswith(_TARGET):
            parent = context.removeprefix(_TARGET)
            return Origin("target", parent, self.chains.end(parent, self.platform).state)
        if context is not None and not is_remote(context):
            files = self.chains.reads.files(context, None, SourcePattern("."), self._place(name))
            key = digest(("folder", files))
            return Origin("folder", name, State(key, key))
        reference = (context or name).removeprefix(IMAGE)
        known = split_reference(reference)[2]
        key = digest(("image", known or context_name(reference), platform))
        bare = without_digest(reference)
        loose = digest(("image", bare, platform)) if bare in self.chains.unpinned else key
        return Origin("image", name, State(key, loose), context_name(reference))

    def _place(self, context: str) -> Location:
        return self.target.variant.place(f"contexts.{context}")

    def _link(self, link: Link) -> Origin:
        if link.target is not None and link.context is None:
            label = self.resolved.stages[link.target].stage.label
            return Origin("stage", label, self.ends[link.target])
        return self._outside(link.name, link.context, self.platform)

    def _read(self, pattern: SourcePattern) -> Files:
        place = self.target.variant.place("context")
        return self.chains.reads.files(self.recipe.context, self.recipe.ignore, pattern, place)

    def _read_linked(self, link: Link, pattern: SourcePattern) -> Files | None:
        if link.context is None or is_remote(link.context):
            return None
        return self.chains.reads.files(link.context, None, pattern, self._place(link.name))

    def _steps(self, stage: ResolvedStage, state: State) -> Iterable[ChainStep]:
        around = Around(self._read, self._link, self._read_linked, self.settings, self.dockerfile.escape)
        filtered = stage.stage.name.lower() in self.uncached
        always = self.always or ("no-cache-filter names its stage" if filtered else "")
        for step in stage.steps:
            found = operation(step, around)
            if found is not None:
                made = self._step(stage, step, found, state, always)
                state = made.after
                yield made

    def _step(self, stage: ResolvedStage, step: Step, found: Operation, state: State, always: str) -> ChainStep:
        base = NOTHING if found.blind else state
        platform = str(stage.platform or self.platform)
        own = (platform, sorted((*key, value) for key, value in found.own.items()), found.keyed)
        strict = digest((own, base.strict, [(one.state.strict, selected) for one, selected in found.sources]))
        key = State(strict, digest((own, base.loose, [selected for _, selected in found.sources])))
        after = key
        if found.blind:
            after = State(digest((state.strict, key.strict)), digest((state.loose, key.loose)))
        node = step.command.node
        span = stage.stage.span if step.triggered else step.command.span
        written = self.source.slice(span) if not step.triggered else node.original
        shown = on_one_line(written, self.dockerfile.escape)
        arguments = [item.name for one in stage.stage.commands if isinstance(one, Arg) for item in one.items]
        return ChainStep(
            name=step.command.name,
            text=instruction_text(node, self.dockerfile.escape),
            shown=shown,
            location=self.places.of(span, shown),
            own=found.own,
            seen=seen_variables(step, self.dockerfile.escape),
            arguments=frozenset(arguments),
            files=found.files,
            sources=tuple(one for one, _ in found.sources),
            base=base,
            key=key,
            after=after,
            always=always,
        )


def unpinned(plan: Plan) -> frozenset[str]:
    """The names, without digests, of all images from outside that a plan builds on without knowing their digest."""
    found = set()
    for target in plan.targets.values():
        contexts = named_contexts(target)
        for name in target.reading.images if target.reading is not None else ():
            reference = str(contexts.get(context_name(name), name))
            local = reference.startswith(_TARGET) or (reference != name and not is_remote(reference))
            if not local and not split_reference(reference)[2]:
                found.add(without_digest(reference.removeprefix(IMAGE)))
    return frozenset(found)
