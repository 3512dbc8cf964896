"""`python -m tests.bench.render`: render beside `docker buildx bake --print` of the very file, by number of targets.

Each number of targets is a project of its own: images with a Dockerfile and a matrix of versions, in a registry, with
arguments and ignore patterns. Both commands are timed as whole processes, one after the other, and the best of a few
runs counts. Where render splits the file, bake reads every part.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DOCKERFILE = """\
FROM debian:12 AS build
ARG VERSION
COPY go.v${VERSION}.mod go.mod
RUN go mod download
COPY . .
RUN go build -o /app

FROM scratch
COPY --from=build /app /app
ENTRYPOINT ["/app"]
"""
IMAGE = """\
description: "peer {image} v{{{{ version }}}}"
matrix:
  axes:
    version: [{versions}]
args:
  VERSION: "{{{{ version }}}}"
labels:
  org.opencontainers.image.version: "{{{{ version }}}}"
ignore: ["go.v*.mod", "!go.v{{{{ version }}}}.mod"]
"""


def make_project(folder: Path, targets: int) -> None:
    """A project with that many targets, a hundred versions an image."""
    (folder / "bakegen.yaml").write_text(
        "registry: registry.example.com/team\nmax-targets: 20000\nselections: {pr: newest 2 of version, nightly: all}\n"
    )
    for image in range(-(-targets // 100)):
        count = min(100, targets - image * 100)
        place = folder / "images" / f"peer{image}"
        place.mkdir(parents=True)
        versions = ", ".join(f'"0.{version}"' for version in range(count))
        (place / "image.yaml").write_text(IMAGE.format(image=image, versions=versions))
        (place / "Dockerfile").write_text(DOCKERFILE)


def timed(command: list[str], folder: Path) -> float:
    """Seconds of one run; a failure ends the benchmark."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=900)
    return time.perf_counter() - start


def peak_megabytes(command: list[str], folder: Path) -> float:
    """The peak memory of one run of `command`."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, capture_output=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=folder, check=True, capture_output=True, text=True
    )
    return int(done.stdout) / (1024 * 1024 if sys.platform == "darwin" else 1024)


def best(command: list[str], folder: Path, runs: int) -> float:
    """The fastest of some runs."""
    return min(timed(command, folder) for _ in range(runs))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    render = [sys.executable, "-m", "bakegen", "render"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    heads = f"{'targets':>8} {'first':>8} {'again':>8} {'MB':>6} {'bake':>8} {'files':>6} {'render/bake':>12}"
    print(heads)
    for targets in options.targets:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_project(folder, targets)
            runs = options.runs if targets < 5_000 else 1
            first = timed(render, folder)
            again = best(render, folder, runs)
            memory = peak_megabytes(render, folder)
            parts = sorted(part for part in folder.glob("docker-bake*.hcl") if "override" not in part.name)
            bake = sum(best(["docker", "buildx", "bake", "-f", part.name, "--print"], folder, runs) for part in parts)
            row = f"{targets:>8} {first:>7.2f}s {again:>7.2f}s {memory:>6.0f} {bake:>7.2f}s {len(parts):>6}"
            print(f"{row} {again / bake:>12.2f}")
    start = ["-c", "pass"]
    bare = best([sys.executable, *start], Path.cwd(), 20)
    version = best([sys.executable, "-m", "bakegen", "--version"], Path.cwd(), 20)
    print(f"\nstart-up: python -c pass {bare * 1000:.0f} ms, bakegen --version {version * 1000:.0f} ms")


if __name__ == "__main__":
    main()
