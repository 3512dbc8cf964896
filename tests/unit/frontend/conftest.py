"""A build against the fake bridge."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.frontend.bridge import Bridge
from bakegen.frontend.request import Request, read_policy
from bakegen.frontend.solve import Build
from bakegen.frontend.wire import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.frontend.fake_bridge import FakeBridge

    Started = Callable[[FakeBridge], int]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts fakes, each giving the descriptor of its stream, and ends them."""
    fakes: list[FakeBridge] = []
    with tempfile.TemporaryDirectory(prefix="bakegen-") as folder:  # short, as sockets' names must be

        def start(fake: FakeBridge) -> int:
            fakes.append(fake)
            place = Path(folder) / str(len(fakes))
            place.mkdir()
            return fake.start(place)

        yield start
        for fake in fakes:
            fake.stop()


@pytest.fixture
def build(started: Started) -> Callable[..., FakeBridge]:
    """`build(fake, name="value", …)`: one build of the fake's files with those options (`_` in names is `-`)."""

    def run(fake: FakeBridge, options: dict[str, str] | None = None) -> FakeBridge:
        end = started(fake)
        given = {"cmdline": "bakegen", "source": "bakegen", **(options or {})}
        Build(Bridge(Channel(end, end)), Request(given, "session", read_policy(given))).run()
        return fake

    return run
