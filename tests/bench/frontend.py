"""What the frontend costs: `python -m tests.bench.frontend [--engine]`.

In a process of its own against the bridge of the tests: from its start to what it returns, and the processor time of
that, beside a Python that does nothing. With `--engine` a build in which all is cached, with the frontend and without
it, on the engine of the tests.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.engine.harness.session import Session
from tests.unit.frontend.fake_bridge import FakeBridge

ROUNDS = 15
ENGINE_ROUNDS = 12
DOCKERFILE = """# syntax=bakegen
FROM debian:trixie
ARG VERSION=1
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
LABEL version=$VERSION
CMD ["python", "-m", "app"]
"""
FRONTEND = [sys.executable, "-m", "bakegen.frontend"]
CASES = {
    "python -c pass": ([sys.executable, "-c", "pass"], {}),
    "nothing to rewrite (BAKEGEN_REWRITE=off)": (FRONTEND, {"build-arg:BAKEGEN_REWRITE": "off"}),
    "--call": (FRONTEND, {"requestid": "frontend.outline"}),
    "rewritten, level proved": (FRONTEND, {"cmdline": "bakegen"}),
    "rewritten, level assumed": (FRONTEND, {"cmdline": "bakegen --level=assumed"}),
}


def once(command: list[str], options: dict[str, str], folder: Path) -> tuple[float, float]:
    """Seconds from start to end of one process that has a bridge, and its processor time."""
    files = {f"src/{number}/file.py": b"x\n" for number in range(100)} | {"requirements.txt": b"flask==3.0\n"}
    bridge = FakeBridge({"dockerfile": {"Dockerfile": DOCKERFILE.encode()}, "context": files})
    end = bridge.start(folder)
    asked = {
        f"BUILDKIT_FRONTEND_OPT_{number}": f"{name}={value}" for number, (name, value) in enumerate(options.items())
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, stdin=end, stdout=end, env={**os.environ, **asked}, check=True)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    bridge.stop()
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_process() -> None:
    """Prints the costs of a process."""
    print(f"{'':45}{'wall ms':>12}{'cpu ms':>12}   best (median) of {ROUNDS}")
    for name, (command, options) in CASES.items():
        measured = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory(prefix="bakegen-") as folder:
                measured.append(once(command, options, Path(folder)))
        shown = [f"{min(one) * 1e3:.0f} ({statistics.median(one) * 1e3:.0f})" for one in zip(*measured, strict=True)]
        print(f"{name:45}{shown[0]:>12}{shown[1]:>12}")


def on_engine() -> None:
    """Prints the time of a cached build with the frontend and without it."""
    from tests.engine.test_frontend import build_frontend

    session = Session()
    try:
        engine = session.engine()
        bases = session.bases("busybox", "debian-python")
        with tempfile.TemporaryDirectory(prefix="bakegen-") as place:
            project = Path(place)
            image = build_frontend(engine, bases["debian-python"], project / "frontend")
            text = f"FROM {bases['busybox']}\nARG A=1\nRUN true\nCOPY . /app\nLABEL a=$A\n"
            (project / "Dockerfile").write_text(text)
            (project / ".dockerignore").write_text("frontend\n")
            ways = {"without": [], "with": [f"--build-arg=BUILDKIT_SYNTAX={image}"]}
            measured: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(ENGINE_ROUNDS + 1):
                for name, more in ways.items():
                    start = time.perf_counter()
                    engine.run(["buildx", "build", "--quiet", "--output=type=cacheonly", *more, str(project)])
                    if number:
                        measured[name].append(time.perf_counter() - start)
            for name, one in measured.items():
                print(f"cached build {name}: {min(one):.2f} s ({statistics.median(one):.2f} s)")
    finally:
        session.close()


if __name__ == "__main__":
    in_process()
    if "--engine" in sys.argv[1:]:
        on_engine()
