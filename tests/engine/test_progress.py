"""What is told of a bake while it runs is true at that moment: an image that is ready is in the registry."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from bakegen.building.model import Happening
from bakegen.building.progress import Progress
from bakegen.workspace.baking import BakeOrder, bake

if TYPE_CHECKING:
    from pathlib import Path

    from bakegen.building.model import Event
    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

DOCKERFILE = """FROM {base} AS common
RUN echo {salt} > /common
FROM common AS one
RUN head -c 4000000 /dev/urandom > /one
FROM common AS two
RUN sleep 1; echo two > /two
"""


def order(folder: Path, registry: Registry, base: str, *names: str) -> BakeOrder:
    """A bake of stages, each pushed under two names and with a cache of its own."""
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=base, salt=time.time_ns()))
    targets = {
        name: {
            "target": name,
            "tags": [f"{registry.host}/progress/{name}:{tag}" for tag in ("first", "second")],
            "output": ["type=registry"],
            "cache-to": [f"type=registry,ref={registry.host}/progress/{name}:cache,mode=max,ignore-error=true"],
        }
        for name in names
    }
    (folder / "docker-bake.json").write_text(json.dumps({"target": targets}))
    return BakeOrder((folder / "docker-bake.json",), names, folder)


@pytest.mark.parametrize("names", [("one", "two"), ("one",)])
def test_what_is_ready_can_be_pulled_before_its_cache_is_written(
    names: tuple[str, ...],
    tmp_path: Path,
    first_machine: PrivateEngine,
    registry: Registry,
    busybox_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        monkeypatch.setenv(name, first_machine.env[name])
    progress = Progress(names)
    events: list[Event] = []
    missing: list[str] = []

    def listen(line: str) -> None:
        for event in progress.feed(line, time.monotonic()):
            events.append(event)
            if event.what is Happening.READY:
                reference = str(event.facts["reference"]).removeprefix(f"{registry.host}/")
                manifest = registry.manifest(*reference.rsplit(":", 1))
                if manifest is None or manifest.digest != event.facts["digest"]:
                    missing.append(reference)

    done = bake(order(tmp_path, registry, busybox_image, *names), listen)
    assert done.code == 0, done.said
    assert missing == []
    for name in names:
        mine = [event.what for event in events if event.target == name and event.what is not Happening.STEP]
        assert mine == [Happening.STARTED, Happening.READY, Happening.READY, Happening.CACHED]
        assert set(progress.pushed(name).values()) == {done.metadata[name]["containerimage.digest"]}
        assert [step.cached for step in progress.steps(name)] == [False, False]
