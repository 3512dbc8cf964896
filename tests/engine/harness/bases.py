"""The base images of the engine tests, made once from Debian packages, kept in a registry of their own."""

from __future__ import annotations

import hashlib
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.harness.clients import client_files
from tests.engine.harness.commands import run
from tests.engine.harness.errors import HarnessError, Unavailable
from tests.engine.harness.packages import debian_mirror, install_machine_programs, machine_program
from tests.engine.harness.paths import cache_root, forget_old, locked
from tests.engine.harness.registry import Registry

if TYPE_CHECKING:
    from tests.engine.harness.engine import Engine
    from tests.engine.harness.packages import Prefix

RELEASE = "trixie"
RECIPE = Path(__file__).parent.parent / "bases" / "Dockerfile"

NAMES = (
    "busybox",
    "debian",
    "debian-python",
    "debian-cc",
    "debian-rust",
    "debian-go",
    "debian-node",
)
"""The stages of `RECIPE`; a base's name in the registry is `NAME:RELEASE`."""


@dataclass(slots=True)
class Bases:
    """Base images by name; each is built when first asked for, on the engine that is handed in."""

    registry: Registry
    folder: Path
    files: dict[str, bytes] = field(repr=False)

    @classmethod
    def start(cls, run_folder: Path, prefix: Prefix, *, outlive: bool = False) -> Bases:
        """Starts the registry over the cached images that fit this machine and this recipe."""
        files = client_files()
        key = hashlib.sha256(f"{RELEASE} {platform.machine()}".encode() + RECIPE.read_bytes())
        for path, content in files.items():
            key.update(f"\n{path} {hashlib.sha256(content).hexdigest()}".encode())
        folder = cache_root() / "bases" / key.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        forget_old(folder)
        registry = Registry.start(run_folder, prefix, storage=folder / "registry", outlive=outlive)
        return cls(registry, folder, files)

    def reference(self, name: str) -> str:
        """What to write after FROM; whether the image is there is for `ensure`."""
        return f"{self.registry.host}/{name}:{RELEASE}"

    def ensure(self, engine: Engine, names: tuple[str, ...] = NAMES) -> dict[str, str]:
        """Builds those of `names` that are not there yet; out: each name's reference.

        Errors: `HarnessError` for a name that `NAMES` lacks, or where a build fails.
        """
        unknown = sorted(set(names) - set(NAMES))
        if unknown:
            raise HarnessError(f"no base image {', '.join(unknown)}; there are {', '.join(NAMES)}")
        if any(not self._present(name) for name in names):
            with locked("bases", timeout=1800):
                missing = [name for name in names if not self._present(name)]
                if missing:
                    self._build(engine, missing)
        return {name: self.reference(name) for name in names}

    def _present(self, name: str) -> bool:
        return self.registry.manifest(name, RELEASE) is not None

    def _build(self, engine: Engine, names: list[str]) -> None:
        install_machine_programs()
        programs, client = self.folder / "programs", self.folder / "client"
        shutil.rmtree(programs, ignore_errors=True)
        shutil.rmtree(client, ignore_errors=True)
        programs.mkdir()
        shutil.copy(machine_program("busybox"), programs / "busybox")
        for path, content in self.files.items():
            (client / path).parent.mkdir(parents=True, exist_ok=True)
            (client / path).write_bytes(content)
        client.mkdir(exist_ok=True)
        contexts = [f"client={client}", f"programs={programs}"]
        if names != ["busybox"]:
            contexts += self._debian(engine)
        for name in names:
            engine.build(
                *(word for context in contexts for word in ("--build-context", context)),
                *("--file", str(RECIPE), "--target", name, "--provenance=false"),
                # A base is read far more often than written, and zstd reads fast.
                "--output",
                f"type=image,name={self.reference(name)},push=true,compression=zstd,force-compression=true",
                str(programs),
                timeout=1200,
            )

    def _debian(self, engine: Engine) -> list[str]:
        """The named context that stands in for Docker Hub's debian image where debootstrap can make one."""
        try:
            mirror = debian_mirror()
            debootstrap = machine_program("debootstrap")
        except Unavailable:
            return []  # a machine with an engine and no Debian pulls the real one
        root = self.folder / "rootfs"
        made = self.folder / "rootfs.tar"
        if not made.is_file():
            shutil.rmtree(root, ignore_errors=True)
            run([debootstrap, "--variant=minbase", RELEASE, str(root), mirror], timeout=900)
            shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
            shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
            (root / "var/cache/apt/archives/partial").mkdir(parents=True)
            (root / "var/lib/apt/lists/partial").mkdir(parents=True)
            part = made.with_suffix(".part")
            run(["tar", "-C", str(root), "--numeric-owner", "--sort=name", "-cf", str(part), "."], timeout=300)
            part.replace(made)
            shutil.rmtree(root)
        reference = self.reference("debian-root")
        engine.run(["import", str(made), reference], timeout=300)
        engine.run(["push", "-q", reference], timeout=300)
        return [f"debian:{RELEASE}=docker-image://{reference}"]
