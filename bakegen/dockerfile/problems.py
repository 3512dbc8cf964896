"""Collects diagnostics while one file is read; the model's readers report through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Label, error, warning
from bakegen.text import Location

if TYPE_CHECKING:
    from bakegen.diagnostics import Diagnostic
    from bakegen.text import Source, Span


class Problems:
    """Diagnostics of one source, in the order found. With `soft`, errors are noted as warnings.

    `soft` is for the instruction inside an ONBUILD: BuildKit reads it only when a child stage triggers it.
    """

    __slots__ = ("_prefix", "_soft", "found", "source")

    def __init__(self, source: Source, *, soft: bool = False) -> None:
        self.source = source
        self.found: list[Diagnostic] = []
        self._soft = soft
        self._prefix = "when triggered, this fails: " if soft else ""

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        help: str | None = None,
        labels: tuple[tuple[Span, str], ...] = (),
    ) -> None:
        """Reports what BuildKit refuses."""
        make = warning if self._soft else error
        located = tuple(Label(Location(self.source, place), text) for place, text in labels)
        self.found.append(make(code, self._prefix + message, Location(self.source, span), labels=located, help=help))

    def warning(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        """Reports what BuildKit accepts but nobody wants."""
        self.found.append(warning(code, message, Location(self.source, span), help=help))
