"""What the rules share that ask for versions of a distribution's packages; all of them run only where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.rules.model import Finding
from bakegen.rules.practice._commands import listed
from bakegen.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.rules.calls import ShellWord

WHY = (
    "With a version, the same Dockerfile installs the same package for as long as the version is to be had. That is "
    "the trouble: {where}. The build then fails on the day of a security update, the very day on which it "
    "should be built again, and nothing else was gained: BuildKit's cache keeps the layer until its RUN changes "
    "anyway. A base image pinned by digest and {instead} make a build repeatable; so this rule does not run unless it "
    "is asked for.\n\nIt is of use where packages come from a mirror of your own that keeps all versions."
)
"""The page of such a rule: ``where`` says what a mirror drops, ``instead`` what pins all packages at once."""


def unpinned(words: Sequence[ShellWord], what: str, example: str) -> Iterator[Finding]:
    """One finding for the packages of one call that have no version, from the first to the last."""
    if words:
        many = "versions" if len(words) > 1 else "a version"
        span = Span(words[0].span.start, max(word.span.end for word in words))
        yield Finding(span, f"{what} without {many}: {listed(words)}", f"write {example.format(words[0].text)}")
