"""Base images of the toy world, each with traps in it, and the facts that a lock file would hold of them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakegen.compare.model import Entry, Kind
from bakegen.facts.image import platform_facts
from bakegen.facts.root import Root
from tests.simulator.tree import Tree, directory, file, link, planted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.facts.model import PlatformFacts
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


def facts(image: ToyImage) -> PlatformFacts:
    """What the lock file says of an image: by its own code."""
    config = image.config
    described = {
        "Env": [f"{name}={value}" for name, value in config.env.items()],
        "WorkingDir": config.directory,
        "User": config.user,
        "Shell": list(config.shell),
        "OnBuild": list(config.onbuild),
    }
    kinds = {"d": Kind.DIRECTORY, "f": Kind.FILE, "l": Kind.SYMLINK}
    entries = {
        path: Entry(kinds[node.kind], node.mode, node.uid, node.gid, target=node.link, text=node.data)
        for path, node in sorted(image.tree.nodes.items())
        if path != "/"
    }
    digest = "sha256:" + hashlib.sha256(repr(image).encode()).hexdigest()
    return platform_facts(digest, {"config": described}, Root(entries), index_digest=digest)


def tarred(tree: Tree, links: Mapping[str, str] | None = None) -> bytes:
    """A tree as a layer; `links` are paths at which a link stands there instead."""
    out = io.BytesIO()
    links = links or {}
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, node in sorted(tree.nodes.items()):
            if path == "/":
                continue
            member = tarfile.TarInfo(path[1:])
            member.mode, member.uid, member.gid = node.mode, node.uid, node.gid
            target = links.get(path, node.link)
            if node.kind == "d":
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            elif target:
                member.type, member.linkname = tarfile.SYMTYPE, target
                tar.addfile(member)
            else:
                member.size = len(node.data)
                tar.addfile(member, io.BytesIO(node.data))
    return out.getvalue()


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
