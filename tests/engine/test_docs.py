"""The examples of the documents that need Docker: each page on an engine of its own, with small base images."""

from __future__ import annotations

import re
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
    "debian": "debian",
    "python": "debian-python",
    "node": "debian-node",
    "golang": "debian-go",
    "rust": "debian-rust",
    "busybox": "busybox",
}
"""Images of Docker's library that pages build on, and the base images of the harness that stand for them."""

_NAMED = re.compile(rf"(?<![\w/.-])({'|'.join(STAND_INS)}):[\w.-]+")


@pytest.fixture
def machine(
    first_machine: PrivateEngine, bases: Callable[..., dict[str, str]], request: pytest.FixtureRequest
) -> Iterator[PrivateEngine]:
    """An engine that has the images which the page names."""
    chain: Chain = request.getfixturevalue("chain")
    text = "".join(step.text for step in chain.steps)
    wanted = {named[0]: STAND_INS[named[1]] for named in _NAMED.finditer(text)}
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
