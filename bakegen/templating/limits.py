"""What one rendering may use: loop turns, calls and text; keeps a template from running or growing without end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bakegen.templating.failure import TemplateFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_TEXT = 2_000_000
MAX_STEPS = 500_000
MAX_NUMBER = 10**30
MAX_SECONDS = 20.0


def too_long() -> TemplateFailure:
    """A text grew over the limit."""
    return TemplateFailure("template-too-long", f"the template makes more than {MAX_TEXT:,} characters")


class Budget:
    """Counts the work of one rendering; every loop turn, call, include and filter takes from it.

    Straight-line work is bounded by the length of the template; all repetition goes through `spend`. The clock
    is looked at as a last resort only, so that results do not depend on the machine's speed.
    """

    def __init__(self) -> None:
        self.left = MAX_STEPS
        self.deadline = 0.0

    def start(self) -> None:
        """Begin a new rendering."""
        self.left = MAX_STEPS
        self.deadline = time.monotonic() + MAX_SECONDS

    def spend(self, steps: int = 1) -> None:
        """Take `steps` from what is left; TemplateFailure when nothing is."""
        self.left -= steps
        if self.left < 0:
            raise TemplateFailure("template-too-slow", f"the template takes more than {MAX_STEPS:,} steps")
        if self.left % 256 < steps and time.monotonic() > self.deadline:
            raise TemplateFailure("template-too-slow", f"the template takes over {MAX_SECONDS:.0f} seconds")

    def each(self, items: Iterable[Any]) -> Iterator[Any]:
        """`items`, each at the price of one step."""
        for item in items:
            self.spend()
            yield item


def size(value: object) -> int:
    """How much there is of `value`, for texts and collections; 0 for the rest."""
    return len(value) if isinstance(value, str | list | tuple | dict | range) else 0


def check_text(text: str) -> str:
    """`text`, unless it is too long."""
    if len(text) > MAX_TEXT:
        raise too_long()
    return text


def join_checked(parts: Iterable[str]) -> str:
    """The parts as one text; stops before an over-long text is made."""
    kept = list(parts)
    if sum(map(len, kept)) > MAX_TEXT:
        raise too_long()
    return "".join(kept)


def check_operands(operator: str, left: Any, right: Any) -> None:
    """Refuse operations whose result would be out of all proportion."""
    if operator == "%" and isinstance(left, str):
        raise TemplateFailure("template-operator", "text formatting with % is not supported", help="use ~")
    repeated = isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple)
    if operator == "*" and repeated:
        count = left if isinstance(left, int) else right
        if isinstance(count, int) and count * max(size(left), size(right)) > MAX_TEXT:
            raise too_long()
    elif operator == "+" and repeated and size(left) + size(right) > MAX_TEXT:
        raise too_long()
    elif operator == "**":
        if not (isinstance(right, int) and 0 <= right <= 64) or abs(left) > 1_000_000:
            raise TemplateFailure("template-number", "a power this large is not computed")
    elif isinstance(left, int) and isinstance(right, int) and max(abs(left), abs(right)) > MAX_NUMBER:
        raise TemplateFailure("template-number", "a number is too large")


def check_call(name: str, value: object, arguments: tuple[Any, ...]) -> None:
    """Refuse calls whose result could be far larger than what goes in; `value` is the text they work on."""
    for argument in arguments:
        if isinstance(argument, int) and abs(argument) > 10_000:
            raise TemplateFailure("template-number", f"{argument} is too large a number for {name}")
    if name == "replace" and len(arguments) >= 2 and isinstance(value, str):
        old, new = str(arguments[0]), str(arguments[1])
        if (value.count(old) if old else len(value) + 1) * len(new) > MAX_TEXT:
            raise too_long()
    if name == "join":
        parts, glue = (value, arguments[0] if arguments else "")
        if isinstance(value, str) and arguments and not isinstance(arguments[0], str):
            parts, glue = arguments[0], value
        if size(parts) * len(str(glue)) > MAX_TEXT:
            raise too_long()
