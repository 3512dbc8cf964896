"""What a RUN does: its shell text command by command; whatever is not understood makes it a barrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.effects.model import Effect, opaque

if TYPE_CHECKING:
    from bakegen.dockerfile.steps import Step
    from bakegen.effects.surroundings import Surroundings


def run_effect(step: Step, around: Surroundings) -> Effect:
    """The effect of a RUN.

    Args:
        step: the RUN with values.
        around: what is known before it.
    """
    return opaque("commands are not looked into", asks=frozenset(("user", "directory", "shell")))
