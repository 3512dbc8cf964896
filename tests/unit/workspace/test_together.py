"""Several things at once: results in order, and the first failure ends the others."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace.together import together

if TYPE_CHECKING:
    from collections.abc import Callable


def test_results_are_in_the_order_of_the_works() -> None:
    later = threading.Event()

    def first() -> int:
        assert later.wait(60)
        return 1

    def second() -> int:
        later.set()
        return 2

    assert together([first, second], 2, lambda: None) == [1, 2]


def test_the_first_failure_stops_the_others_and_is_what_is_raised() -> None:
    stopped = threading.Event()
    begun: list[int] = []

    def waits(number: int) -> None:
        begun.append(number)
        assert stopped.wait(60)
        raise RuntimeError("it was stopped")

    def fails() -> None:
        raise ValueError("it failed")

    works: list[Callable[[], None]] = [partial(waits, 0), fails, *(partial(waits, number) for number in range(1, 9))]
    with pytest.raises(ValueError, match="it failed"):
        together(works, 2, stopped.set)
    assert stopped.is_set()
    assert 8 not in begun
