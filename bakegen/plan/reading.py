"""What a Dockerfile comes to for one target: read once a text, resolved once a set of arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Diagnostic, Severity
from bakegen.dockerfile import read, stage_text, variables_of
from bakegen.dockerfile.instructions import Add, Arg, Copy, Run
from bakegen.dockerfile.platforms import ANY_PLATFORM
from bakegen.plan.keys import SourcePattern
from bakegen.plan.model import Reading
from bakegen.text import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bakegen.dockerfile import Dockerfile, Resolved, Stage
    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.matrix.model import Variant
    from bakegen.plan.model import Recipe
    from bakegen.text import Source


class Reader:
    """Reads the Dockerfiles of one plan; what was read for one variant serves all others with the same text."""

    def __init__(self) -> None:
        self._files: dict[str, Dockerfile] = {}
        self._texts: dict[tuple[str, int], str] = {}
        self._readings: dict[object, Reading] = {}
        self._problems: dict[Diagnostic, None] = {}

    def problems(self) -> list[Diagnostic]:
        """What BuildKit would refuse, in the order found."""
        return [found for found in self._problems if found.severity is Severity.ERROR]

    def warnings(self) -> list[Diagnostic]:
        """What is odd, but builds."""
        return [found for found in self._problems if found.severity is not Severity.ERROR]

    def read(
        self, recipe: Recipe, variant: Variant, target: str | None, platforms: Sequence[str], *, quiet: bool = False
    ) -> Reading | None:
        """The reading of `recipe` for the stage `target`, with the variant's arguments and named contexts.

        None where there is no text to read. What is wrong is collected in `problems`, unless `quiet`.
        """
        source = recipe.source
        if source is None:
            return None
        dockerfile = self._dockerfile(source, recipe, quiet=quiet)
        if dockerfile.tree.foreign is not None:
            return Reading((source.text,), {}, (), frozenset(), (), dockerfile.syntax or "", foreign=True)
        args, contexts = variant.mapping("args"), variant.mapping("contexts")
        key = (source.text, tuple(args.items()), tuple(contexts.items()), target, tuple(platforms))
        found = self._readings.get(key)
        if found is None:
            resolved = [
                dockerfile.resolve(args, target=target, platform=platform, contexts=contexts)
                for platform in platforms or (ANY_PLATFORM,)
            ]
            for one in resolved if not quiet else ():
                self._problems.update(dict.fromkeys(map(recipe.blame, one.diagnostics)))
            found = self._reading(dockerfile, source, resolved)
            self._readings[key] = found
        return found

    def _dockerfile(self, source: Source, recipe: Recipe, *, quiet: bool) -> Dockerfile:
        found = self._files.get(source.text)
        if found is None:
            found = read(source)
            if not quiet:
                self._problems.update(dict.fromkeys(map(recipe.blame, found.diagnostics)))
            self._files[source.text] = found
        return found

    def _reading(self, dockerfile: Dockerfile, source: Source, resolved: Sequence[Resolved]) -> Reading:
        """One reading for all platforms: what any of them needs is needed."""
        reached = {stage.stage.index: stage.stage for one in resolved for stage in one.reachable}
        declared = {item.name for arg in dockerfile.global_args for item in arg.items}
        images: dict[str, Location | None] = {}
        files: dict[SourcePattern, None] = {}
        for one in resolved:
            for stage in one.reachable:
                declared |= stage.used_args
                if not stage.base_known and _reads_by_unknown_name(stage, dockerfile.escape):
                    files[SourcePattern(".")] = None
            for image in one.external_images:
                images.setdefault(image.name, Location(source, image.span))
            for read_ in one.context_reads:
                wildcard = read_.origin != "mount"
                for path in read_.sources:
                    files[SourcePattern(path, wildcard, read_.exclude, read_.parents)] = None
        stages = [None, *(reached[index] for index in sorted(reached))]
        texts = [self._text(source.text, dockerfile, stage) for stage in stages]
        return Reading(
            tuple(texts),
            images,
            tuple(files),
            frozenset(declared | _declared(reached.values())),
            tuple(stage.name for stage in dockerfile.stages if stage.name),
            dockerfile.syntax or "",
        )

    def _text(self, text: str, dockerfile: Dockerfile, stage: Stage | None) -> str:
        key = (text, -1 if stage is None else stage.index)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = stage_text(dockerfile, stage)
        return found


def _reads_by_unknown_name(stage: ResolvedStage, escape: str) -> bool:
    """Whether a path in the context depends on a variable that only the base image can have set.

    What that image is lies outside of the project, so all of the context counts then.
    """
    for step in stage.steps:
        command = step.command
        if isinstance(command, Add) or (isinstance(command, Copy) and command.source_stage is None):
            words = [source.text for source in command.sources]
        elif isinstance(command, Run):
            binds = (mount for mount in command.mounts if mount.kind == "bind" and mount.source_stage is None)
            words = [mount.get("source") or "" for mount in binds]
        else:
            continue
        for word in words:
            if any(step.environment.get(name) is None for name in variables_of(word, escape)):
                return True
    return False


def _declared(stages: Iterable[Stage]) -> set[str]:
    arguments = (command for stage in stages for command in stage.commands if isinstance(command, Arg))
    return {item.name for argument in arguments for item in argument.items}
