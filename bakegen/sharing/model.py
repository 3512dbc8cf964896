"""The images of a matrix as lines: of layers as a registry holds them, of steps as the plan has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.explaining.model import ChainStep, Origin, StageChain
    from bakegen.text import Location


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of an image.

    Attributes:
        digest: of its blob, packed as it is stored.
        size: its bytes as they are stored.
        made_by: its instruction by the history of the image, without values of arguments; "" where that does not tell.
    """

    digest: str
    size: int
    made_by: str


@dataclass(frozen=True)
class StoredImage:
    """One platform of an image in a registry.

    Attributes:
        digest: of its manifest.
        platform: by its index or its config, as in ``linux/amd64``; "" where neither tells.
        layers: the lowest first.
        others: digest -> bytes of all else that is stored for it: manifest, config, index, attestations.
    """

    digest: str
    platform: str
    layers: tuple[Layer, ...]
    others: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """What a line of steps begins with: an image, a folder or nothing.

    Attributes:
        base: what it is.
        text: the FROM as it is written.
        location: where a person changes it.
        arguments: build arguments that the FROM names -> a digest of the value, "" where none is given.
    """

    base: Origin
    text: str
    location: Location
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LineStep:
    """A step with the target and stage that it is of: it may be a parent's."""

    target: str
    stage: StageChain
    step: ChainStep


@dataclass(frozen=True)
class Line:
    """The steps of one platform of a target that leave a layer each, from the base image on, through parents."""

    start: Start
    steps: tuple[LineStep, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """What stands for the files behind the FROM and behind each step: equal where they come from one cache."""
        return (self.start.base.state.strict, *(one.step.after.strict for one in self.steps))


@dataclass(frozen=True)
class Member:
    """One platform of a variant.

    Attributes:
        target: its name.
        platform: as the definition names it, "" where it names none.
        line: its steps by the plan, None where nothing can be told.
        problem: why there is no line, a clause for people.
        stored: what the registry has, None where that has none or was not asked.
        reference: by which it was found.
        by: ``key`` where that is its content key, ``tag`` where a tag.
        missing: why there is none, a clause for people; "" where there is one or nobody was asked.
    """

    target: str
    platform: str
    line: Line | None
    problem: str = ""
    stored: StoredImage | None = None
    reference: str = ""
    by: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Advice:
    """Rewrites with which more is shared, as was tried on two variants.

    Attributes:
        names: of the rewrites.
        what: in a few words what it does; "" where there are several.
        before, after: RUNs that the two do not share, as it is and rewritten.
    """

    names: tuple[str, ...]
    what: str
    before: int
    after: int


@dataclass(frozen=True)
class Family:
    """The images that one definition makes for one platform."""

    image: str
    platform: str
    members: tuple[Member, ...]
    advice: Advice | None = None

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.image} {self.platform}".rstrip()

    @property
    def stored(self) -> tuple[Member, ...]:
        """The members that a registry has."""
        return tuple(one for one in self.members if one.stored is not None)

    @property
    def planned(self) -> tuple[Member, ...]:
        """The members whose steps are known."""
        return tuple(one for one in self.members if one.line is not None)


@dataclass(frozen=True)
class Sharing:
    """Everything that was looked at.

    Attributes:
        families: of each definition its images, by platform.
        asked: whether registries were asked.
        problems: what could not be read, a sentence each.
    """

    families: tuple[Family, ...]
    asked: bool
    problems: tuple[str, ...] = ()
