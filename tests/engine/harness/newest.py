"""The newest BuildKit and buildx, built with Go: a buildkitd of ours and a remote builder on it.

Debian's engine is what the suite runs on; this one shows what a newer BuildKit makes of the same bake file. The
versions are those of tests/engine/newest/go.mod.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.harness.commands import run
from tests.engine.harness.daemons import Daemon
from tests.engine.harness.engine import Engine, bare_environment
from tests.engine.harness.errors import Unavailable
from tests.engine.harness.packages import machine_program, need_debian_root
from tests.engine.harness.paths import cache_root, forget_old, locked

if TYPE_CHECKING:
    from tests.engine.harness.packages import Prefix

WANTED_VARIABLE = "BAKEGEN_TEST_NEWEST"
MODULE = Path(__file__).parent.parent / "newest"
MODULES = ("github.com/moby/buildkit", "github.com/docker/buildx")
TOOLS = {
    "buildkitd": "github.com/moby/buildkit/cmd/buildkitd",
    "buildctl": "github.com/moby/buildkit/cmd/buildctl",
    "buildx": "github.com/docker/buildx/cmd/buildx",
}


def newest_tools() -> Path:
    """The folder with `TOOLS`, built when the cache has none of these versions (minutes).

    Errors: `Unavailable` unless `BAKEGEN_TEST_NEWEST=1` and Go are there; `CommandFailed` where the build fails.
    """
    if os.environ.get(WANTED_VARIABLE) != "1":
        raise Unavailable(f"tests on the newest BuildKit run with {WANTED_VARIABLE}=1")
    go = shutil.which("go")
    if go is None:
        raise Unavailable("the newest BuildKit is built with Go, which this machine lacks")
    versions = (MODULE / "go.mod").read_bytes() + (MODULE / "go.sum").read_bytes()
    folder = cache_root() / "newest" / hashlib.sha256(versions).hexdigest()[:16]
    with locked("newest", timeout=3600):
        if all((folder / name).is_file() for name in TOOLS):
            forget_old(folder)
            return folder
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        told = " ".join(f"-X {module}/version.Version={_version(go, module)}" for module in MODULES)
        command = [go, "build", "-trimpath", f"-ldflags=-s -w {told}", "-o", f"{part}/", *TOOLS.values()]
        run(["nice", *command], cwd=MODULE, env={**os.environ, "CGO_ENABLED": "0"}, timeout=3000)
        part.replace(folder)
    return folder


def _version(go: str, module: str) -> str:
    return run([go, "list", "-m", "-f", "{{.Version}}", module], cwd=MODULE).stdout.strip()


@dataclass(frozen=True, slots=True)
class NewestEngine(Engine):
    """A standalone buildkitd with a remote builder on it; it has no image store: what is built is pushed or cached."""

    folder: Path = field(default_factory=Path)
    daemon: Daemon | None = None

    @classmethod
    def start(cls, name: str, folder: Path, prefix: Prefix, tools: Path, *, outlive: bool = False) -> NewestEngine:
        """Starts a buildkitd that keeps everything it has below `folder`.

        Errors: `HarnessError` with the end of its log where it does not come up.
        """
        need_debian_root()
        config = folder / "docker-config"
        plugins = config / "cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-buildx").symlink_to(tools / "buildx")
        socket = folder / "buildkitd.sock"
        env = {**bare_environment(), "PATH": prefix.path, "DOCKER_CONFIG": str(config)}
        control = [str(tools / "buildctl"), "--addr", f"unix://{socket}", "debug", "workers"]
        daemon = Daemon.start(
            [
                *(str(tools / "buildkitd"), "--addr", f"unix://{socket}", "--root", str(folder / "data")),
                *("--containerd-worker=false", "--oci-worker=true"),
                # A bridge would need CNI plugins; the machine's own network reaches the same registries.
                *("--oci-worker-net=host", f"--oci-worker-binary={machine_program('runc')}"),
                *("--allow-insecure-entitlement=network.host",),
            ],
            log=folder / "buildkitd.log",
            env=env,
            ready=lambda: socket.exists() and run(control, env=env, check=False, timeout=30).code == 0,
            outlive=outlive,
        )
        (folder / "pid").write_text(str(daemon.pid))
        engine = cls(name, env, folder, daemon)
        engine.run(["buildx", "create", "--name", name, "--driver", "remote", "--use", f"unix://{socket}"])
        return engine

    def stop(self) -> None:
        """Ends the daemon; its data goes with the run's folder."""
        if self.daemon is not None:
            self.daemon.stop()

    def make_fresh(self) -> None:
        """Forgets every build cache record: what a machine that has never built knows."""
        self.run(["buildx", "prune", "-af"])
