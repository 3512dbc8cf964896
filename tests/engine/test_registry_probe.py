"""The probe against a real registry: pushed tags exist, others do not, many are asked about quickly."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING

import pytest

from bakegen.workspace import registry as probing
from bakegen.workspace.registry import Probe, probe
from tests.engine.pushing import Pusher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry

NO_LOGIN = {"DOCKER_CONFIG": "/nonexistent"}


@pytest.fixture
def pusher(registry: Registry) -> Iterator[Pusher]:
    with contextlib.closing(http.client.HTTPConnection(registry.host, timeout=30)) as connection:
        yield Pusher(connection)


def test_a_cache_that_a_build_wrote_exists(
    engine: Engine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    repository = f"{registry.host}/probe/built"
    tmp_path.joinpath("Dockerfile").write_text(f"FROM {busybox_image}\nRUN echo probe >/probe\n")
    cache = f"{repository}:cache-app.master"
    options = ["--cache-to", f"type=registry,ref={cache},mode=max", "--output", "type=image,push=true", "--tag"]
    result = engine.build(*options, f"{repository}:1", ".", cwd=tmp_path)
    assert not result.failed
    missing = f"{repository}:cache-app.feature"
    before = registry.snapshot()
    assert probe([cache, missing, f"{repository}:1"], environ=NO_LOGIN) == Probe(
        frozenset({cache, f"{repository}:1"}), {}
    )
    assert registry.snapshot() == before


def test_few_and_many_say_the_same(registry: Registry, pusher: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    pusher.push("probe/many", *(f"t{n}" for n in range(0, 60, 3)))
    host = registry.host
    references = [f"{host}/probe/many:t{n}" for n in range(60)] + [f"{host}/probe/none:t{n}" for n in range(30)]
    listed = probe(references, environ=NO_LOGIN)
    monkeypatch.setattr(probing, "LIST_FROM", 10**6)
    asked = probe(references, environ=NO_LOGIN)
    assert listed == asked
    assert listed.existing == {f"{host}/probe/many:t{n}" for n in range(0, 60, 3)}
    assert listed.unknown == {}


def test_a_digest(registry: Registry, pusher: Pusher) -> None:
    pusher.push("probe/digest", "t")
    manifest = registry.manifest("probe/digest", "t")
    assert manifest is not None
    there, other = (f"{registry.host}/probe/digest@{digest}" for digest in (manifest.digest, "sha256:" + "0" * 64))
    assert probe([there, other], environ=NO_LOGIN) == Probe(frozenset({there}), {})
