"""A project as it is defined: settings, images with their matrices, selections; nothing expanded or rendered yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.definition.events import BuildEvent
    from bakegen.definition.origin import Origin
    from bakegen.definition.values import AxisValue, Leaf, Raw
    from bakegen.diagnostics import Diagnostic
    from bakegen.text import Location

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A project setting and where it was set."""

    value: T
    origin: Origin


@dataclass(frozen=True, slots=True)
class Settings:
    """All project settings; what each means is in `bakegen.definition.fields.SETTINGS`.

    `cache` is what the project file says about caches, with an origin a field; each variant has the cascade's
    result in its own field `cache`.
    """

    registry: Setting[str | None]
    repository: Setting[str]
    default_branch: Setting[str]
    fallbacks: Setting[tuple[str, ...]]
    min_buildx: Setting[str]
    images: Setting[tuple[str, ...]]
    templates: Setting[str]
    rendered: Setting[str]
    max_targets: Setting[int]
    checkpoint_after: Setting[int]
    push: Setting[str]
    ancestors: Setting[int]
    cache: Mapping[str, Setting[str]]
    events: Mapping[BuildEvent, tuple[Setting[str], ...]]


@dataclass(frozen=True, slots=True)
class AxisEntry:
    """One value of an axis: what templates see, the text that names it, where it stands."""

    value: str | AxisValue
    label: str
    location: Location


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a matrix with its values in the order written."""

    name: str
    entries: tuple[AxisEntry, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Pattern:
    """Globs for one axis (or for one field of its values), or for the image where `axis` is empty."""

    axis: str
    field: str
    globs: tuple[str, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Match:
    """Patterns that must all match."""

    patterns: tuple[Pattern, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Include:
    """One combination added to the product of the axes; `entries` has one for each axis, in axis order."""

    entries: tuple[AxisEntry, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Override:
    """Fields that are set for the variants that match; `index` is its place in the list."""

    index: int
    match: Match
    fields: Mapping[str, Raw]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The axes of an image, and what is added to, taken from and overridden in their product."""

    axes: tuple[Axis, ...] = ()
    include: tuple[Include, ...] = ()
    exclude: tuple[Match, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Newest:
    """``newest N of AXIS``, or ``oldest``."""

    count: int
    axis: str
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """Variants whose name matches `names` (None: any), that match and are not excepted; of these the newest.

    An empty `names` chooses nothing.
    """

    location: Location
    names: str | None = None
    match: Match | None = None
    unless: Match | None = None
    newest: Newest | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """A named choice of variants: the union of its rules, among all variants or those of one `image`."""

    name: str
    rules: tuple[SelectionRule, ...]
    location: Location
    image: str | None = None


@dataclass(frozen=True, slots=True)
class SetRule:
    """A value from the environment or a flag for the variants whose name or image matches `glob`."""

    glob: str
    field: str
    value: Raw
    origin: Origin


@dataclass(frozen=True, slots=True)
class ImageDefinition:
    """One image: its folder, and the fields that the built-in, project and image layers give it."""

    name: str
    directory: str
    fields: Mapping[str, Raw]
    matrix: Matrix
    name_template: Leaf | None
    location: Location


@dataclass(frozen=True)
class Project:
    """Everything that the definition files, the environment and the flags say."""

    settings: Settings
    images: tuple[ImageDefinition, ...]
    selections: tuple[Selection, ...]
    sets: tuple[SetRule, ...] = ()
    warnings: tuple[Diagnostic, ...] = field(default=())
