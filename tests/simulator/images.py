"""Base images of the toy world, each with traps in it, and the facts that a lock file would hold of them."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.facts.model import WATCHED_FILES, DirectoryFacts, PlatformFacts
from tests.simulator import accounts
from tests.simulator.tree import Failure, Tree, directory, file, link, planted

if TYPE_CHECKING:
    from tests.simulator.tree import Node

PATH = ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
PROGRAMS = (
    *("sh", "bash", "mkdir", "ln", "chmod", "chown", "cp", "mv", "rm", "rmdir", "touch", "cat", "ls", "sed", "env"),
    *("id", "pwd", "useradd", "groupadd", "apt-get", "pip", "pip3", "npm", "go"),
)


@dataclass(frozen=True)
class Config:
    """An image's config, in canonical form: variables as a mapping, lists only where the order counts."""

    env: dict[str, str] = field(default_factory=dict)
    directory: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()
    cmd: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    ports: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    signal: str = ""
    health: tuple[object, ...] = ()
    onbuild: tuple[str, ...] = ()
    author: str = ""


@dataclass(frozen=True)
class ToyImage:
    """An image: its filesystem and its config."""

    tree: Tree
    config: Config = field(default_factory=Config)


def facts(image: ToyImage, distribution: str = "debian") -> PlatformFacts:
    """What the lock file says of an image, by the same rules."""
    tree = image.tree
    links = {}
    odd = {}
    listings = {}
    for path, node in sorted(tree.nodes.items()):
        if node.kind == "l":
            try:
                there = tree.get(tree.locate(path))
            except Failure:
                there = None
            if there is None or there.kind == "d":
                links[path] = node.link
        elif node.kind == "d":
            if (node.mode, node.uid, node.gid) != (0o755, 0, 0):
                odd[path] = DirectoryFacts(node.uid, node.gid, node.mode)
            if path.count("/") <= 2:
                below = (name for name in tree.names(path) if tree.nodes[posixpath.join(path, name)].kind == "d")
                listings[path] = tuple(below)
    users = accounts.lines(tree, "/etc/passwd")
    config = image.config
    return PlatformFacts(
        digest="sha256:" + hashlib.sha256(repr(sorted(tree.nodes)).encode()).hexdigest(),
        env=tuple(config.env.items()),
        working_dir=config.directory,
        user=config.user,
        shell=config.shell,
        onbuild=config.onbuild,
        distribution=distribution,
        version="13",
        symlinks=links,
        odd_directories=odd,
        listings=listings,
        files=frozenset(path for path in WATCHED_FILES if tree.stat(path) is not None),
        users={fields[0]: int(fields[2]) for fields in users},
        groups={fields[0]: int(fields[2]) for fields in accounts.lines(tree, "/etc/group")},
        homes={fields[0]: fields[5] for fields in users},
    )


def _root(*more: tuple[str, Node]) -> Tree:
    programs = [(f"/usr/bin/{name}", file(f"program {name}\n", 0o755)) for name in PROGRAMS]
    return planted(
        [
            *programs,
            ("/bin", link("usr/bin")),
            ("/lib", link("usr/lib")),
            ("/usr/lib/libc.so", file("libc\n", 0o644)),
            ("/etc/passwd", file("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n")),
            ("/etc/group", file("root:x:0:\nnogroup:x:65534:\n")),
            ("/etc/os-release", file("ID=debian\nVERSION_ID=13\n")),
            ("/etc/ssl/certs/ca-certificates.crt", file("certificates\n")),
            ("/etc/apt/sources.list", file("deb main\n")),
            ("/tmp", directory(0o1777)),
            ("/root", directory(0o700)),
            *((path, directory()) for path in ("/home", "/dev", "/proc", "/sys")),
            ("/opt", directory()),
            ("/var/lib/dpkg/status", file("")),
            ("/var/lib/apt/lists", directory()),
            ("/var/cache/apt/archives", directory()),
            ("/usr/lib/python3/site-packages", directory()),
            *more,
        ]
    )


def base_images() -> dict[str, ToyImage]:
    """The images that generated Dockerfiles build on, by name."""
    env = {PATH[0]: PATH[1]}
    clean = ("/etc/apt/apt.conf.d/docker-clean", file("clean\n"))
    return {
        "debian:13": ToyImage(_root(clean), Config(env=env, cmd=("bash",))),
        "odd:1": ToyImage(
            _root(
                ("/priv", directory(0o700)),
                ("/sl", link("/opt")),
                ("/opt/inner", directory(0o750, 5, 5)),
                ("/srv", directory(0o755, 1000, 1000)),
                ("/app", link("srv/app")),
                ("/srv/app", directory(0o775, 1000, 1000)),
                ("/var/run", link("/run")),
                ("/run", directory()),
                ("/etc/app.conf", link("/opt/app.conf")),
                ("/work/conf", file("a file where others have a directory\n")),
                ("/usr/local/bin", directory(0o2775, 0, 50)),
            ),
            Config(env={**env, "APP_HOME": "/srv/app", "VERSION": "base"}, cmd=("old",), entrypoint=("/init",)),
        ),
        "user:1": ToyImage(
            _root(
                clean,
                ("/etc/passwd", file("root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n")),
                ("/etc/group", file("root:x:0:\napp:x:1000:\n")),
                ("/home/app", directory(0o755, 1000, 1000)),
                ("/work", directory(0o755, 1000, 1000)),
            ),
            Config(env={**env, "HOME": "/home/app"}, user="app", directory="/work"),
        ),
        "trigger:1": ToyImage(
            _root(("/usr/src/app", directory())),
            Config(
                env={**env, "NODE_ENV": "production"},
                directory="/usr/src/app",
                onbuild=("COPY conf /onbuild/conf", "ARG TRIGGERED=yes", "RUN mkdir -p /onbuild/made"),
            ),
        ),
    }
