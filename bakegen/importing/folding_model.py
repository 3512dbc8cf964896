"""An image definition on its way to its file: what folding makes of targets and writing turns into text."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.bake.meaning import Json
    from bakegen.importing.model import Guess, Wanted


@dataclass(frozen=True)
class Override:
    """Fields that are `set` for the variants that `match`."""

    match: Mapping[str, Json]
    set: Mapping[str, Json]


@dataclass(frozen=True)
class Image:
    """One image.

    Attributes:
        name: of its folder.
        fields: as image.yaml has them, templates among them; not `matrix`.
        axes: the values of each axis.
        exclude: combinations that are left out.
        overrides: in their order.
        members: the targets that its variants are.
        guesses: what of it was guessed.
    """

    name: str
    fields: Mapping[str, Json]
    axes: Mapping[str, list[Json]] = field(default_factory=dict)
    exclude: tuple[Mapping[str, Json], ...] = ()
    overrides: tuple[Override, ...] = ()
    members: tuple[Wanted, ...] = ()
    guesses: tuple[Guess, ...] = ()
