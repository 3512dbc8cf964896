"""Instructions as texts that can be compared, whoever wrote them down."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bakegen.dockerfile.references import context_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIKE = 0.6
_FLAGS = re.compile(r"^(\w+)((?: --\S+)+)")
_QUOTES = re.compile(r'["\',\[\]]')


def on_one_line(text: str, escape: str) -> str:
    """An instruction as it stands in a Dockerfile, with continuations joined and comments left out."""
    lines = [line.rstrip().removesuffix(escape) for line in text.splitlines() if not line.lstrip().startswith("#")]
    return " ".join(" ".join(lines).split())


def without_digest(reference: str) -> str:
    """The reference of an image by its tag alone, in the form that people use."""
    return context_name(reference.partition("@")[0])


def plain(text: str) -> str:
    """An instruction without its flags, quotes and superfluous white space: for comparing what it does."""
    text = _FLAGS.sub(r"\1", " ".join(text.split()))
    return " ".join(_QUOTES.sub(" ", text).split())


def matched(texts: Sequence[str], names: Sequence[str]) -> list[int | None]:
    """Which of `names` each of `texts` is, in their `plain` forms: the same one, the one at its place, or one alike.

    Args:
        texts: instructions as they are written.
        names: instructions as BuildKit named them, with variables expanded, perhaps those of an older Dockerfile.
    """
    at = {name: number for number, name in reversed(list(enumerate(names)))}
    if len(names) == len(texts):
        return [at.get(text, number) for number, text in enumerate(texts)]
    found: list[int | None] = []
    for text in texts:
        near = [text] if text in at else get_close_matches(text, names, 1, _ALIKE)
        found.append(at[near[0]] if near else None)
    return found
