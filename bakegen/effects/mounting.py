"""What the mounts of a RUN hide of the stage's filesystem: reads and writes below them are of something else.

Used by `run`. Source: executor/oci in BuildKit; mount points that were missing are taken away again after the command
unless something was written beside them (executor/stubs.go), which was seen on the engine too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.effects.access import locate
from bakegen.effects.places import ancestors, inside, tree
from bakegen.effects.surroundings import Copied
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.dockerfile.mounts import MountFacts
    from bakegen.effects.model import CommandEffect
    from bakegen.effects.places import Place
    from bakegen.effects.surroundings import Surroundings

ALWAYS = ("/etc/resolv.conf", "/etc/hosts", "/proc", "/sys", "/dev")
"""What BuildKit mounts over the image in every RUN."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """The mounts of a RUN.

    Attributes:
        around: the surroundings with the mounts in them: files of the build context can be read where they are bound.
        targets: where something else lies over the stage's filesystem.
        variables: variables that a secret sets.
    """

    around: Surroundings
    targets: tuple[str, ...]
    variables: frozenset[str]

    def visible(self, effect: CommandEffect) -> CommandEffect:
        """The effect on the stage's filesystem alone."""
        reads = self._visible(effect.reads)
        writes = self._visible(effect.writes)
        ensures = {path for path in effect.ensures if not self._hidden(path)}
        # A directory that was made for a mount stays where something was put beside the mount.
        for target in self.targets:
            for above in ancestors(target):
                if any(inside(path, above) for path in (*ensures, *(place.path for place in writes))):
                    ensures.add(above)
        if reads == effect.reads and writes == effect.writes and ensures == effect.ensures:
            return effect
        return replace(effect, reads=reads, writes=writes, ensures=frozenset(ensures))

    def _visible(self, places: Iterable[Place]) -> frozenset[Place]:
        return frozenset(place for place in places if not self._hidden(place.path))

    def _hidden(self, path: str) -> bool:
        return _is_hidden(path, self.targets)


@lru_cache(maxsize=1 << 14)
def _is_hidden(path: str, targets: tuple[str, ...]) -> bool:
    return any(inside(path, target) for target in targets)


def mounted(mounts: Iterable[MountFacts], around: Surroundings) -> Mounted:
    """Lays the mounts of a RUN over the filesystem."""
    targets = list(ALWAYS)
    variables: set[str] = set()
    for facts in mounts:
        if facts.kind == "secret":
            if facts.env:
                variables.add(facts.env)
            if facts.env and not facts.target:
                continue
            name = facts.id or facts.source.rpartition("/")[2]
            target = facts.target or f"/run/secrets/{name}"
        elif facts.kind == "ssh":
            variables.add("SSH_AUTH_SOCK")
            target = facts.target or "/run/buildkit"
        else:
            target = facts.target
        real, _ = locate(around, target)
        targets.append(real)
        # What lay there before is hidden, whatever the mount has.
        around = around.altered(dirty=(*around.dirty, (len(around.copied), tree(real))))
        if facts.kind == "bind" and not facts.source_stage:
            source = facts.source.strip("/")
            around = around.altered(copied=(*around.copied, Copied(real, "" if source == "." else source)))
    if variables:
        around = around.altered(unsure=around.unsure | variables)
    return Mounted(around, tuple(targets), frozenset(variables))
