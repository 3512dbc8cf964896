"""The newest BuildKit and buildx answer and cache as the Debian engine does (`BAKEGEN_TEST_NEWEST=1`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.engine.harness.newest import MODULE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness.newest import NewestEngine
    from tests.engine.harness.registry import Registry


def test_the_builder_tells_the_versions_of_go_mod(newest_engine: NewestEngine) -> None:
    required = dict(re.findall(r"^\s*(\S+) (v\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE))
    assert required["github.com/docker/buildx"] in newest_engine.run(["buildx", "version"]).stdout
    assert required["github.com/moby/buildkit"] in newest_engine.run(["buildx", "inspect"]).stdout


def test_cache_goes_through_the_registry(
    newest_engine: NewestEngine, registry: Registry, busybox_image: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {busybox_image}\nRUN echo one > /one\nRUN echo two > /two\n")
    cache = f"type=registry,ref={registry.host}/newest/cache:master"
    newest_engine.make_fresh()
    first = newest_engine.build(f"--cache-to={cache},mode=max", str(tmp_path))
    assert len(first.executed) == 2
    newest_engine.make_fresh()
    again = newest_engine.build(f"--cache-from={cache}", str(tmp_path))
    assert again.executed == ()
    assert len(again.cached) == 2
