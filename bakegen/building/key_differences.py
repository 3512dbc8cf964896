"""What differs between the inputs of two content keys, in words for people: pure.

Values of arguments, labels and variables are never told, only their names: they may be secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakegen.building.masking import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bakegen.plan.keys import KeyInputs

_SHOWN = 3
_LONGEST = 60
_DIGEST = 19  # "sha256:" and 12 digits
_VALUED = ("ARG", "ENV", "LABEL", "ONBUILD")
"""Instructions of which only the names are told."""

Files = Mapping[str, tuple[str, str]]
"""The files of a context: path -> git mode and id."""


@dataclass(frozen=True, slots=True)
class Change:
    """One input that differs.

    Attributes:
        input: which kind: ``files``, ``argument``, ``dockerfile``, ``base``, ``parent``, ``platforms``, ``attribute``,
            ``context``, ``stage`` or ``frontend``.
        name: which one of that kind: a path, an argument, an image; "" where there is only one.
        what: what became of it: ``added``, ``removed``, ``changed``, or a clause.
        because: why a parent has another key.
    """

    input: str
    name: str
    what: str
    because: tuple[Change, ...] = ()

    @property
    def text(self) -> str:
        """The change in a few words, on one line."""
        raise NotImplementedError


def changes(
    old: KeyInputs,
    new: KeyInputs,
    *,
    files: Callable[[str | None], tuple[Files, Files]],
    parents: Callable[[str], tuple[Change, ...]],
) -> tuple[Change, ...]:
    """What differs between two inputs, the most telling first.

    Args:
        old, new: the inputs of both keys.
        files: the files behind a digest, then and now: those of the context (None) or of a named context.
        parents: the changes of a parent, by the name that the target has for it.
    """
    raise NotImplementedError
