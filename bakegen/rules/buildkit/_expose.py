"""The ports of EXPOSE as BuildKit reads them, each with the place it has in the file; used by two rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.expand import ExpandError, expand_words
from bakegen.dockerfile.instructions import Expose
from bakegen.rules.buildkit._walk import carried_out
from bakegen.text import Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.buildkit._walk import Done
    from bakegen.rules.dockerfiles import DockerfileSubject


@dataclass(frozen=True, slots=True)
class Port:
    """One port, expanded: ``[[IP:]HOST:]CONTAINER[/PROTOCOL]``.

    Attributes:
        done: the instruction.
        text: the port.
        span: where to report it.
        exact: whether the span holds just this text, so that parts of it can be changed.
        outside: what stands before the container's port, the colon with it; "" where nothing does.
        protocol: as written; "" where there is none.
    """

    done: Done
    text: str
    span: Span
    exact: bool
    outside: str
    protocol: str

    def part(self, start: int, end: int) -> Span:
        """The place of a part of the text."""
        return Span(self.span.start + start, self.span.start + end) if self.exact else self.span


def ports(subject: DockerfileSubject) -> Iterator[Port]:
    """All ports of all EXPOSEs, in the order in which BuildKit comes to them."""
    for done in carried_out(subject, Expose):
        command = done.step.command
        assert isinstance(command, Expose)
        for written in command.ports:
            try:
                words = expand_words(written.text, done.step.environment, subject.dockerfile.escape)
            except ExpandError:
                continue
            for word in words:
                exact = done.own and subject.slice(written.span) == word
                outside, colon, rest = word.rpartition(":")
                yield Port(done, word, done.span(written.span), exact, outside + colon, rest.partition("/")[2])
