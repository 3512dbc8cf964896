"""The models of package managers: every example of theirs, and what they must never claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bakegen.effects import commands
from bakegen.effects.model import Tier
from bakegen.effects.places import ANYWHERE
from tests.unit.effects.calls import call

if TYPE_CHECKING:
    from bakegen.effects.call import CallExample

OURS = (
    "apt", "dpkg", "apk", "dnf", "pip", "uv", "poetry", "npm", "yarn", "pnpm", "corepack", "go", "cargo", "gem",
    "bundler", "composer", "maven", "gradle", "venv",
)  # fmt: skip


def ours() -> list[CallExample]:
    found = []
    for model in {id(one): one for one in commands.models().values()}.values():
        if getattr(model, "__name__", "").rpartition(".")[2] in OURS:
            assert len(model.EXAMPLES) >= 4
            found += list(model.EXAMPLES)
    return found


@pytest.mark.parametrize("example", ours(), ids=lambda one: one.line)
def test_example(example: CallExample) -> None:
    made = call(
        example.line,
        files=example.files,
        directory=example.directory,
        user=example.user or "root",
        variables=example.variables,
    )
    found = commands.effect(made)
    if example.barrier:
        assert isinstance(found, str)
        assert example.barrier in found
        return
    assert not isinstance(found, str), found
    assert set(example.reads) <= {str(one) for one in found.reads}
    assert set(example.writes) <= {str(one) for one in found.writes}
    assert not example.ensures or set(example.ensures) == found.ensures
    assert found.tier is Tier.KNOWLEDGE
    if found.install is None:
        assert not example.manifests
        return
    assert set(found.install.manifests) == set(example.manifests)
    assert len(found.install.obstacles) == len(example.obstacles), found.install.obstacles
    for part in example.obstacles:
        assert any(part in one for one in found.install.obstacles), found.install.obstacles
    if found.install.unknown:
        assert found.reads == {ANYWHERE}
