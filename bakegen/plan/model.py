"""What is built: targets with everything that decides them, before any of it is written as a bake file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.diagnostics import Label
from bakegen.plan.names import split_reference
from bakegen.text import Location, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.diagnostics import Diagnostic
    from bakegen.matrix.model import Variant
    from bakegen.plan.artifacts import Artifact
    from bakegen.plan.keys import SourcePattern
    from bakegen.plan.refs import CacheSettings, CacheSubject
    from bakegen.rewrites.driver import Applied
    from bakegen.text import Source


class TargetKind(StrEnum):
    """Why a target exists."""

    IMAGE = "image"
    """A variant of an image."""
    STAGE = "stage"
    """A stage that is shared or expensive: baked first, for its cache alone."""
    PLATFORM = "platform"
    """One platform of a target with several, for its cache alone."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that rendering makes, its path relative to the project."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Parent:
    """A target that another one builds on: the name in its Dockerfile, the target, where it stands."""

    context: str
    target: str
    location: Location | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """The Dockerfile of a target, as BuildKit will read it.

    Attributes:
        path: relative to the project; "" where the definition holds the text itself.
        context: relative to the project, or a URL.
        remote: whether the context is not on this machine, so that neither it nor its Dockerfile can be read.
        source: the text, None where it cannot be read; what is written has a header above it.
        ignore: the text of the ignore file that is in force, None without one.
        files: what rendering writes for this target.
        trace: where the text was rendered from a template, gives the template and line of each of its lines.
        origin: the file that people change, where another one is written; "" where `path` is that file.
        original, original_ignore: what it was before it was rewritten; None where it was not.
        declared: paths (globs) in which the rewritten image may differ.
        rewrites: the changes that were made.
    """

    path: str
    context: str
    remote: bool
    source: Source | None
    ignore: Source | None
    files: tuple[WrittenFile, ...] = ()
    trace: Callable[[], tuple[tuple[Source, int] | None, ...]] | None = None
    origin: str = ""
    original: Source | None = None
    original_ignore: Source | None = None
    declared: tuple[str, ...] = ()
    rewrites: tuple[Applied, ...] = ()

    def place(self, location: Location) -> Location:
        """Where a person changes what stands at `location`: a line of the template, where there is one."""
        if self.trace is None or location.source is not self.source:
            return location
        lines = self.trace()
        number = location.source.position(location.span.start)[0]
        found = lines[number - 1] if number <= len(lines) else None
        if found is None:
            return location
        source, line = found
        start = source.offset(line)
        return Location(source, Span(start, start + len(source.line_text(line))))

    def blame(self, found: Diagnostic) -> Diagnostic:
        """`found` at the place that a person changes, with what was made of it beside."""
        if found.location is None or (place := self.place(found.location)) is found.location:
            return found
        labels = (Label(found.location, "as rendered"), *found.labels)
        return replace(found, location=place, labels=labels)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one target's Dockerfile comes to with its arguments, from the stages that its target stage reaches.

    Attributes:
        texts: the normalised text of global arguments and of each stage, for the content key.
        images: external images as they are named after expansion, each with the place of its first use.
        files: what is read from the build context.
        arguments: the build arguments that are declared.
        all_stages: the names of all stages of the file, lower-case.
        syntax: the frontend named by the file.
        foreign: whether that frontend is one that bakegen does not understand: nothing else is known then.
    """

    texts: tuple[str, ...]
    images: Mapping[str, Location | None]
    files: tuple[SourcePattern, ...]
    arguments: frozenset[str]
    all_stages: tuple[str, ...]
    syntax: str = ""
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One target of the bake file.

    `tags` are references as the default branch writes them. `caches` names what this target's caches belong
    to, one entry for each platform; `stage` is set for targets of kind STAGE. `of` is the variant's own
    target for kinds STAGE and PLATFORM. `pins` are the images, with their digests, that named contexts put in the
    place of base images: name of the context -> reference.
    """

    name: str
    kind: TargetKind
    variant: Variant
    recipe: Recipe
    stage: str | None
    platforms: tuple[str, ...]
    parents: tuple[Parent, ...]
    bases: tuple[str, ...]
    repository: str | None
    tags: tuple[str, ...]
    settings: CacheSettings
    caches: tuple[CacheSubject, ...]
    reading: Reading | None
    of: str | None = None
    pins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Everything that is known of what to build: targets in the order of the definitions, groups, warnings, artifacts.

    Artifacts are by their title (``app/headers``), whatever part of the targets the plan has.
    """

    targets: Mapping[str, Target]
    groups: Mapping[str, tuple[str, ...]]
    warnings: tuple[Diagnostic, ...] = ()
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)

    @cached_property
    def tags_by_repository(self) -> Mapping[str, tuple[str, ...]]:
        """All references that the default branch writes, by repository."""
        found: dict[str, list[str]] = {}
        for target in self.targets.values():
            for reference in target.tags:
                found.setdefault(split_reference(reference)[0], []).append(reference)
        return {repository: tuple(references) for repository, references in found.items()}

    @cached_property
    def images(self) -> frozenset[str]:
        """The names of the images."""
        return frozenset(target.variant.image for target in self.targets.values())

    def stages_of(self, name: str) -> tuple[str, ...]:
        """The targets of stages whose caches the target `name` reads too."""
        return tuple(dict.fromkeys(one.target for subject in self.targets[name].caches for one in subject.stages))

    def rivals(self, target: Target) -> tuple[str, ...]:
        """The references that the default branch writes into the repositories of `target`'s own."""
        repositories = dict.fromkeys(split_reference(reference)[0] for reference in target.tags)
        return tuple(tag for repository in repositories for tag in self.tags_by_repository[repository])
