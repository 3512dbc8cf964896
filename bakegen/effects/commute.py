"""Whether two steps may change places, how sure that is, and what is taken for granted; what moves ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.model import Tier, conflict
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.effects.model import Effect


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether steps commute: `reason` says why not, None where they do; else `tier` and `assumes` carry the claim."""

    reason: str | None = None
    tier: Tier = Tier.SEMANTICS
    assumes: tuple[str, ...] = ()

    def __and__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.reason or other.reason,
            max(self.tier, other.tier),
            tuple(dict.fromkeys((*self.assumes, *other.assumes))),
        )


COMMUTE = Verdict()


def commute(first: Effect, second: Effect) -> Verdict:
    """Whether two neighbours commute.

    An ARG or a LABEL crosses a COPY by the frontend's semantics alone; whatever touches paths or commands rests on
    what their effects rest on.
    """
    reason = conflict(first, second)
    if reason is not None:
        return Verdict(reason)
    found = COMMUTE
    for one, other in ((first, second), (second, first)):
        if one.sets and other.commands:
            if other.variables_tier is None:
                found &= Verdict(None, other.tier, other.assumes)
            else:
                found &= Verdict(None, other.variables_tier, other.variables_assume)
        if (one.writes or one.ensures) and (other.reads or other.writes or other.ensures):
            found &= Verdict(None, max(one.tier, other.tier), (*one.assumes, *other.assumes))
    return found


def commute_all(first: Iterable[Effect], second: Effect) -> Verdict:
    """Whether each of `first` commutes with `second`."""
    found = COMMUTE
    for one in first:
        found &= commute(one, second)
    return found
