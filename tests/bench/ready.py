"""Measures how early an image can be pulled, and what its cache costs: `python -m tests.bench.ready [--rounds 3]`.

An image of 200 MB and 150 MB that only its cache has, all random bytes, go to a registry behind a line of 50 MB/s and
5 ms that counts. Each run is on an engine that knows nothing, with a repository of its own. Beside `bakegen build`
stands `docker buildx bake` of the same bake files, with the image alone, with the cache alone, with both, and with one
after the other. The last row names the stage with the 150 MB, whose cache is then kept as soon as it is built. The rows
are taken in turns and the medians printed:

- ready: seconds until the registry has the image's manifest;
- told: until the event, with bake until its end, which is all that it tells;
- total: until the end;
- MB up, blobs that were uploaded twice, layers of the image that the cache has in another packing.

With `BAKEGEN_TEST_NEWEST=1` the newest BuildKit is measured, too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.slow_line import SlowLine
from tests.engine.harness.errors import Unavailable
from tests.engine.harness.session import Session
from tests.images import github, render

if TYPE_CHECKING:
    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.newest import NewestEngine
    from tests.engine.harness.registry import Registry

_DOCKERFILE = """\
FROM {base} AS tools
RUN head -c {cached} /dev/urandom > /tools && echo {salt} > /small
FROM {base}
COPY --from=tools /small /
RUN head -c {half} /dev/urandom > /one
RUN head -c {half} /dev/urandom > /two
"""
_BAKE = ("docker", "buildx", "bake", "--progress=rawjson", "--allow=fs=*", "app")
_BAKEGEN = (sys.executable, "-m", "bakegen", "build", "--progress=json", "app")
_IMAGE = (*_BAKE, "--set=*.cache-to=")
_CACHE = (*_BAKE, "--set=*.output=type=cacheonly", "--set=*.tags=")
_ROWS: dict[str, tuple[tuple[tuple[str, ...], ...], str]] = {
    "bake, image alone": ((_IMAGE,), ""),
    "bake, cache alone": ((_CACHE,), ""),
    "bake, both": ((_BAKE,), ""),
    "bake, then the cache": ((_IMAGE, _CACHE), ""),
    "bakegen, image alone": ((_BAKEGEN,), "cache: {policy: none}\n"),
    "bakegen, both": ((_BAKEGEN,), ""),
    "bakegen, stage first": ((_BAKEGEN,), "stages: [tools]\n"),
}
"""The commands of each row, one after the other, and what the project's or the image's settings have for it."""
_COMPARED = {
    "bake, both": "bake, image alone",
    "bake, then the cache": "bake, image alone",
    "bakegen, both": "bakegen, image alone",
    "bakegen, stage first": "bakegen, image alone",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took; None where a row has no such thing."""

    ready: float | None
    told: float | None
    total: float
    up: float
    twice: int
    packed_twice: int | None


def measure(
    row: str,
    engine: PrivateEngine | NewestEngine,
    registry: Registry,
    base: str,
    line: SlowLine,
    image: int,
    cached: int,
) -> Run:
    """Runs one row once; sizes are in bytes."""
    commands, settings = _ROWS[row]
    name = f"ready-{time.time_ns()}"
    with tempfile.TemporaryDirectory(prefix="bakegen-bench-") as temporary:
        folder = Path(temporary)
        app = folder / "images" / "app"
        app.mkdir(parents=True)
        text = _DOCKERFILE.format(base=base, cached=cached, half=image // 2, salt=name)
        (app / "Dockerfile").write_text(text)
        of_image, of_project = (settings, "") if settings.startswith("stages") else ("", settings)
        (app / "image.yaml").write_text(of_image)
        (folder / "bakegen.yaml").write_text(f"registry: {line.host}/{name}\ndefault-branch: master\n{of_project}")
        environ = github(folder, "master")
        if commands[0][0] == "docker":
            render(folder, environ)
        line.counted()
        began = time.monotonic()
        told, *_ = [_run(command, folder, {**engine.env, **environ}, began) for command in commands]
        total = time.monotonic() - began
    counted = line.counted()
    ready = [
        at for reference, at in counted.manifests.items() if not _is_cache(reference) and ":sha256:" not in reference
    ]
    pushed = "cache alone" not in row
    tags = {_is_cache(tag): tag for tag in registry.tags(f"{name}/app")}
    return Run(
        min(ready) - began if ready else None,
        told if pushed else None,
        total,
        counted.up / 1e6,
        len(counted.twice),
        _packed_twice(registry, f"{name}/app", tags[False], tags[True]) if len(tags) == 2 else None,
    )


def _run(command: tuple[str, ...], folder: Path, environ: dict[str, str], began: float) -> float:
    """Runs a command; out: when it told that the image is ready, at its end at the latest, seconds after the begin."""
    told: float | None = None
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if told is None and line.startswith('{"event": "ready"'):
                told = time.monotonic() - began
    if process.returncode != 0:
        raise SystemExit(
            f"{' '.join(command)} ended with {process.returncode}:\n{''.join(line[:500] for line in lines[-20:])}"
        )
    return time.monotonic() - began if told is None else told


def _is_cache(reference: str) -> bool:
    return reference.rpartition(":")[2].startswith("cache-")


def _packed_twice(registry: Registry, repository: str, image: str, cache: str) -> int:
    """The layers of an image that its cache has under another digest: packed once for each."""
    layers = _layers(registry, repository, image)
    return len(layers - _layers(registry, repository, cache))


def _layers(registry: Registry, repository: str, reference: str) -> set[str]:
    found = registry.manifest(repository, reference)
    assert found is not None, reference
    if "layers" in found.body:
        return {layer["digest"] for layer in found.body["layers"]}
    images = [one for one in found.body["manifests"] if one["platform"]["os"] != "unknown"]
    return {layer for one in images for layer in _layers(registry, repository, one["digest"])}


def _table(runs: dict[str, list[Run]]) -> dict[str, dict[str, float]]:
    """Prints the medians of the rows; out: the same."""
    names = ("ready", "told", "total", "up", "twice", "packed_twice")
    print(f"{'':22}{'ready':>8}{'told':>8}{'total':>8}{'MB up':>8}{'up twice':>10}{'packed twice':>14}")
    found: dict[str, dict[str, float]] = {}
    for row, several in runs.items():
        values = {name: [getattr(one, name) for one in several if getattr(one, name) is not None] for name in names}
        found[row] = {name: round(statistics.median(each), 2) for name, each in values.items() if each}
        shown = [
            f"{found[row].get(name, ''):>{width}}" for name, width in zip(names, (8, 8, 8, 8, 10, 14), strict=True)
        ]
        print(f"{row:22}{''.join(shown)}")
    return found


def _verdict(found: dict[str, dict[str, float]]) -> None:
    """Prints what the rows say together."""
    if set(found) != set(_ROWS):
        return
    longer = max(found["bake, image alone"]["total"], found["bake, cache alone"]["total"])
    for both, alone in _COMPARED.items():
        print(
            f"{both}: ready {found[both]['ready'] / found[alone]['ready']:.2f} and told "
            f"{found[both]['told'] / found[alone]['ready']:.2f} of what the image alone takes; "
            f"total {found[both]['total'] / longer:.2f} of the longer of image and cache"
        )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--image", type=int, default=200, metavar="MB")
    parser.add_argument("--cached", type=int, default=150, metavar="MB", help="what only the cache has")
    parser.add_argument("--rate", type=float, default=50, metavar="MB", help="a second")
    parser.add_argument("--rows", nargs="+", choices=_ROWS, default=list(_ROWS))
    parser.add_argument("--engine", choices=("docker", "newest"), help="without: all that are there")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, dict[str, list[dict[str, object]]]] = {}
    with closing(Session()) as session, SlowLine(session.registry().host, options.rate * 1e6) as line:
        base = session.bases("busybox")["busybox"]
        for name, engine in _engines(session, options.engine).items():
            runs: defaultdict[str, list[Run]] = defaultdict(list)
            for _ in range(options.rounds):  # in turns, so that a busy minute hits all alike
                for row in options.rows:
                    engine.make_fresh()
                    size = (options.image * 1_000_000, options.cached * 1_000_000)
                    runs[row].append(measure(row, engine, session.registry(), base, line, *size))
            print(f"\n{name}")
            _verdict(_table(runs))
            results[name] = {row: [asdict(one) for one in several] for row, several in runs.items()}
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def _engines(session: Session, only: str | None) -> dict[str, PrivateEngine | NewestEngine]:
    found: dict[str, PrivateEngine | NewestEngine] = {}
    if only != "newest":
        found["docker"] = session.private_engine("a")
    if only != "docker":
        try:
            found["newest"] = session.newest_engine()
        except Unavailable as missing:
            print(missing, file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
