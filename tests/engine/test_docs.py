"""The examples of the documents that need Docker: each page on an engine of its own, with small base images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import paths, read
from tests.docs.running import Chain, Reader, chains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

CHAINS = [chain for path in paths() if path != "README.md" for chain in chains(read(path)) if chain.engine]

STAND_INS = {
    "debian:trixie-slim": "debian",
    "python:3.13-slim": "debian-python",
    "node:24-slim": "debian-node",
    "golang:1.25": "debian-go",
    "rust:1-slim": "debian-rust",
}
"""Images that pages build on, and the base images of the harness that they are here."""


@pytest.fixture
def machine(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], request: pytest.FixtureRequest
) -> Iterator[PrivateEngine]:
    """An engine that has the images which the page names."""
    chain: Chain = request.getfixturevalue("chain")
    text = "".join(step.text for step in chain.steps)
    wanted = {name: base for name, base in STAND_INS.items() if name in text}
    for name, base in wanted.items():
        reference = bases(base)[base]
        first_machine.run(["pull", "--quiet", reference])
        first_machine.run(["tag", reference, name])
    yield first_machine
    for name in wanted:
        first_machine.run(["image", "rm", name])


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_the_examples_run_on_an_engine(
    chain: Chain, machine: PrivateEngine, registry: Registry, tmp_path: Path
) -> None:
    Reader(tmp_path / "work", machine.env, {"registry.example.com": registry.host}).follow(chain)
