"""A Docker engine with buildx: the machine's own, or one of ours with data, socket and network to itself."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.harness.clients import proxies
from tests.engine.harness.commands import CommandFailed, Completed, run
from tests.engine.harness.daemons import Daemon
from tests.engine.harness.network import Bridge, remove_bridge
from tests.engine.harness.progress import BuildResult, read_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.engine.harness.packages import Prefix

BUILD_SECONDS = 600.0


def bare_environment() -> dict[str, str]:
    """This process's environment without what would steer docker or buildx elsewhere."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "BUILDX_", "BUILDKIT_"))
    }


@dataclass(frozen=True, slots=True)
class Engine:
    """A docker client that talks to one engine; `env` is all it takes to talk to it by hand."""

    name: str
    env: Mapping[str, str] = field(repr=False)  # a failing test must not print somebody's environment

    def run(
        self,
        args: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout: float = BUILD_SECONDS,
    ) -> Completed:
        """`docker ARGS…`; `env` is added to the engine's. Errors: `CommandFailed` with `check`, or a timeout."""
        merged = {**self.env, **(env or {})}
        docker = shutil.which("docker", path=merged.get("PATH")) or "docker"
        return run([docker, *args], cwd=cwd, env=merged, check=check, timeout=timeout)

    def build(
        self,
        *args: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout: float = BUILD_SECONDS,
    ) -> BuildResult:
        """`docker buildx build ARGS…`, told step by step."""
        return self._solve(["buildx", "build"], args, cwd=cwd, env=env, check=check, timeout=timeout)

    def bake(
        self,
        *args: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout: float = BUILD_SECONDS,
    ) -> BuildResult:
        """`docker buildx bake ARGS…`, told step by step."""
        return self._solve(["buildx", "bake"], args, cwd=cwd, env=env, check=check, timeout=timeout)

    def bake_print(
        self, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, dict[str, object]]]:
        """What bake makes of its files: `docker buildx bake --print`, parsed (`group` and `target` by name)."""
        parsed: dict[str, dict[str, dict[str, object]]] = json.loads(
            self.run(["buildx", "bake", "--print", *args], cwd=cwd, env=env).stdout
        )
        return parsed

    def _solve(
        self,
        command: Sequence[str],
        args: Sequence[str],
        *,
        cwd: Path | None,
        env: Mapping[str, str] | None,
        check: bool,
        timeout: float,
    ) -> BuildResult:
        with tempfile.TemporaryDirectory(prefix="bakegen-metadata-") as folder:
            told = Path(folder) / "metadata.json"
            line = [*command, "--progress=rawjson", f"--metadata-file={told}", *args]
            done = self.run(line, cwd=cwd, env=env, check=False, timeout=timeout)
            metadata = json.loads(told.read_text()) if told.is_file() else {}
        result = read_progress(done.code, done.stdout, done.stderr, metadata)
        if check and done.code != 0:
            raise CommandFailed(Completed(done.args, done.code, done.stdout, result.logs + result.stderr))
        return result


@dataclass(frozen=True, slots=True)
class PrivateEngine(Engine):
    """An engine that the harness started: it may be emptied, which makes it a fresh machine."""

    folder: Path = field(default_factory=Path)
    daemon: Daemon | None = None

    @classmethod
    def start(
        cls, name: str, folder: Path, prefix: Prefix, *, outlive: bool = False, containerd_store: bool = True
    ) -> PrivateEngine:
        """Starts a dockerd that keeps everything it has below `folder`; `containerd_store` is its kind of image store.

        Errors: `HarnessError` with the end of its log where it does not come up.
        """
        config = folder / "docker-config"
        plugins = config / "cli-plugins"
        plugins.mkdir(parents=True)
        (config / "config.json").write_text(json.dumps({"proxies": {"default": proxies()}}))
        (plugins / "docker-buildx").symlink_to(prefix.buildx)
        socket = folder / "docker.sock"
        env = {
            **bare_environment(),
            "PATH": prefix.path,
            "DOCKER_HOST": f"unix://{socket}",
            "DOCKER_CONFIG": str(config),
        }
        bridge = Bridge.create(folder)
        settings = {
            "data-root": str(folder / "data"),
            "exec-root": str(folder / "exec"),
            "pidfile": str(folder / "pid"),
            "hosts": [f"unix://{socket}"],
            "group": "root",
            "bridge": bridge.name,
            "iptables": False,
            "ip6tables": False,
            # Without the containerd image store the docker driver can neither push nor export a registry cache.
            "features": {"containerd-snapshotter": containerd_store},
        }
        (folder / "daemon.json").write_text(json.dumps(settings, indent=2))
        client = Engine(name, env)
        daemon = Daemon.start(
            [prefix.program("dockerd"), "--config-file", str(folder / "daemon.json")],
            log=folder / "dockerd.log",
            env=env,
            ready=lambda: socket.exists() and client.run(["version"], check=False, timeout=30).code == 0,
            outlive=outlive,
        )
        return cls(name, env, folder, daemon)

    def stop(self) -> None:
        """Ends the engine and takes its bridge away; its data goes with the run's folder."""
        if self.daemon is not None:
            self.daemon.stop()
        remove_bridge(self.folder)

    def make_fresh(self) -> None:
        """Forgets every build cache record and every image: what a machine that has never built knows."""
        images = self.run(["image", "ls", "-aq", "--no-trunc"]).stdout.split()
        if images:
            self.run(["image", "rm", "-f", *sorted(set(images))])
        self.run(["buildx", "prune", "-af"])


def machine_engine() -> Engine | None:
    """The Docker engine that this machine already has with buildx and the containerd image store, if any."""
    if shutil.which("docker") is None:
        return None
    engine = Engine("machine", dict(os.environ))
    store = engine.run(["info", "--format", "{{json .DriverStatus}}"], check=False, timeout=30)
    if store.code != 0 or "io.containerd.snapshotter" not in store.stdout:
        return None
    return engine if engine.run(["buildx", "version"], check=False, timeout=30).code == 0 else None
