"""Which files running a program looks at: the program itself, on each directory of PATH, and its libraries."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.effects.access import locate
from bakegen.effects.places import entry, tree

if TYPE_CHECKING:
    from bakegen.effects.places import Place
    from bakegen.effects.surroundings import Surroundings

LIBRARIES = frozenset(
    (
        *map(tree, ("/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32")),
        *map(tree, ("/usr/local/lib", "/usr/local/lib64", "/etc/ld.so.conf.d", "/etc/alternatives", "/usr/lib/locale")),
        *map(entry, ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.preload", "/etc/localtime")),
        *map(entry, ("/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path", "/etc/nsswitch.conf")),
        # Programs that are many: a link leads to one of these.
        *map(entry, ("/bin/busybox", "/usr/bin/busybox", "/bin/coreutils", "/usr/bin/coreutils", "/bin/toybox")),
        *map(entry, ("/bin", "/sbin", "/usr", "/usr/bin", "/usr/sbin")),
    )
)
"""What the dynamic loader and the C library look at: ld.so(8), and musl's dynlink.c."""

_NO_VARIABLES: dict[str, str] = {}

SHELLS = ("sh", "dash", "bash", "ash", "busybox")


def program(name: str, around: Surroundings) -> frozenset[Place]:
    """What is looked at when `name` is run: a path, or a name that is searched on PATH."""
    if not around.links:
        return _plainly(name, around.directory, around.environment.get("PATH") or "")
    return _looked_up(name, around, around.environment.get("PATH") or "")


@lru_cache(maxsize=1 << 12)
def _plainly(name: str, directory: str, path: str) -> frozenset[Place]:
    """The same without links: nothing else of the surroundings counts."""
    from bakegen.effects.surroundings import Surroundings

    return _looked_up(name, Surroundings(_NO_VARIABLES, directory), path)


def _looked_up(name: str, around: Surroundings, path: str) -> frozenset[Place]:
    if "/" in name:
        real, crossed = locate(around, name)
        return LIBRARIES | crossed | {entry(real), entry(posixpath.normpath(posixpath.join(around.directory, name)))}
    found = set(LIBRARIES)
    for directory in path.split(":"):
        # An empty element is the current directory.
        real, crossed = locate(around, posixpath.join(directory or ".", name))
        found |= crossed | {entry(real)}
    return frozenset(found)


def shell(name: str, around: Surroundings) -> frozenset[Place]:
    """What is looked at when the shell `name` is started, which is often a link to another one."""
    found = set(program(name, around))
    for directory in ("/bin", "/usr/bin"):
        found |= {entry(f"{directory}/{other}") for other in SHELLS}
    return frozenset(found)
