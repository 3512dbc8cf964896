"""RUN --mount: what is laid over the tree while a command runs, and what stays of it.

Source: MountStubsCleaner in BuildKit's executor/stubs.go: a mount point that was not there is taken away again where
it is empty, and so are the directories above it.
"""

from __future__ import annotations

import posixpath
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.simulator.tree import Failure, Node, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.dockerfile.mounts import MountFacts
    from bakegen.dockerfile.steps import Step
    from tests.simulator.builder import World


@contextmanager
def mounted(
    tree: Tree, step: Step, world: World, sources: Mapping[str, Tree], variables: dict[str, str]
) -> Iterator[None]:
    """Lays the mounts of a RUN over `tree`, and takes them off again. Raises `Failure`."""
    laid: list[tuple[str, dict[str, Node], MountFacts, bool]] = []
    stubs: list[str] = []
    for mount in sorted(step.mounts, key=lambda one: _target(step, one).count("/")):
        at = tree.rooted(_target(step, mount))
        if mount.kind == "secret":
            data = world.secrets.get(mount.id)
            if data is None and mount.required:
                raise Failure(f"no secret {mount.id}")
            if data is not None and mount.env:
                variables[mount.env] = data.decode()
            if data is None or (mount.env and not mount.target):
                continue
        nodes = _contents(step, mount, world, sources)
        absent = tree.get(at) is None
        above = posixpath.dirname(at)
        while tree.get(above) is None:
            stubs.append(above)
            above = posixpath.dirname(above)
        tree.makedirs(posixpath.dirname(at))
        before = tree.subtree(at)
        tree.graft(at, nodes)
        laid.append((at, before, mount, absent))
    frozen = tuple(at for at, _, mount, _ in laid if mount.kind in ("bind", "secret") and mount.read_only)
    tree.frozen = frozen
    try:
        yield
    finally:
        tree.frozen = ()
        for at, before, mount, absent in reversed(laid):
            if mount.kind == "cache":
                world.caches[_id(mount, at)] = Tree(dict(tree.subtree(at)))
            tree.remove(at)
            if not absent:
                tree.graft(at, before)
        for stub in sorted(stubs, key=len, reverse=True):
            if tree.get(stub) is not None and not tree.names(stub):
                tree.remove(stub)


def _target(step: Step, mount: MountFacts) -> str:
    target = mount.target
    if mount.kind == "secret" and not target:
        target = f"/run/secrets/{mount.id}"
    return posixpath.normpath(posixpath.join(step.directory or "/", target))


def _id(mount: MountFacts, at: str) -> str:
    return mount.id or at


def _contents(step: Step, mount: MountFacts, world: World, sources: Mapping[str, Tree]) -> dict[str, Node]:
    if mount.kind == "tmpfs":
        return {"": Node("d", 0o1777)}
    if mount.kind == "cache":
        kept = world.caches.get(_id(mount, _target(step, mount)))
        if kept is not None:
            return dict(kept.nodes)
        return {"": Node("d", 0o755 if mount.mode is None else mount.mode, mount.uid or 0, mount.gid or 0)}
    if mount.kind == "secret":
        mode = 0o400 if mount.mode is None else mount.mode
        return {"": Node("f", mode, mount.uid or 0, mount.gid or 0, world.secrets[mount.id])}
    if mount.kind != "bind":
        raise Failure(f"cannot mount {mount.kind}")
    origin = sources.get(mount.target, world.context)
    top = origin.rooted("/" + mount.source)
    if origin.get(top) is None:
        raise Failure(f"no {mount.source} to mount")
    return origin.subtree(top)
