"""What was built survives: a late failure, a time-out, a signal, a machine that is gone. Nothing of it runs again.

Each test builds on one engine, and then once more on another one that knows nothing, as the next CI job would.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.harness.progress import read_progress
from tests.images import github

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.engine.harness.engine import PrivateEngine
    from tests.engine.harness.registry import Registry

LATE = "RUN test -f /missing"
SLOW = "RUN sleep 40"
MENDED = "RUN echo mended > /late"

# Three stages beside each other, of which two are not needed yet when the step in question runs.
APP = """\
# escape=\\
ARG BASE={base}
FROM ${{BASE}} AS tools
RUN sleep 1; echo tools > /tools

FROM tools AS libs
WORKDIR /
WORKDIR /libs
RUN <<END
sleep 1
echo {mark} > /libs/made
END
FROM ${{BASE}} AS docs
RUN sleep 1; echo {mark} > /docs

FROM ${{BASE}}
ENV MARK={mark}
COPY . /input
RUN sleep 1; \\
    # in the middle of an instruction
    echo app > /app
COPY --from=libs /libs /libs
{late}
COPY --from=docs /docs /docs
RUN true
"""
BEHIND = ["COPY --from=docs /docs /docs", "RUN true"]


class Machines:
    """A project, and the engines that it is built on."""

    def __init__(self, folder: Path, registry: Registry, base: str, name: str) -> None:
        self.folder = folder
        self.base = base
        self.registry = registry
        self.repository = name
        self.write("bakegen.yaml", f"registry: {registry.host}/{name}\ndefault-branch: master\ncheckpoint-after: 1h\n")
        self.write("images/app/image.yaml", "")
        self.write("images/app/src/one.txt", "one\n")
        self.write("images/app/left-out.txt", "1\n")
        self.write("images/app/Dockerfile.dockerignore", "Dockerfile*\nleft-out.txt\nimage.yaml\n")

    def write(self, path: str, text: str) -> None:
        """Writes a file of the project."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def app(self, late: str) -> None:
        """Writes the Dockerfile with that step."""
        self.write("images/app/Dockerfile", APP.format(base=self.base, late=late, mark=self.repository))

    def command(self, *arguments: str) -> list[str]:
        """A build."""
        return [sys.executable, "-m", "bakegen", "build", *arguments]

    def environ(self, engine: PrivateEngine) -> dict[str, str]:
        """The environment of a CI job of the default branch."""
        return {**engine.env, **github(self.folder.parent, "master")}

    def build(
        self, engine: PrivateEngine, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
        """Builds; out: the process, and the targets of the report."""
        done = subprocess.run(
            self.command("--progress", "plain", *arguments),
            cwd=self.folder, env={**self.environ(engine), **(environ or {})},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        return done, self.report()

    def until(self, engine: PrivateEngine, step: str, number: int) -> subprocess.CompletedProcess[str]:
        """Builds, and sends a signal as soon as `step` runs."""
        process = subprocess.Popen(
            self.command("--progress", "json"),
            cwd=self.folder, env=self.environ(engine), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if '"started"' in line and step in line:
                process.send_signal(number)
                break
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, said + err)

    def report(self) -> dict[str, Any]:
        """The targets of the last report by name."""
        path = self.folder / "bakegen-report.json"
        targets = json.loads(path.read_text())["targets"] if path.is_file() else []
        return {one["name"]: one for one in targets}

    def executed(self, engine: PrivateEngine, *arguments: str) -> list[str]:
        """Builds on an engine that knows nothing; out: the instructions that ran, as BuildKit's own stream tells."""
        engine.make_fresh()
        (self.folder / "bakegen-report.json").unlink(missing_ok=True)
        shim = self.folder.parent / "bin" / "docker"
        shim.parent.mkdir(exist_ok=True)
        real = shutil.which("docker", path=engine.env["PATH"])
        stream = self.folder.parent / "stream"
        stream.unlink(missing_ok=True)
        shim.write_text(f'#!/bin/bash\nexec {real} "$@" 2> >(exec tee -a {stream} >&2)\n')
        shim.chmod(0o755)
        path = f"{shim.parent}{os.pathsep}{engine.env['PATH']}"
        done, _ = self.build(engine, *arguments, environ={"PATH": path})
        assert done.returncode == 0, done.stderr
        result = read_progress(0, "", stream.read_text(), {})
        assert result.instructions
        return sorted(step.instruction for step in result.executed)


@pytest.fixture
def machines(
    tmp_path: Path, registry: Registry, busybox_image: str, first_machine: PrivateEngine, request: pytest.FixtureRequest
) -> Machines:
    first_machine.make_fresh()
    name = "checkpoints-" + request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    return Machines(tmp_path / "project", registry, busybox_image, name)


def lost(executed: Iterable[str], done: Iterable[str]) -> list[str]:
    """What ran although it was done."""
    return sorted(set(executed) & set(done))


def test_only_the_failed_step_runs_again(
    machines: Machines, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    machines.app(LATE)
    machines.write("images/kid/image.yaml", "")
    kid = f"FROM {machines.base} AS prepare\nRUN sleep 1; echo prepared > /prepared\n"
    kid += f"FROM {machines.base}\nCOPY --from=prepare /prepared /\n"
    machines.write("images/kid/Dockerfile", f"{kid}RUN test -f /missing-too\n")
    done, targets = machines.build(first_machine)
    assert done.returncode == 1, done.stderr
    assert {name: one["status"] for name, one in targets.items()} == {"app": "failed", "kid": "failed"}
    assert "in its cache for the next try" in done.stderr

    machines.app(MENDED)
    machines.write("images/kid/Dockerfile", f"{kid}RUN echo kid\n")
    assert machines.executed(second_engine) == sorted([MENDED, *BEHIND, "RUN echo kid"])


def test_a_time_out_loses_nothing(
    machines: Machines, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    machines.app(SLOW)
    done, targets = machines.build(first_machine, "--timeout", "8s")
    assert done.returncode == 124, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: not done within 8.0 s")
    assert targets["app"]["status"] == "not built"
    finished = [step["name"] for step in targets["app"]["steps"]]
    assert any("echo tools" in name for name in finished)
    machines.app(MENDED)
    assert lost(machines.executed(second_engine), finished) == []


def test_a_signal_loses_nothing(machines: Machines, first_machine: PrivateEngine, second_engine: PrivateEngine) -> None:
    machines.app(SLOW)
    done = machines.until(first_machine, SLOW, signal.SIGTERM)
    assert done.returncode == 143, done.stderr
    assert machines.report()["app"]["status"] == "not built"
    finished = [step["name"] for step in machines.report()["app"]["steps"]]
    assert any("echo app" in name for name in finished)
    machines.app(MENDED)
    assert lost(machines.executed(second_engine), finished) == []


def test_a_stage_that_is_known_to_cost_much_outlives_its_machine(
    machines: Machines, first_machine: PrivateEngine, second_engine: PrivateEngine
) -> None:
    machines.write("bakegen.yaml", (machines.folder / "bakegen.yaml").read_text().replace("1h", "1s"))
    text = "FROM {base} AS tools\nRUN sleep 1; echo {what} > /tools\nFROM {base}\nCOPY --from=tools /tools /\n{late}\n"
    machines.write("images/app/Dockerfile", text.format(base=machines.base, what="old", late=MENDED))
    assert machines.build(first_machine)[0].returncode == 0
    assert not any("stage" in tag for tag in machines.registry.tags(f"{machines.repository}/app"))
    # Everything is new, and this machine is lost in the middle, with no time to say goodbye.
    machines.write("images/app/Dockerfile", text.format(base=machines.base, what="new", late=SLOW))
    machines.until(first_machine, SLOW, signal.SIGKILL)
    assert "cache-app-stage-tools.master" in machines.registry.tags(f"{machines.repository}/app")
    # The next one has no report that tells what costs much.
    machines.write("images/app/Dockerfile", text.format(base=machines.base, what="new", late=MENDED))
    assert machines.executed(second_engine) == sorted(["COPY --from=tools /tools /", MENDED])


def test_a_fork_writes_nothing_when_it_fails(machines: Machines, first_machine: PrivateEngine) -> None:
    machines.write("images/app/Dockerfile", f"FROM {machines.base}\nRUN sleep 1; echo fork > /fork\n{LATE}\n")
    before = machines.registry.snapshot()
    fork = github(machines.folder.parent, "feature", pull_request=7, fork=True)
    done, targets = machines.build(first_machine, environ=fork)
    assert done.returncode == 1, done.stderr
    assert targets["app"]["status"] == "failed"
    assert "in its cache" not in done.stderr
    assert machines.registry.snapshot() == before
