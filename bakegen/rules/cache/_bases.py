"""Facts of images for examples."""

from __future__ import annotations

from bakegen.facts.model import PlatformFacts

ON_DEBIAN = {
    "debian": PlatformFacts(
        "sha256:" + "d" * 64,
        env=(("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),),
        symlinks={"/bin": "usr/bin", "/lib": "usr/lib", "/sbin": "usr/sbin"},
        listings={"/": ("etc", "usr", "var"), "/usr": ("bin", "lib", "local", "sbin"), "/usr/local": ("bin", "sbin")},
        users={"root": 0},
    )
}
"""What the lock file says of the base in the examples, in short."""
