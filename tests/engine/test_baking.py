"""Bakes on a real engine: who fails takes nobody along, who is interrupted leaves nothing running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bakegen.building.model import Status
from bakegen.errors import EngineError
from bakegen.workspace.baking import BakeOrder, bake
from bakegen.workspace.batches import TargetDone, bake_all
from tests.unit.workspace.fake_registry import Reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.engine.harness.engine import Engine
    from tests.engine.harness.registry import Registry


@pytest.fixture(autouse=True)
def docker(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        if name in engine.env:
            monkeypatch.setenv(name, engine.env[name])


@pytest.fixture
def written(tmp_path: Path, busybox_image: str) -> Callable[[Mapping[str, Mapping[str, object]]], BakeOrder]:
    """An order of targets whose Dockerfiles are what `run` says after FROM; nothing is kept of them without output."""

    def write(targets: Mapping[str, Mapping[str, object]]) -> BakeOrder:
        filled: dict[str, dict[str, object]] = {}
        for name, target in targets.items():
            values = {"context": ".", "output": ["type=cacheonly"], "base": busybox_image, **target}
            base, run = values.pop("base"), values.pop("run", None)
            filled[name] = {**values} if run is None else {**values, "dockerfile-inline": f"FROM {base}\n{run}\n"}
        file = tmp_path / "docker-bake.json"
        file.write_text(json.dumps({"target": filled}))
        return BakeOrder((file,), tuple(targets), tmp_path)

    return write


def silent(line: str) -> None:
    """Listens to nothing."""


class Build:
    """What `bake_all` tells."""

    def __init__(self, order: BakeOrder, graph: Mapping[str, tuple[str, ...]], retries: int = 2) -> None:
        self.bakes: list[tuple[str, ...]] = []
        self.told: list[TargetDone] = []
        self.retried: list[tuple[str, ...]] = []

        def listener(names: tuple[str, ...]) -> Callable[[str], None]:
            self.bakes.append(names)
            return silent

        self.results = bake_all(
            order,
            graph,
            listener=listener,
            done=self.told.append,
            retried=lambda names, why, seconds: self.retried.append(names),
            retries=retries,
            wait=lambda seconds: None,
        )

    @property
    def statuses(self) -> dict[str, str]:
        return {name: str(result.status) for name, result in self.results.items()}


def test_one_that_fails_takes_no_others_with_it(written: Callable[..., BakeOrder]) -> None:
    order = written(
        {
            "good": {"run": "RUN sleep 3; echo good > /g"},
            "bad": {"run": "RUN echo 429 Too Many Requests; exit 3"},
            "kid": {"run": "RUN echo kid", "base": "bad", "contexts": {"bad": "target:bad"}},
            "unreadable": {"run": "RUNN x"},
            "alone": {"run": "RUN echo alone"},
        }
    )
    build = Build(order, {"kid": ("bad",)})
    assert build.statuses == {
        "good": Status.BUILT,
        "bad": Status.FAILED,
        "kid": Status.NOT_BUILT,
        "unreadable": Status.FAILED,
        "alone": Status.BUILT,
    }
    assert build.retried == []
    assert build.results["bad"].error.endswith("did not complete successfully: exit code: 3")
    assert build.results["unreadable"].error.startswith("dockerfile parse error on line 2: unknown instruction: RUNN")
    assert build.results["kid"].because == "bad"
    assert sorted(result.target for result in build.told) == sorted(order.targets)


def test_digests_and_names(written: Callable[..., BakeOrder], registry: Registry) -> None:
    names = [f"{registry.host}/baking/app:{tag}" for tag in ("one", "two")]
    order = written({"app": {"run": "RUN echo app", "tags": names, "output": ["type=registry"]}})
    result = Build(order, {}).results["app"]
    assert (result.status, result.names) == (Status.BUILT, tuple(names))
    manifest = registry.manifest("baking/app", "one")
    assert manifest is not None
    assert result.digest == manifest.digest


def test_who_is_through_before_another_fails_keeps_its_digest(
    written: Callable[..., BakeOrder], registry: Registry
) -> None:
    repository = f"{registry.host}/baking/through"
    early = {"run": "RUN echo early", "tags": [f"{repository}:a", f"{repository}:b"], "output": ["type=registry"]}
    cache = [f"type=registry,ref={repository}:cache"]
    build = Build(written({"early": {**early, "cache-to": cache}, "bad": {"run": "RUN sleep 4; exit 1"}}), {})
    assert build.statuses == {"early": Status.BUILT, "bad": Status.FAILED}
    assert build.bakes == [("early", "bad")]
    manifest = registry.manifest("baking/through", "b")
    assert manifest is not None
    assert (build.results["early"].digest, build.results["early"].names) == (manifest.digest, tuple(early["tags"]))
    assert "cache" in registry.tags("baking/through")


@pytest.fixture
def unavailable() -> Iterator[str]:
    """The address of a registry that answers every request with 503."""

    with serving(lambda request: Reply(503)) as busy:
        yield busy.host


def test_what_may_pass_is_tried_again_and_then_given_up(written: Callable[..., BakeOrder], unavailable: str) -> None:
    order = written({"app": {"run": "RUN echo x", "base": f"{unavailable}/x:y"}, "other": {"run": "RUN sleep 2"}})
    build = Build(order, {}, retries=1)
    assert build.statuses == {"app": Status.FAILED, "other": Status.BUILT}
    assert build.retried == [("app",)]
    assert "503 Service Unavailable" in build.results["app"].error


INTERRUPTED = """
import sys
from pathlib import Path
from bakegen.cli import main
from bakegen.workspace.baking import BakeOrder, bake
folder = Path(sys.argv[1])
import signal
signal.signal(signal.SIGTERM, main._terminated)
try:
    bake(BakeOrder((folder / "docker-bake.json",), ("slow",), folder), lambda line: print(line, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


def sleeping(seconds: str) -> bool:
    """Whether a step that sleeps this odd number of seconds runs anywhere on this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == f"sleep\0{seconds}\0".encode():
                return True
        except OSError:
            continue
    return False


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="steps are looked for among the processes")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_the_step_on_the_engine(
    written: Callable[..., BakeOrder], tmp_path: Path, number: int, code: int
) -> None:
    seconds = f"{900 + number}.{os.getpid()}"
    written({"slow": {"run": f"RUN sleep {seconds}"}})
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not sleeping(seconds) and time.monotonic() < until:
            time.sleep(0.1)
        assert sleeping(seconds)
        process.send_signal(number)
        assert process.wait(15) == code
        until = time.monotonic() + 10
        while sleeping(seconds) and time.monotonic() < until:
            time.sleep(0.1)
        assert not sleeping(seconds)
    finally:
        process.kill()


def test_paths_outside_are_granted_and_entitlements_are_not(
    written: Callable[..., BakeOrder], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "f").write_text("hello\n")
    (outside / "secret").write_text("s3cret\n")
    run = "COPY --from=there f /f\nRUN --mount=type=secret,id=s test -s /run/secrets/s\nCOPY f /g"
    target = {
        "run": run,
        "context": str(outside),
        "contexts": {"there": str(outside)},
        "secret": [f"id=s,src={outside / 'secret'}"],
        "output": [f"type=local,dest={outside / 'made' / 'here'}"],
    }
    # Neither what the environment says about files nor a terminal's question changes what is built.
    monkeypatch.setenv("BUILDX_BAKE_ENTITLEMENTS_FS", "1")
    monkeypatch.setenv("BUILDX_BAKE_FILE", "/nowhere")
    assert bake(written({"app": target}), silent).code == 0
    assert (outside / "made" / "here" / "g").read_text() == "hello\n"
    with pytest.raises(EngineError, match=r"target app asks for network\.host: allow it with --allow network\.host"):
        bake(written({"app": {"run": "RUN true", "network": "host"}}), silent)


def test_files_that_bake_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "docker-bake.json").write_text("{")
    with pytest.raises(EngineError, match="buildx cannot read the bake files: "):
        bake(BakeOrder((tmp_path / "docker-bake.json",), ("x",), tmp_path), silent)


def test_no_engine_is_no_failure_of_a_target(
    written: Callable[..., BakeOrder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = written({"a": {"run": "RUN true"}, "b": {"run": "RUN true"}})
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'nothing'}")
    with pytest.raises(EngineError, match=r"(?i)cannot connect to the docker daemon"):
        Build(order, {})
