"""A Dockerfile with values in it: expanded FROMs, the graph of stages, each step's environment and operands.

Follows BuildKit's frontend/dockerfile/dockerfile2llb/convert.go: what that refuses before it builds anything
is a diagnostic of `Resolved`, for the stages that the target reaches.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity, did_you_mean
from bakegen.dockerfile.expand import ExpandError, expansion
from bakegen.dockerfile.graph import Link, find_cycle, links_of
from bakegen.dockerfile.platforms import ANY_PLATFORM, Platform, PlatformError, normalized, parse_platform
from bakegen.dockerfile.problems import Problems
from bakegen.dockerfile.references import ReferenceError, context_name, parse_reference
from bakegen.dockerfile.steps import GlobalArg, StageWalk, Step, global_arguments
from bakegen.dockerfile.triggers import image_triggers, stage_triggers
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.dockerfile.environment import Environment
    from bakegen.dockerfile.instructions import Command
    from bakegen.dockerfile.model import Dockerfile, Stage
    from bakegen.text import Span


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What a stage inherits from an image outside the file, where that is known."""

    env: tuple[tuple[str, str], ...] = ()
    working_dir: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()


@dataclass(slots=True)
class ResolvedStage:
    """A stage with values. `image` is the expanded name in its FROM, `base` the stage that it means, if any.

    `context` is the named context that stands in for the stage itself or for its image. `platform` is the
    explicit one. `steps` holds the instructions, those triggered by the base's ONBUILD first; they are only
    there where the target reaches the stage. `base_known` says whether the facts about its image were given.
    `environment` is what a RUN after the last instruction would see, `image_environment` what the image keeps.
    """

    stage: Stage
    image: str = ""
    platform: Platform | None = None
    base: ResolvedStage | None = None
    context: str | None = None
    replaced: bool = False
    reached: bool = False
    base_known: bool = False
    links: list[Link] = field(default_factory=list)
    commands: list[tuple[Command, bool]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    environment: Environment | None = None
    image_environment: Environment | None = None
    directory: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()
    used_args: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """Where the stage begins: ``stage``, ``scratch``, ``context`` or ``image``."""
        if self.base is not None:
            return "stage"
        if self.context is not None:
            return "context"
        return "scratch" if self.image == "scratch" else "image"


@dataclass(frozen=True, slots=True)
class ExternalImage:
    """An image or named context from outside the file that a stage needs.

    `name` is as it stands in the file after expansion, `reference` its full form (empty where it is none),
    `origin` is ``FROM``, ``COPY --from`` or ``mount``, `context` the named context in its place.
    """

    name: str
    reference: str
    origin: str
    span: Span
    stage: Stage
    platform: Platform | None
    context: str | None


@dataclass(frozen=True, slots=True)
class ContextRead:
    """Paths of the build context that a step reads: a COPY, an ADD or a bind mount (``origin`` ``mount``)."""

    origin: str
    sources: tuple[str, ...]
    exclude: tuple[str, ...]
    parents: bool
    span: Span
    stage: Stage


@dataclass(frozen=True, slots=True)
class Resolved:
    """The outcome of `resolve`. `target` is None where no such stage exists; then a diagnostic says so."""

    dockerfile: Dockerfile
    build_args: Mapping[str, str]
    stages: tuple[ResolvedStage, ...]
    target: ResolvedStage | None
    global_args: Environment
    global_definitions: Mapping[str, GlobalArg]
    target_platform: Platform
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether BuildKit would begin to build: no diagnostic, here or of the file itself, is an error."""
        return self.dockerfile.ok and not any(d.severity is Severity.ERROR for d in self.diagnostics)

    @property
    def reachable(self) -> tuple[ResolvedStage, ...]:
        """The stages that the target needs, itself included, in the order of the file."""
        return tuple(stage for stage in self.stages if stage.reached)

    @property
    def external_images(self) -> tuple[ExternalImage, ...]:
        """Every image from outside the file that the target needs, in the order of the file."""
        found: list[ExternalImage] = []
        for stage in self.reachable:
            if stage.kind in ("image", "context"):
                name = stage.stage.name if stage.replaced else stage.image
                origin = stage.stage.start.image.span
                found.append(self._external(name, "FROM", origin, stage, stage.context))
            if stage.replaced:
                continue
            for link in stage.links:
                if link.target is None and link.name != "scratch":
                    found.append(self._external(link.name, link.origin, link.span, stage, link.context))
        return tuple(found)

    def _external(self, name: str, origin: str, span: Span, stage: ResolvedStage, context: str | None) -> ExternalImage:
        try:
            reference = str(parse_reference(name))
        except ReferenceError:
            reference = ""
        return ExternalImage(name, reference, origin, span, stage.stage, stage.platform, context)

    @property
    def context_reads(self) -> tuple[ContextRead, ...]:
        """Every read of the build context that the target needs, in the order of the file."""
        found: list[ContextRead] = []
        for stage in self.reachable:
            for step in stage.steps:
                for origin, sources, exclude, parents, span in step.context_reads():
                    found.append(ContextRead(origin, sources, exclude, parents, span, stage.stage))
        return tuple(found)


def resolve(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str],
    *,
    target: str | None = None,
    platform: str | None = None,
    build_platform: str = ANY_PLATFORM,
    contexts: Mapping[str, str],
    images: Mapping[str, BaseImage],
) -> Resolved:
    """The file with build arguments, platforms and a target (default: the last stage).

    `contexts` are named contexts by name, in whose place images and stages are not built. `images` gives
    what is known about images outside the file, by the name used in the file or any form of it.
    Nothing is raised for what the file says; a `platform` that is none raises `PlatformError`.
    """
    return _Resolver(dockerfile, build_args, target, platform, build_platform, contexts, images).run()


class _Resolver:
    def __init__(
        self,
        dockerfile: Dockerfile,
        build_args: Mapping[str, str],
        target: str | None,
        platform: str | None,
        build_platform: str,
        contexts: Mapping[str, str],
        images: Mapping[str, BaseImage],
    ) -> None:
        self.file = dockerfile
        self.build_args = build_args
        self.target_name = target or ""
        self.build_platform = normalized(parse_platform(build_platform))
        self.target_platform = normalized(parse_platform(platform)) if platform else self.build_platform
        self.contexts = {context_name(name): value for name, value in contexts.items()}
        self.images = {context_name(name): facts for name, facts in images.items()}
        self.problems = Problems(dockerfile.source)
        self.stages: list[ResolvedStage] = []
        self.by_name: dict[str, ResolvedStage] = {}
        self.outside: list[str] = []

    def run(self) -> Resolved:
        names = [stage.name for stage in self.file.stages if stage.name]
        target_stage = self.target_name or (self.file.stages[-1].name if self.file.stages else "")
        global_args, definitions = global_arguments(
            self.file, self.build_args, self.build_platform, self.target_platform, target_stage, self.problems
        )
        for stage in self.file.stages:
            self._add_stage(stage, global_args)
        target = self._find_target(names)
        for resolved in self.stages:
            resolved.commands = [(command, False) for command in resolved.stage.commands]
            resolved.links = self._links(resolved.stage.commands)
        self._check_cycles()
        self._check_references()
        if target is not None:
            self._trigger(target)
            self._walk(target, global_args)
        return Resolved(
            self.file,
            self.build_args,
            tuple(self.stages),
            target,
            global_args,
            definitions,
            self.target_platform,
            tuple(self.problems.found),
        )

    def _add_stage(self, stage: Stage, global_args: Environment) -> None:
        resolved = ResolvedStage(stage)
        self.stages.append(resolved)
        start = stage.start
        try:
            name = expansion(start.image.text, global_args, self.file.escape)
            resolved.image = name.text
            resolved.used_args |= name.matched
            if not name.text:
                self.problems.error(
                    "empty-from",
                    f"the image {start.image.text} is empty after expansion",
                    start.image.span,
                    "only ARGs before the first FROM have values here; give this one a default",
                )
        except ExpandError as problem:
            self.problems.error("bad-expansion", f"{start.image.text} cannot be expanded: {problem}", start.image.span)
        if start.platform is not None:
            self._platform(resolved, global_args)
        context = self._context(stage.name, resolved.platform) if stage.name else None
        if context is not None:
            resolved.context = context
            resolved.replaced = True
        else:
            resolved.base = self.by_name.get(resolved.image)
            if resolved.base is None:
                resolved.context = self._context(resolved.image, resolved.platform)
        if stage.name:
            self.by_name[stage.name] = resolved

    def _platform(self, resolved: ResolvedStage, global_args: Environment) -> None:
        text = resolved.stage.start.platform
        assert text is not None
        try:
            name = expansion(text.text, global_args, self.file.escape)
            resolved.used_args |= name.matched
            if not name.text:
                self.problems.error("empty-platform", f"the platform {text.text} is empty after expansion", text.span)
            else:
                resolved.platform = parse_platform(name.text, self.build_platform)
        except ExpandError as problem:
            self.problems.error("bad-expansion", f"{text.text} cannot be expanded: {problem}", text.span)
        except PlatformError as problem:
            self.problems.error("bad-platform", str(problem), text.span, "write OS/ARCHITECTURE, such as linux/arm64")

    def _context(self, name: str, platform: Platform | None) -> str | None:
        if not self.contexts or name.lower() in ("scratch", "context"):
            return None
        key = context_name(name)
        special = f"{key}::{normalized(platform or self.target_platform)}"
        return self.contexts.get(special, self.contexts.get(key))

    def _find_target(self, names: list[str]) -> ResolvedStage | None:
        if not self.stages:
            return None
        if not self.target_name:
            return self.stages[-1]
        found = self.by_name.get(self.target_name.lower())
        if found is None:
            self.problems.error(
                "unknown-target",
                f"there is no stage {self.target_name!r}",
                self.stages[-1].stage.span,
                did_you_mean(self.target_name.lower(), names) or f"stages: {', '.join(names) or 'none named'}",
            )
        return found

    def _links(self, commands: Sequence[Command]) -> list[Link]:
        links: list[Link] = []
        for command in commands:
            for link in links_of(command, self.by_name, self.stages, self.outside, self.file.escape, self.problems):
                if link.target is None:
                    link.context = self._context(link.name, None)
                elif self.stages[link.target].replaced:
                    link.context = self.stages[link.target].context
                links.append(link)
        return links

    def _check_cycles(self) -> None:
        cycle = find_cycle(self.stages)
        if cycle:
            stage, link = cycle[0]
            self.problems.error(
                "stage-cycle",
                f"the stage {stage.stage.label} depends on itself",
                link.span,
                "a stage can only use earlier stages",
                tuple((other.span, f"needed by {needing.stage.label}") for needing, other in cycle[1:]),
            )

    def _check_references(self) -> None:
        # BuildKit parses the names of all images, also those of stages that are not needed.
        for stage in self.stages:
            if stage.base is None and stage.image and not (stage.image == "scratch" and not stage.replaced):
                self._check_reference(stage.image, stage.stage.start.image.span)
            for link in stage.links:
                if link.target is None and link.name != "scratch":
                    self._check_reference(link.name, link.span)

    def _check_reference(self, name: str, span: Span) -> None:
        try:
            parse_reference(name)
        except ReferenceError as problem:
            names = [stage.stage.name for stage in self.stages if stage.stage.name]
            hint = did_you_mean(name, names)
            if name.lower() in names:
                hint = f"stages are found by their name in lower case: {name.lower()}"
            self.problems.error("bad-image-name", str(problem), span, hint)

    def _reach(self, target: ResolvedStage) -> list[ResolvedStage]:
        reached: dict[int, ResolvedStage] = {}
        waiting = [target]
        while waiting:
            stage = waiting.pop()
            if stage.stage.index in reached:
                continue
            reached[stage.stage.index] = stage
            if stage.replaced:
                continue
            if stage.base is not None:
                waiting.append(stage.base)
            waiting += [self.stages[link.target] for link in stage.links if link.target is not None]
        return [reached[index] for index in sorted(reached)]

    def _trigger(self, target: ResolvedStage) -> None:
        # ONBUILDs of a base run in its children, and can need further stages, which can trigger more.
        done: set[int] = set()
        while True:
            fresh = [stage for stage in self._reach(target) if stage.stage.index not in done]
            if not fresh:
                return
            for stage in fresh:
                done.add(stage.stage.index)
                if not stage.replaced:
                    self._add_triggers(stage)

    def _add_triggers(self, stage: ResolvedStage) -> None:
        commands: list[Command] = []
        if stage.base is None:
            facts = self._facts(stage)
            if facts is not None:
                commands = image_triggers(facts.onbuild, stage.stage, self.problems)
        elif not stage.base.replaced:
            commands = stage_triggers(stage.base.stage, stage.stage, self.problems)
        if commands:
            stage.links = self._links(commands) + stage.links
            stage.commands = [(command, True) for command in commands] + stage.commands

    def _facts(self, stage: ResolvedStage) -> BaseImage | None:
        if stage.image == "scratch" and not stage.replaced:
            return BaseImage()
        return self.images.get(context_name(stage.stage.name if stage.replaced else stage.image))

    def _walk(self, target: ResolvedStage, global_args: Environment) -> None:
        for stage in self._reach(target):
            stage.reached = True
            facts = self._facts(stage) if stage.base is None else None
            stage.base_known = facts is not None if stage.base is None else stage.base.base_known
            walk = StageWalk(stage, facts or BaseImage(), global_args, self.build_args, self.file.escape, self.problems)
            walk.run()
