"""Platform names such as ``linux/arm64/v8``, normalised as containerd does; used by `resolve`.

Source: Parse and normalizeArch in containerd's platforms package.
"""

from __future__ import annotations

import re

from bakegen.values import dataclass

_SYSTEMS = frozenset(
    (
        *("aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl"),
        *("netbsd", "openbsd", "plan9", "solaris", "windows", "zos"),
    )
)
_ARCHITECTURES = frozenset(
    (
        *("386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le", "loong64", "mips"),
        *("mipsle", "mips64", "mips64le", "mips64p32", "mips64p32le", "ppc", "riscv", "riscv64", "s390", "s390x"),
        *("sparc", "sparc64", "wasm"),
    )
)
_PART = re.compile(r"[A-Za-z0-9_.-]+")
_SYSTEM = re.compile(r"([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?")


ANY_PLATFORM = "linux/amd64"
"""The platform that counts where none is named."""


class PlatformError(ValueError):
    """Text that names no platform."""


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system, its version, an architecture and its variant; absent parts are empty."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        """The full form: ``linux/arm/v7``, ``windows(10.0.17763)/amd64``."""
        system = f"{self.os}({self.os_version})" if self.os_version else self.os
        return "/".join(part for part in (system, self.architecture, self.variant) if part)

    def short(self) -> str:
        """The form without the version of the operating system."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def parse_platform(text: str, local: Platform | None = None) -> Platform:
    """The platform that `text` names; `local` fills in what is left out. Raises `PlatformError`."""
    local = local or Platform("linux", "amd64")
    parts = text.split("/", 3)
    system = _SYSTEM.fullmatch(parts[0])
    if system is None or len(parts) > 3 or not all(_PART.fullmatch(part) for part in parts[1:]):
        raise PlatformError(f"{text!r} is no platform")
    os_name = system[1].lower()
    if os_name == "macos":
        os_name = "darwin"
    version = system[2] or ""
    if len(parts) == 1:
        if os_name in _SYSTEMS:
            return Platform(os_name, local.architecture, "", version)
        architecture, variant = _architecture(parts[0], "")
        if architecture not in _ARCHITECTURES:
            raise PlatformError(f"{text!r} is neither an operating system nor an architecture")
        return Platform(local.os, architecture, _plain_variant(architecture, variant))
    architecture, variant = _architecture(parts[1], parts[2] if len(parts) == 3 else "")
    if len(parts) == 2:
        variant = _plain_variant(architecture, variant)
    elif architecture == "arm64" and not variant:
        variant = "v8"
    return Platform(os_name, architecture, variant, version)


def normalized(platform: Platform) -> Platform:
    """The platform as the build's own ``--platform`` is normalised: ``arm64/v8`` is ``arm64``."""
    architecture, variant = _architecture(platform.architecture, platform.variant)
    return Platform(platform.os, architecture, variant, platform.os_version)


def _plain_variant(architecture: str, variant: str) -> str:
    return "" if architecture == "arm" and variant == "v7" else variant


def _architecture(name: str, variant: str) -> tuple[str, str]:
    name, variant = name.lower(), variant.lower()
    if name == "i386":
        return "386", ""
    if name in ("x86_64", "x86-64", "amd64"):
        return "amd64", "" if variant == "v1" else variant
    if name in ("aarch64", "arm64"):
        if variant in ("8", "v8", "v8.0"):
            return "arm64", ""
        return "arm64", "v9" if variant in ("9", "9.0", "v9.0") else variant
    if name == "armhf":
        return "arm", "v7"
    if name == "armel":
        return "arm", "v6"
    if name == "arm":
        if variant in ("", "7"):
            return "arm", "v7"
        return "arm", "v" + variant if variant in ("5", "6", "8") else variant
    return name, variant
