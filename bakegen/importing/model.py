"""What every source of `bakegen init` comes to: targets in the form of ``docker buildx bake --print``.

One reader a source makes a `Found`; `folding` makes images with axes of its targets, `writing` makes files of those.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that was not written anywhere: which `field` of the definition it is, and what it rests on."""

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that definitions cannot carry, or that was not understood.

    Attributes:
        origin: where it stands, ``file:line`` or ``file``.
        what: what is lost.
        instead: what a person can do about it.
    """

    origin: str
    what: str
    instead: str


@dataclass(frozen=True)
class Template:
    """A Dockerfile template that is written into the folder of an image.

    Attributes:
        name: of the file.
        text: what is written.
        origin: the template that it was made of.
    """

    name: str
    text: str
    origin: str


@dataclass(frozen=True)
class Wanted:
    """A target that the definitions have to come to.

    Attributes:
        name: of the bake target.
        attributes: as ``bake --print`` shows them; local paths are relative to the project's folder. Entries of
            cache-from, cache-to, output, secret, ssh and attest are objects.
        own: fields of image.yaml that bake does not have, such as `ci-labels`, `branch-tags`, `ignore`.
        origin: where it was found, ``file:line`` or ``file``.
        family: targets with one family may become one image with axes; empty for a target alone.
        axes: the values that made it one of its family, by axis, where the source tells; ``axis.field`` is a field of a
            value that has several.
        guesses: what of it was guessed.
        marked: the attributes again, with marks (`folding_templates.mark`) in texts for the expressions whose values
            stand there; empty where nothing is known of that.
        template: what renders its Dockerfile, the same as the one that is there; needs the axes.
    """

    name: str
    attributes: Mapping[str, Json]
    own: Mapping[str, Json] = field(default_factory=dict)
    origin: str = ""
    family: str = ""
    axes: Mapping[str, str] = field(default_factory=dict)
    guesses: tuple[Guess, ...] = ()
    marked: Mapping[str, Json] = field(default_factory=dict)
    template: Template | None = None


@dataclass(frozen=True)
class Found:
    """What one source has.

    Attributes:
        targets: in the order of the source.
        groups: members by the group's name; other groups may be members.
        settings: of bakegen.yaml, such as `registry` and `default-branch`.
        losses: what is not carried over.
        notes: what is carried over in another form than a person may look for.
    """

    targets: tuple[Wanted, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Json] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    notes: tuple[Loss, ...] = ()
