"""The limit on what the rewriting computes."""

from __future__ import annotations

import time

import pytest

from bakegen.frontend.guard import TooLong, at_most


def computing(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_the_limit_ends_computing_and_is_over_with_it() -> None:
    with pytest.raises(TooLong), at_most(0.05):
        computing(5)
    computing(0.6)
    with at_most(5):
        computing(0.01)
    computing(0.1)


def test_a_limit_that_was_lost_comes_again() -> None:
    lost = 0
    with pytest.raises(TooLong), at_most(0.05):
        try:
            computing(5)
        except TooLong:  # as in the callback of a weak reference, where Python goes on
            lost += 1
        computing(5)
    assert lost == 1
