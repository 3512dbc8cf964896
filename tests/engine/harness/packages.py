"""Puts an engine's programs on the machine: its own Debian packages, and newer ones unpacked into the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.harness.commands import CommandFailed, run
from tests.engine.harness.errors import HarnessError, Unavailable
from tests.engine.harness.paths import cache_root, forget_old, locked

if TYPE_CHECKING:
    from pathlib import Path

ENGINE_SUITE = "forky"
ENGINE_PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "containerd", "docker-registry")
"""Never installed: the suite is newer than the machine, so they are unpacked into a prefix of their own."""

MACHINE_PROGRAMS = {
    "runc": "runc",
    "iptables": "iptables",
    "tini": "tini",
    "debootstrap": "debootstrap",
    "busybox": "busybox-static",
    "ip": "iproute2",
}
"""Programs that come from the machine's own Debian, with the package that brings each."""

RECHECK_AFTER = 7 * 24 * 3600
"""Seconds that an unpacked prefix is used without asking the archive whether there is a newer one."""

_INSTALL = ("apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")


@dataclass(frozen=True, slots=True)
class Prefix:
    """A folder with the engine's programs in it."""

    root: Path

    @property
    def path(self) -> str:
        """PATH for the engine: its own programs first, then the machine's."""
        own = [str(self.root / "usr/bin"), str(self.root / "usr/sbin")]
        return os.pathsep.join([*own, os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

    def program(self, name: str) -> str:
        """The path of a program in this prefix; errors: `HarnessError` where it is missing."""
        found = shutil.which(name, path=self.path)
        if found is None:
            raise HarnessError(f"{name} is not in {self.root}")
        return found

    @property
    def buildx(self) -> Path:
        """The buildx CLI plugin."""
        return self.root / "usr/libexec/docker/cli-plugins/docker-buildx"


def need_debian_root() -> None:
    """Errors: `Unavailable` where this is not Debian (or a child with Debian's archive) with root rights."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Unavailable("no Docker engine here, and the harness can set one up on Debian only")
    if os.geteuid() != 0:
        raise Unavailable("no Docker engine here, and setting one up needs root")


def install_machine_programs() -> None:
    """Installs those of `MACHINE_PROGRAMS` that are missing from the machine's own Debian."""
    missing = [package for program, package in MACHINE_PROGRAMS.items() if _find(program) is None]
    if not missing:
        return
    need_debian_root()
    run(["apt-get", "update", "-q"], timeout=300)
    run([*_INSTALL, *missing], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, timeout=600)


def machine_program(name: str) -> str:
    """The path of one of `MACHINE_PROGRAMS`; errors: `Unavailable` where the machine lacks it."""
    found = _find(name)
    if found is None:
        raise Unavailable(f"`{name}` (package {MACHINE_PROGRAMS.get(name, name)}) is missing")
    return found


def debian_mirror() -> str:
    """The URI of Debian's archive that this machine's own apt configuration names.

    Errors: `Unavailable` where apt has no such source.
    """
    if shutil.which("apt-get") is None:
        raise Unavailable("no apt here")
    shown = "$(REPO_URI)|$(CODENAME)|$(ORIGIN)|$(COMPONENT)"
    for refreshed in (False, True):
        if refreshed:  # apt knows a source's origin only once its lists are there
            run(["apt-get", "update", "-q"], timeout=300)
        listed = run(["apt-get", "indextargets", "--format", shown, "Created-By: Packages"]).stdout
        rows = [tuple(line.split("|")) for line in listed.splitlines() if line.count("|") == 3]
        for uri, codename, origin, component in rows:
            # "bookworm", not "bookworm-updates" nor "bookworm-security"
            if origin == "Debian" and component == "main" and "-" not in codename:
                return uri.rstrip("/")
    raise Unavailable("apt has no source with Debian's archive")


def engine_prefix() -> Prefix:
    """The engine's programs, unpacked into the cache; asks the archive again when they are a week old.

    Errors: `Unavailable` where this machine cannot have them, `CommandFailed` where a download fails.
    """
    home = cache_root() / "packages"
    current = home / "current"
    with locked("packages"):
        stamp = current / "complete"
        if stamp.is_file() and time.time() - stamp.stat().st_mtime < RECHECK_AFTER:
            return Prefix(current.resolve())
        try:
            prefix = _refresh(home)
        except (CommandFailed, Unavailable):
            if stamp.is_file():  # an older engine is better than none, and a lost network no reason to fail
                return Prefix(current.resolve())
            raise
        link = home / "current.new"
        link.unlink(missing_ok=True)
        link.symlink_to(prefix.root.name)
        link.replace(current)
        return prefix


def _refresh(home: Path) -> Prefix:
    """Unpacks the newest engine packages unless that very set is already there."""
    need_debian_root()
    lists = home / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    sources = home / "sources.list"
    sources.write_text(f"deb {debian_mirror()} {ENGINE_SUITE} main\n")
    options = [
        *("-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null"),
        *("-o", f"Dir::State::Lists={lists}"),
        # The machine's own package cache must not hear of the other suite.
        *("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="),
        *("-o", "APT::Update::Post-Invoke-Success=", "-o", "APT::Sandbox::User=root"),
    ]
    run(["apt-get", "update", "-q", *options], timeout=300)
    uris = run(["apt-get", "download", "-q", "--print-uris", *options, *ENGINE_PACKAGES]).stdout
    files = sorted(line.split()[1] for line in uris.splitlines() if line.startswith("'"))
    root = home / hashlib.sha256("\n".join(files).encode()).hexdigest()[:16]
    if not (root / "complete").is_file():
        shutil.rmtree(root, ignore_errors=True)
        debs = root / "debs"
        debs.mkdir(parents=True)
        run(["apt-get", "download", "-q", *options, *ENGINE_PACKAGES], cwd=debs, timeout=600)
        for deb in sorted(debs.glob("*.deb")):
            run(["dpkg-deb", "-x", str(deb), str(root)])
        shutil.rmtree(debs)
        (root / "versions.txt").write_text("\n".join(files) + "\n")
    (root / "complete").touch()
    os.utime(lists)
    forget_old(root)
    return Prefix(root)


def _find(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))
