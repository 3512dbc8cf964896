"""Source text and places in it: the bottom layer, which everything that reads a file builds on."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from bakegen.values import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of character offsets in one `Source`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that takes the place of a span of a file."""

    span: Span
    text: str


@dataclass(frozen=True)
class Source:
    """One input file: the path as it is shown to people, and its text.

    Bytes that are not UTF-8 are kept as lone surrogates (``surrogateescape``), so that ``to_bytes`` gives
    back exactly the bytes that were read, whatever they were.
    """

    path: str
    text: str

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Source:
        """The source of `data`, any bytes at all."""
        return cls(path, data.decode("utf-8", "surrogateescape"))

    def to_bytes(self) -> bytes:
        """The bytes that `from_bytes` was given."""
        return self.text.encode("utf-8", "surrogateescape")

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    @property
    def line_count(self) -> int:
        """How many lines there are; a text that ends in a newline has an empty last line."""
        return len(self._line_starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both counted from 1, columns in characters."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int) -> int:
        """Where a line counted from 1 begins."""
        return self._line_starts[line - 1]

    def line_text(self, line: int) -> str:
        """The text of a line counted from 1, without its line end."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] - 1 if line < len(self._line_starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def slice(self, span: Span) -> str:
        """The text that `span` covers."""
        return self.text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: what diagnostics point at and values remember as their origin."""

    source: Source
    span: Span

    def __str__(self) -> str:
        line, column = self.source.position(self.span.start)
        return f"{self.source.path}:{line}:{column}"


def megabytes(count: int) -> str:
    """Bytes for people: ``12.3 MB`` (a million bytes), kB below a tenth of one."""
    return f"{count / 1_000_000:,.1f} MB" if count >= 100_000 else f"{count / 1000:,.1f} kB"
