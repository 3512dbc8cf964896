"""What one command touches, collected path by path; the models of `commands` and `interpret` build effects with it.

Decides in one place how a path of a command line becomes places: links followed, every entry on the way looked at.
"""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING

from bakegen.effects.call import Argument
from bakegen.effects.model import NO_NAMES, CommandEffect, Names, Tier
from bakegen.effects.places import Extent, Place, clean, disturbed, entry, inside
from bakegen.effects.places import tree as whole

if TYPE_CHECKING:
    from bakegen.effects.call import Call
    from bakegen.effects.surroundings import Surroundings

_MAX_LINKS = 40
_NOT_IN_THE_IMAGE = ("/dev", "/proc", "/sys")


class Opaque(Exception):
    """A command that is not understood: the reason as a clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def locate(around: Surroundings, path: str, *, last: bool = True) -> tuple[str, frozenset[Place]]:
    """Where a path leads as the kernel walks it, and the entries that it looks at on the way.

    Args:
        around: gives the directory and the links that are known.
        path: absolute, or relative to the directory.
        last: whether a link at the very end is followed too.
    """
    whole = path if path.startswith("/") else posixpath.join("/", around.directory, path)
    if not around.links:
        return _plainly(whole)
    wanted = [part for part in whole.split("/") if part not in ("", ".")]
    at, hops = "/", 0
    crossed: set[Place] = set()
    while wanted:
        part = wanted.pop(0)
        if part == "..":
            at = posixpath.dirname(at)
            continue
        step = f"{at.rstrip('/')}/{part}"
        target = around.links.get(step)
        if target is not None and (wanted or last) and hops < _MAX_LINKS:
            hops += 1
            crossed.add(entry(step))
            wanted = [piece for piece in target.split("/") if piece not in ("", ".")] + wanted
            at = "/" if target.startswith("/") else at
            continue
        if wanted:
            crossed.add(entry(step))
        at = step
    return at, frozenset(crossed)


@lru_cache(maxsize=1 << 14)
def _plainly(path: str) -> tuple[str, frozenset[Place]]:
    """Where an absolute path leads without any link, and the entries on the way."""
    wanted = [part for part in path.split("/") if part not in ("", ".")]
    at = "/"
    crossed: set[Place] = set()
    for number, part in enumerate(wanted, 1):
        if part == "..":
            at = posixpath.dirname(at)
            continue
        at = f"{at.rstrip('/')}/{part}"
        if number < len(wanted):
            crossed.add(entry(at))
    return at, frozenset(crossed)


class Access:
    """The places of one command as they are found; `links` are the symbolic links that it makes (None: any)."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.around = call.around
        self.reads: set[Place] = set()
        self.writes: set[Place] = set()
        self.ensures: set[str] = set()
        self.assumes: list[str] = []
        self.tier = Tier.FACTS
        self.variables = NO_NAMES
        self.links: tuple[tuple[str, str], ...] | None = ()

    def assume(self, what: str) -> None:
        """Takes something for granted that no fact says."""
        if what not in self.assumes:
            self.assumes.append(what)
        self.tier = max(self.tier, Tier.KNOWLEDGE)

    def path(self, path: str | Argument, *, last: bool = True) -> Place:
        """The place that a path or an argument means: an entry, or for a glob the tree that its matches are in.

        Raises:
            Opaque: the argument is not known.
        """
        if isinstance(path, Argument):
            if path.text is None:
                return self._open(path)
            path = path.text
        if path == "":
            raise Opaque("a path is empty")
        real, crossed = locate(self.around, path, last=last or path.endswith("/"))
        self.reads |= crossed
        return Place(real, Extent.ENTRY)

    def _open(self, argument: Argument) -> Place:
        """The tree that an argument lies in of which only the beginning is known."""
        prefix = argument.prefix
        if "/" not in prefix and not argument.pattern:
            raise Opaque("a path is not known")
        if not argument.pattern:
            if not argument.single:
                self.assume("variables in paths hold no blanks")
            self.assume("variables in paths hold no ..")
        elif not prefix:
            self.assume("no file name begins with a dash")
        fixed = prefix.rpartition("/")[0] + ("/" if "/" in prefix else "")
        real, crossed = locate(self.around, fixed or ".")
        self.reads |= crossed
        return Place(real, Extent.TREE)

    def _through(self, path: str | Argument, place: Place, last: bool) -> set[Place]:
        """Where the links lead that may be among the words that a glob becomes."""
        if not last or not isinstance(path, Argument) or path.text is not None:
            return set()
        around = self.around
        unknown = any(inside(one.path, place.path) or inside(place.path, one.path) for one in around.linked)
        if unknown or not around.links_known:
            self.assume(f"no symbolic link in {place.path} leads out of it")
        return {whole(locate(around, link)[0]) for link in around.links if inside(link, place.path)}

    def read(self, path: str | Argument, *, tree: bool = False, last: bool = True) -> Place:
        """Reads what is at a path; with `tree` all below it too."""
        place = self.path(path, last=last)
        place = Place(place.path, Extent.TREE) if tree else place
        if not outside(place.path):
            self.reads.add(place)
            self.reads |= self._through(path, place, last)
        return place

    def write(self, path: str | Argument, *, tree: bool = False, last: bool = True) -> Place:
        """Writes what is at a path, with `tree` anything below it; looks at the directory that it is in."""
        place = self.path(path, last=last)
        place = Place(place.path, Extent.TREE) if tree else place
        if not outside(place.path):
            self.writes.add(place)
            self.writes |= self._through(path, place, last)
            self.reads.add(entry(posixpath.dirname(place.path)))
        return place

    def spread(self, path: str | Argument) -> Place:
        """Reads and writes a tree through the links to directories that lie in it."""
        place = self.change(path, tree=True)
        self.links = None
        led = {whole(locate(self.around, link)[0]) for link in self.around.links if inside(link, place.path)}
        self.reads |= led
        self.writes |= led
        return place

    def runs(self, *names: str) -> None:
        """The command starts other programs."""
        from bakegen.effects.programs import program  # which needs `locate`

        for name in names:
            self.reads |= program(name, self.around)

    def home(self, path: str) -> str:
        """A path below the home directory.

        Raises:
            Opaque: that is not known.
        """
        if self.around.home is None:
            raise Opaque("the home directory is not known")
        self.environment("HOME")
        return posixpath.join(self.around.home, path)

    def is_directory(self, path: str) -> bool:
        """Whether a directory is surely at a path."""
        real, _ = locate(self.around, path)
        kind = self.around.kind(real)
        if kind is not None:
            return kind.value == "directory"
        if self.around.base is None or not self.around.base.is_directory(real):
            return real == "/"
        return not any(disturbed(place, entry(real)) for _, place in self.around.dirty)

    def is_no_directory(self, path: str) -> bool:
        """Whether surely no directory is at a path, nor a link to one."""
        real, _ = locate(self.around, path, last=False)
        around = self.around
        if real in around.links or any(inside(real, one.path) for one in around.copied):
            return False
        if any(disturbed(place, entry(real)) for _, place in around.dirty):
            return False
        return around.scratch or (around.base is not None and around.base.is_directory(real) is False)

    def change(self, path: str | Argument, *, tree: bool = False, last: bool = True) -> Place:
        """Reads and writes what is at a path."""
        self.read(path, tree=tree, last=last)
        return self.write(path, tree=tree, last=last)

    def make_directories(self, path: str | Argument, *, plain: bool = True) -> None:
        """Makes a directory and those above it that are missing; `plain`: as root with nothing said about modes."""
        place = self.path(path)
        if place.extent is Extent.TREE:
            self.change(path, tree=True)
            return
        at = place.path
        if outside(at) or at == "/":
            return
        made = {entry(one) for one in _with_ancestors(at)}
        if plain and self.around.is_root:
            # Who writes at one of them is in the way already, and two that make the same directory agree.
            self.ensures |= {one.path for one in made}
            self.reads -= made
        else:
            self.writes |= made
            self.reads |= made

    def environment(self, *names: str) -> None:
        """Variables that the command looks at (``X_*`` for a prefix)."""
        self.variables |= Names.of(*names)

    def effect(self) -> CommandEffect:
        """All of it."""
        return CommandEffect(
            reads=frozenset(self.reads),
            writes=frozenset(self.writes),
            ensures=frozenset(self.ensures),
            variables=self.variables,
            tier=self.tier,
            assumes=tuple(self.assumes),
            links=self.links,
            span=self.call.span,
        )


def outside(path: str) -> bool:
    """Whether a path is never part of the image: devices and kernel file systems are mounted over it in a RUN."""
    return any(inside(path, one) for one in _NOT_IN_THE_IMAGE)


def _with_ancestors(path: str) -> list[str]:
    found = []
    path = clean(path)
    while path != "/":
        found.append(path)
        path = posixpath.dirname(path)
    return found
