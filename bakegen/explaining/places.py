"""Where a person changes an instruction: in the template, or in the Dockerfile that was rewritten; used by `chains`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.explaining.texts import on_one_line, plain
from bakegen.text import Location

if TYPE_CHECKING:
    from bakegen.plan.model import Recipe
    from bakegen.text import Span

_ALIKE = 0.6


class Places:
    """The places of the instructions of one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._written: dict[str, Location] = {}
        if recipe.original is not None:
            dockerfile = read(recipe.original)
            for stage in dockerfile.stages:
                for command in (stage.start, *stage.commands):
                    text = on_one_line(recipe.original.slice(command.span), dockerfile.escape)
                    self._written.setdefault(plain(text), Location(recipe.original, command.span))

    def of(self, span: Span, shown: str) -> Location:
        """The place of the instruction at `span`, which reads `shown`; of one that a rewrite added, where it is."""
        source = self._recipe.source
        assert source is not None
        text = plain(shown)
        if self._written:
            near = [text] if text in self._written else get_close_matches(text, self._written, 1, _ALIKE)
            if near:
                return self._written[near[0]]
        return self._recipe.place(Location(source, span))
