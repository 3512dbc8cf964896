"""What the frontend costs: `python -m tests.bench.frontend [--engine]`.

In a process of its own against the bridge of the tests: from its start to what it returns, and the processor time of
that, beside a Python that does nothing. With `--engine` the same with the files of the frontend's image, that image's
size, and a build in which all is cached: without a frontend, with one that exits at once, with ours.
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
from typing import TYPE_CHECKING

from tests.engine.harness.session import Session
from tests.unit.frontend.fake_bridge import FakeBridge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.engine.harness.engine import Engine

HERE = Path(__file__).parent
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
PYTHON = (sys.executable,)
OURS = ("-m", "bakegen.frontend")
CASES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "python -c pass": (("-c", "pass"), {}),
    "nothing to rewrite (BAKEGEN_REWRITE=off)": (OURS, {"build-arg:BAKEGEN_REWRITE": "off"}),
    "--call": (OURS, {"requestid": "frontend.outline"}),
    "rewritten, level proved": (OURS, {"cmdline": "bakegen"}),
    "rewritten, level assumed": (OURS, {"cmdline": "bakegen --level=assumed"}),
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


def in_process(python: Sequence[str] = PYTHON) -> None:
    """Prints the costs of a process of one Python."""
    print(f"{'':45}{'wall ms':>12}{'cpu ms':>12}   best (median) of {ROUNDS}")
    for name, (arguments, options) in CASES.items():
        measured = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory(prefix="bakegen-") as folder:
                measured.append(once([*python, *arguments], options, Path(folder)))
        shown = [f"{min(one) * 1e3:.0f} ({statistics.median(one) * 1e3:.0f})" for one in zip(*measured, strict=True)]
        print(f"{name:45}{shown[0]:>12}{shown[1]:>12}")


def in_image(engine: Engine, image: str, folder: Path) -> None:
    """Prints the image's size, and the costs of a process with its files: those in a folder, without a container."""
    container = engine.run(["create", image]).stdout.strip()
    try:
        engine.run(["export", "--output", str(folder / "files.tar"), container])
    finally:
        engine.run(["rm", container])
    (folder / "files").mkdir()
    subprocess.run(["tar", "-C", folder / "files", "-xf", folder / "files.tar"], check=True)
    size = int(engine.run(["image", "inspect", "--format", "{{.Size}}", image]).stdout)
    print(f"\nimage: {size / 1e6:.1f} MB compressed; its own Python and files:")
    if os.geteuid() == 0:
        os.environ["PYTHONPATH"] = "/bakegen"
        in_process(("chroot", str(folder / "files"), "/usr/bin/python3", "-SsB"))
        del os.environ["PYTHONPATH"]


def on_engine() -> None:
    """Prints what the image costs, and the time of a cached build with the frontend and without it."""
    from tests.engine.frontend_image import build_frontend, with_syntax

    session = Session()
    try:
        engine = session.engine()
        with tempfile.TemporaryDirectory(prefix="bakegen-") as place:
            project = Path(place)
            image = build_frontend(engine, session.bases, project / "frontend", "frontend")
            in_image(engine, image, project)
            busybox = session.bases("busybox")["busybox"]
            (project / "Dockerfile").write_text(f'FROM {busybox}\nENTRYPOINT ["/bin/true"]\n')
            idle = "bakegen-bench/idle"
            engine.build(
                "--tag", idle, "--provenance=false", "--load", "--file", str(project / "Dockerfile"), str(HERE)
            )
            text = f"FROM {busybox}\nARG A=1\nRUN true\nCOPY main.txt /app\nLABEL a=$A\n"
            (project / "main.txt").write_text("main\n")
            (project / "Dockerfile").write_text(text)
            (project / ".dockerignore").write_text("frontend\nfiles*\n")
            ways = {
                "without": [],
                "with a frontend that exits at once": [with_syntax(idle)],
                "with --rewrite=off": [with_syntax(image), "--build-arg=BAKEGEN_REWRITE=off"],
                "with rewriting": [with_syntax(image)],
            }
            measured: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(ENGINE_ROUNDS + 1):
                for name, more in ways.items():
                    command = ["buildx", "build", "--quiet", "--output=type=cacheonly", *more, str(project)]
                    start = time.perf_counter()
                    done = engine.run(command, check=False)
                    if number:
                        measured[name].append(time.perf_counter() - start)
                    assert (done.code == 0) == (idle not in " ".join(more)), done.stderr
            print("\nno-op build, all cached: best (median)")
            for name, one in measured.items():
                print(f"{name:45}{min(one):.2f} s ({statistics.median(one):.2f} s)")
    finally:
        session.close()


if __name__ == "__main__":
    in_process()
    if "--engine" in sys.argv[1:]:
        on_engine()
