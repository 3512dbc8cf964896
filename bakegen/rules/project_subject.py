"""What rules about definitions look at: one definition file, and the project that it is a part of, read and planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bakegen.definition.loader import PROJECT_FILE
from bakegen.definition.values import Leaf, Unset
from bakegen.documents.nodes import Items, Node, Scalar, Table
from bakegen.documents.yaml_reader import read_yaml
from bakegen.plan.model import TargetKind
from bakegen.rules.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.definition.project import ImageDefinition, Match, Project
    from bakegen.definition.values import Raw
    from bakegen.diagnostics import Diagnostic
    from bakegen.plan.model import Plan, Target
    from bakegen.text import Location, Source, Span


@dataclass(frozen=True)
class KnownProject:
    """A project that could be read.

    Attributes:
        project: what the definition files say.
        plan: all of its targets, nothing rewritten.
        warnings: what was odd on the way.
        templates: the template files that Dockerfiles are made of.
    """

    project: Project
    plan: Plan
    warnings: tuple[Diagnostic, ...] = ()
    templates: tuple[Source, ...] = ()

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The targets of all variants."""
        return tuple(one for one in self.plan.targets.values() if one.kind is TargetKind.IMAGE)

    def targets_of(self, image: ImageDefinition) -> tuple[Target, ...]:
        """The targets of the variants of one image."""
        return tuple(one for one in self.targets if one.variant.image == image.name)

    @cached_property
    def _template_texts(self) -> tuple[str, ...]:
        return tuple(one.text for one in self.templates)

    def texts(self, image: ImageDefinition) -> tuple[str, ...]:
        """Every text in which a template of `image` may stand: its fields, overrides, name and template files."""
        texts = [leaf.text for raw in image.fields.values() for leaf in leaves(raw)]
        texts += [leaf.text for one in image.matrix.overrides for raw in one.fields.values() for leaf in leaves(raw)]
        if image.name_template is not None:
            texts.append(image.name_template.text)
        return (*texts, *self._template_texts)

    def matches_of(self, image: ImageDefinition) -> Iterator[Match]:
        """All that compares axes of `image` with patterns: exclusions, overrides, selections."""
        yield from image.matrix.exclude
        yield from (one.match for one in image.matrix.overrides)
        for selection in self.project.selections:
            if selection.image in (None, image.name):
                for rule in selection.rules:
                    yield from (one for one in (rule.match, rule.unless) if one is not None)

    @cached_property
    def places(self) -> frozenset[tuple[str, int]]:
        """Path and offset of every value that any variant has in the end."""
        found = set()
        for target in self.targets:
            for one in target.variant.fields.values():
                for origin in one.origins.values():
                    if origin.location is not None:
                        found.add((origin.location.source.path, origin.location.span.start))
        return frozenset(found)


class Written(NamedTuple):
    """A scalar of a file with the keys that lead to it (elements of lists have none) and its own key, if it has one."""

    path: tuple[str, ...]
    scalar: Scalar
    key: Scalar | None


@dataclass(frozen=True)
class ProjectSubject:
    """One definition file of a project.

    Attributes:
        source: the file, bakegen.yaml or the image.yaml of an image, under the path that messages show.
        known: the project; None where it cannot be read.
        place: the path of the file in the project, which the project's own places name.
        problems: why the project cannot be read, in all its files.
        settings: what the configuration says.
    """

    source: Source
    known: KnownProject | None
    place: str
    problems: tuple[Diagnostic, ...] = ()
    settings: Settings = field(default_factory=Settings)

    @cached_property
    def tree(self) -> Table | None:
        """What the file says, None where it says nothing or is no YAML."""
        root = read_yaml(self.source, [])
        return root if isinstance(root, Table) else None

    @cached_property
    def is_project_file(self) -> bool:
        """Whether it is bakegen.yaml."""
        return self.place == PROJECT_FILE

    @cached_property
    def image(self) -> ImageDefinition | None:
        """The image that the file defines; None for bakegen.yaml."""
        if self.known is None or self.is_project_file:
            return None
        return next((one for one in self.known.project.images if self.here(one.location) is not None), None)

    def here(self, location: Location | None) -> Span | None:
        """The place in this file; None where it is in another one."""
        return location.span if location is not None and location.source.path == self.place else None

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """Every scalar of the file that is a value, once, in the order of the file."""
        found: dict[int, Written] = {}
        if self.tree is not None:
            for one in _scalars(self.tree, (), None):
                found.setdefault(id(one.scalar), one)
        return tuple(sorted(found.values(), key=lambda one: one.scalar.start))

    @cached_property
    def _keys(self) -> dict[int, Scalar]:
        return {one.scalar.start: one.key for one in self.written if one.key is not None}

    def key_of(self, location: Location | None) -> Span | None:
        """The key of the value at a place of this file, else the value itself; None where it is in another file."""
        span = self.here(location)
        key = self._keys.get(span.start) if span is not None else None
        return key.location.span if key is not None else span


def leaves(raw: Raw) -> Iterator[Leaf]:
    """All texts of a value."""
    if isinstance(raw, Leaf):
        yield raw
    elif isinstance(raw, tuple):
        for one in raw:
            yield from leaves(one)
    elif not isinstance(raw, Unset):
        for one in raw.values():
            yield from leaves(one)


def _scalars(node: Node, path: tuple[str, ...], key: Scalar | None) -> Iterator[Written]:
    # `yaml_reader` keeps depth and size within limits, aliases counted as often as they are used.
    if isinstance(node, Scalar):
        yield Written(path, node, key)
    elif isinstance(node, Items):
        for one in node.items:
            yield from _scalars(one, path, None)
    else:
        for name, one in node.entries.items():
            yield from _scalars(one, (*path, name), node.keys[name])
