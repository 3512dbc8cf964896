"""The build context of the toy world, in variants: what the projects in it ask of their package managers.

Also what the rewriter is told of it: `ToyContext` and `ToyHistory` are the facts that a real context and git give.
"""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.facts.model import Kind
from bakegen.text import Source
from tests.simulator.copying import wildcards
from tests.simulator.tree import Failure, Tree, file, link, planted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulator.tree import Node

VARIANTS = {
    "pip": ("plain", "nested", "editable", "local"),
    "npm": ("plain", "hooks", "file", "workspaces", "rc"),
    "go": ("plain", "replace", "work"),
    "tree": ("clean", "dirty"),
    "ignore": ("none", "some"),
}
IGNORES = {"none": "", "some": "*.log\n.git\n# noise\ntests\n!tests/keep.py\n"}


def archive() -> bytes:
    """A tar with directories, modes, owners and a link in it, always the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, mode, data in (
            ("data", 0o750, None),
            ("data/one.txt", 0o640, b"one\n"),
            ("app.conf", 0o644, b"tar\n"),
        ):
            member = tarfile.TarInfo(name)
            member.mode, member.uid, member.gid = mode, 7, 8
            if data is None:
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo("data/link")
        member.type, member.linkname = tarfile.SYMTYPE, "one.txt"
        tar.addfile(member)
    return out.getvalue()


def _python(variant: str) -> dict[str, Node]:
    text = {
        "plain": "flask==3.0\nrequests==2.1\n",
        "nested": "-r reqs/base.txt\n-c constraints.txt\nrequests==2.1\n",
        "editable": "flask==3.0\n-e .\n",
        "local": "flask==3.0\n./src\n",
    }[variant]
    return {
        "requirements.txt": file(text),
        "reqs/base.txt": file("flask==3.0 # pinned\n"),
        "constraints.txt": file("flask<4\n"),
        "pyproject.toml": file("[project]\nname='project'\n"),
        "src/pyproject.toml": file("[project]\nname='inner'\n"),
    }


def _node(variant: str) -> dict[str, Node]:
    package: dict[str, object] = {"name": "app", "version": "1.0.0", "dependencies": {"left": "1.0.0"}}
    package["devDependencies"] = {"jest": "9.0.0"}
    found: dict[str, Node] = {}
    packages = {
        "": {"name": "app"},
        "node_modules/left": {"version": "1.0.0"},
        "node_modules/jest": {"version": "9.0.0"},
    }
    if variant == "hooks":
        package["scripts"] = {"postinstall": "node build.js", "test": "jest"}
    elif variant == "file":
        package["dependencies"] = {"left": "1.0.0", "inner": "file:local-pkg"}
        packages["node_modules/inner"] = {"version": "0.0.1"}
        found["local-pkg/package.json"] = file('{"name": "inner", "version": "0.0.1"}\n')
        found["local-pkg/index.js"] = file("// inner\n")
    elif variant == "workspaces":
        package["workspaces"] = ["packages/*"]
        found["packages/one/package.json"] = file('{"name": "one", "version": "0.0.1"}\n')
        found["packages/two/package.json"] = file('{"name": "two", "version": "0.0.1"}\n')
    elif variant == "rc":
        found[".npmrc"] = file("registry=http://npm.example/\n")
    found["package.json"] = file(json.dumps(package, indent=1) + "\n")
    lock = {"name": "app", "lockfileVersion": 3, "packages": packages}
    found["package-lock.json"] = file(json.dumps(lock, indent=1) + "\n")
    return found


def _golang(variant: str) -> dict[str, Node]:
    text = "module example.com/app\n\ngo 1.22\n\nrequire example.com/dep v1.0.0\n"
    found = {"go.sum": file("example.com/dep v1.0.0 h1:abc=\nexample.com/dep v1.0.0/go.mod h1:def=\n")}
    if variant == "replace":
        text += "require example.com/local v0.0.0\nreplace example.com/local => ./golocal\n"
        found["golocal/go.mod"] = file("module example.com/local\n")
        found["golocal/local.go"] = file("package local\n")
    elif variant == "work":
        found["go.work"] = file("go 1.22\n\nuse .\n")
    found["go.mod"] = file(text)
    return found


_COMMON: dict[str, Node] = {
    "Dockerfile": file("FROM scratch\n"),
    "README.md": file("read me\n"),
    "VERSION": file("1.2.3\n"),
    "main.go": file("package main\n"),
    "index.js": file("// main\n"),
    "src/app.py": file("print('app')\n"),
    "src/lib/util.py": file("print('util')\n", 0o600),
    "src/run.sh": file("#!/bin/sh\necho ran > /ran\n", 0o755),
    "conf/app.conf": file("name=app\nport=80\n"),
    "conf/extra.conf": file("name=extra\n", 0o640),
    "conf/sub/deep.conf": file("deep\n"),
    "link.txt": link("conf/app.conf"),
    "dirlink": link("src"),
    "conf/inner.link": link("app.conf"),
    "data/files.tar": file(archive()),
    "data/fake.tar": file("this is no archive\n"),
    "etc/apt/sources.list.d/extra.list": file("deb extra\n"),
    "etc/pip.conf": file("[global]\nindex-url=http://pip.example/\n"),
    "certs/ca-certificates.crt": file("our certificates\n"),
    "scripts/build.sh": file('echo "$VERSION $COMMIT" >> /etc/built\ncat /etc/app.conf >> /etc/built\n', 0o755),
    "scripts/setup.sh": file(
        "#!/bin/sh\nmkdir -p /opt/setup\nenv > /opt/setup/env\nls /opt > /opt/setup/list\n", 0o755
    ),
    "scripts/plain.sh": file("mkdir -p /opt/plain\nid -u > /opt/plain/id\npwd > /opt/plain/pwd\n"),
}
_DIRTY: dict[str, Node] = {
    ".git/HEAD": file("ref: refs/heads/main\n"),
    "debug.log": file("noise\n"),
    "node_modules/left/index.js": file("// stale\n"),
    "tests/test_app.py": file("assert True\n"),
    "tests/keep.py": file("keep\n"),
    "project.egg-info/PKG-INFO": file("stale\n"),
}


@cache
def _context(pip: str, npm: str, go: str, tree: str) -> Tree:
    entries = {**_COMMON, **_python(pip), **_node(npm), **_golang(go), **(_DIRTY if tree == "dirty" else {})}
    return planted((f"/{path}", node) for path, node in sorted(entries.items()))


def context(options: dict[str, str], own: str | None = None) -> Tree:
    """The context of a variant, without what its ignore file leaves out.

    The file itself is part of it; so is the Dockerfile's own one with the text `own`, which counts instead.
    """
    full = _context(options["pip"], options["npm"], options["go"], options["tree"])
    shared = IGNORES[options["ignore"]]
    ignore = shared if own is None else own
    if not ignore:
        return full
    full = full.copy()
    if shared:
        full.nodes["/.dockerignore"] = file(shared)
    if own is not None:
        full.nodes["/Dockerfile.dockerignore"] = file(own)
    rules = IgnoreFile.parse(Source(".dockerignore", ignore))
    kept = {path: node for path, node in full.nodes.items() if path == "/" or not rules.excludes(path[1:])}
    for path in list(kept):
        parent = posixpath.dirname(path)
        while parent not in kept:
            kept[parent] = full.nodes[parent]
            parent = posixpath.dirname(parent)
    # An empty directory is sent where only what is in it is left out.
    return Tree(kept)


@dataclass(frozen=True)
class ToyContext:
    """The facts of a context, as `bakegen.facts.model.ContextFacts` asks for them."""

    tree: Tree

    def kind(self, path: str) -> Kind | None:
        """What stands at `path`."""
        node = self.tree.get(self._at(path))
        return None if node is None else {"d": Kind.DIRECTORY, "f": Kind.FILE, "l": Kind.SYMLINK}[node.kind]

    def mode(self, path: str) -> int | None:
        """The permission bits."""
        node = self.tree.get(self._at(path))
        return None if node is None else node.mode

    def read(self, path: str) -> Source | None:
        """A file's text."""
        node = self.tree.get(self._at(path))
        return None if node is None or node.kind != "f" else Source.from_bytes(path, node.data)

    def children(self, path: str) -> Sequence[str] | None:
        """The names in a directory."""
        at = self._at(path)
        node = self.tree.get(at)
        return self.tree.names(at) if node is not None and node.kind == "d" else None

    def matches(self, pattern: str) -> Sequence[str]:
        """The paths that a source of COPY means."""
        try:
            return sorted(path.lstrip("/") for path in wildcards(self.tree, pattern))
        except Failure:
            return ()

    def _at(self, path: str) -> str:
        return posixpath.normpath(posixpath.join("/", path))


@dataclass(frozen=True)
class ToyHistory:
    """How often files changed: most often what `often` names, by an order that the case decides."""

    tree: Tree
    weights: tuple[int, ...]

    def changes(self, path: str, exclude: Sequence[str] = ()) -> int | None:
        """In how many commits something at or below `path` changed."""
        top = posixpath.normpath(posixpath.join("/", path))
        rules = IgnoreFile.of(exclude) if exclude else None
        counts = [
            self.weights[(len(at) * 7 + sum(at.encode())) % len(self.weights)]
            for at, node in self.tree.nodes.items()
            if node.kind != "d"
            and (at == top or at.startswith(top.rstrip("/") + "/"))
            and not (rules is not None and rules.excludes(at[len(top.rstrip("/")) + 1 :]))
        ]
        return max(counts, default=0)
