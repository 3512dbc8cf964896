"""Names of variants: readable, stable, fit for bake, and never one name for two variants."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.diagnostics import Diagnostic, Label, error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.definition.project import AxisEntry
    from bakegen.text import Location

# bake/bake.go, validTargetName.
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


@lru_cache(maxsize=4096)
def fit_name(text: str) -> str:
    """`text` with every run of characters that a bake target's name cannot have replaced by one ``-``."""
    return _UNFIT.sub("-", text).strip("-")


def default_name(image: str, labels: Sequence[str]) -> str:
    """The image and the values of its axes in axis order: ``go-1-22-bookworm``."""
    return "-".join((fit_name(image), *map(fit_name, labels)))


class Names:
    """The names taken so far, with what they were taken for."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[str, tuple[AxisEntry, ...], Location]] = {}

    def take(self, name: str, what: str, entries: tuple[AxisEntry, ...], location: Location) -> Diagnostic | None:
        """Take `name` for the variant described by the rest; the error where another one has it."""
        other = self.taken.setdefault(name, (what, entries, location))
        if other[1] is entries and other[0] == what:
            return None
        place, other_place = location, other[2]
        for mine, its in zip(entries, other[1], strict=False):
            if mine.label != its.label:
                place, other_place = mine.location, its.location
                break
        return error(
            "duplicate-target",
            f"{what} and {other[0]} would both be the target {name!r}",
            place,
            labels=[Label(other_place, f"{other[0]} comes from here")],
            help="tell them apart with a `name` template in image.yaml",
        )
