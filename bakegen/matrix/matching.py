"""Match patterns against combinations; each pattern looks at each axis value once, however many combinations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bakegen.definition.globs import matches_any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.definition.project import Axis, AxisEntry, Match, Pattern


def value_matches(pattern: Pattern, value: object) -> bool:
    """Whether an axis value, or the field of it that the pattern names, matches."""
    if not pattern.field:
        return matches_any(pattern.globs, str(value))
    field = value.get(pattern.field) if isinstance(value, Mapping) else None
    return isinstance(field, str) and matches_any(pattern.globs, field)


class Matcher:
    """A `Match` over the axes of one matrix; remembers whether it has ever matched."""

    def __init__(self, match: Match, axes: Sequence[Axis]) -> None:
        places = {axis.name: index for index, axis in enumerate(axes)}
        self.used = False
        self._checks: list[tuple[int, Pattern, dict[int, bool]]] = [
            (places[pattern.axis], pattern, {}) for pattern in match.patterns
        ]

    def __call__(self, entries: tuple[AxisEntry, ...]) -> bool:
        for place, pattern, known in self._checks:
            entry = entries[place]
            answer = known.get(id(entry))
            if answer is None:
                answer = known[id(entry)] = value_matches(pattern, entry.value)
            if not answer:
                return False
        self.used = True
        return True
