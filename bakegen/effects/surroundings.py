"""What is known at one point of a stage: directory, user, variables, links, and files that came from the context.

Made by `stages`, which walks the steps; the models of commands and the rewrites ask it.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from bakegen.dockerfile.expand import ExpandError, variables_of
from bakegen.effects.places import ANYWHERE, above, ancestors, clean, disturbed, entry, inside
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.effects.places import Place
    from bakegen.facts.model import ContextFacts, Kind, PlatformFacts
    from bakegen.text import Source

_MAX_LINKS = 40


class Variables(Protocol):
    """Looks variables up."""

    def get(self, name: str, /) -> str | None:
        """The value, or None where it is unset."""
        ...


@dataclass(frozen=True, slots=True)
class Copied:
    """A COPY of context files into the image: the container path of one source, and the context path it has there.

    `whole` says that `path` is a tree whose entries below are the context's below `source`.
    """

    path: str
    source: str
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """One point of a stage.

    Attributes:
        environment: the variables, by BuildKit's rules.
        directory: the working directory, "/" where none is set.
        directory_sure: whether every build has that one.
        user: as USER has it, "" for the image's default, which is root unless `base` says otherwise.
        shell: the words of SHELL.
        unsure: variables whose value another build can have otherwise (ARGs that the command line may set).
        complete: whether all variables are known; False where the base image's are not.
        base: facts of the image at the bottom of the stage; None where they are not known.
        scratch: whether that image is empty.
        links: symbolic links to directories that are known to be there: path -> link text.
        links_known: whether there are no others, but for those below `linked`.
        linked: places where commands may have made links that are not known.
        copied: what came from the context, later ones on top.
        dirty: what was written since in another way than by those copies.
        context: facts of the build context.
    """

    environment: Variables
    directory: str = "/"
    directory_sure: bool = True
    user: str = ""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    unsure: frozenset[str] = frozenset()
    complete: bool = False
    base: PlatformFacts | None = None
    scratch: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    links_known: bool = False
    linked: frozenset[Place] = frozenset()
    copied: tuple[Copied, ...] = ()
    dirty: tuple[tuple[int, Place], ...] = ()
    context: ContextFacts | None = None

    def altered(self, **changes: Any) -> Surroundings:
        """A copy with other values, as `dataclasses.replace` makes it; every command asks for some."""
        found: Surroundings = object.__new__(Surroundings)
        found.__dict__.update(self.__dict__, **changes)
        return found

    @property
    def is_root(self) -> bool:
        """Whether commands run as root."""
        name = self.user.partition(":")[0]
        if not name:
            return self.base is not None or self.scratch
        return name in ("root", "0")

    @property
    def home(self) -> str | None:
        """The home directory that a tool takes from HOME or the user; None where it is not known.

        BuildKit sets HOME for a RUN from the user's line in /etc/passwd unless the environment has it.
        Source: addDefaultEnvvar and getUser in BuildKit's executor/oci.
        """
        given = self.environment.get("HOME")
        if given:
            return given
        name = self.user.partition(":")[0]
        if name in ("", "root", "0"):
            return "/root"
        if self.base is not None:
            return self.base.homes.get(name)
        return None

    def value(self, name: str) -> str | None:
        """The value of a variable, None where it is unset or can be otherwise in another build."""
        return None if name in self.unsure else self.environment.get(name)

    def sure(self, text: str, escape: str = "\\") -> bool:
        """Whether `text` expands to the same in every build: it holds no variable that the command line may set."""
        try:
            names = variables_of(text, escape)
        except ExpandError:
            return False
        if names & self.unsure:
            return False
        return self.complete or all(self.environment.get(name) is not None for name in names)

    def path(self, path: str) -> str:
        """`path` made absolute from the working directory and clean; links are not followed."""
        return clean(path if path.startswith("/") else posixpath.join("/", self.directory, path))

    def real(self, path: str, *, last: bool = True) -> str:
        """`path` made absolute, with the links that are known followed; `last`: also one at its very end."""
        plain = self.path(path)
        if not self.links:
            return plain
        wanted = [part for part in plain.split("/") if part]
        at, hops = "/", 0
        while wanted:
            part = wanted.pop(0)
            step = f"{at.rstrip('/')}/{part}" if part != ".." else posixpath.dirname(at)
            target = self.links.get(step)
            if target is not None and (wanted or last) and hops < _MAX_LINKS:
                hops += 1
                wanted = [piece for piece in target.split("/") if piece not in ("", ".")] + wanted
                at = "/" if target.startswith("/") else at
            else:
                at = step
        return at

    def straight(self, path: str) -> bool:
        """Whether no unknown link can stand on the way to `path`, so that `real` is where it leads."""
        if not self.links_known:
            return False
        real = self.real(path)
        if self.base is not None and any(self.base.is_directory(one) is None for one in ancestors(real)):
            return False
        return not any(disturbed(place, entry(one)) for place in self.linked for one in (*ancestors(real), real))

    def crossed_links(self, path: str) -> frozenset[Place]:
        """What is looked at on the way to `path`: the entries above it (that they are no links matters)."""
        return above(self.real(path))

    def origin(self, path: str) -> str | None:
        """The context path that the file or directory at `path` came from unchanged; None where that is not known."""
        real = self.real(path)
        for index in range(len(self.copied) - 1, -1, -1):
            one = self.copied[index]
            if not inside(real, one.path):
                continue
            if one.exclude or self._written_since(index, real):
                return None
            below = posixpath.relpath(real, one.path)
            origin = one.source if below == "." else posixpath.normpath(posixpath.join(one.source, below))
            if self.context is None or self.context.kind(origin) is not None:
                return origin
        return None

    def _written_since(self, index: int, real: str) -> bool:
        return any(position > index and disturbed(place, entry(real)) for position, place in self.dirty)

    def text(self, path: str) -> Source | None:
        """The text of a file that came unchanged from the context; None where it is not known."""
        origin = self.origin(path)
        return None if origin is None or self.context is None else self.context.read(origin)

    def kind(self, path: str) -> Kind | None:
        """What stands at a path that a copy from the context covers; None where nothing does, or nothing is known."""
        origin = self.origin(path)
        return None if origin is None or self.context is None else self.context.kind(origin)

    def absent(self, path: str) -> bool:
        """Whether nothing is at `path`: not in the base, not copied, and nobody else wrote there."""
        real = self.real(path)
        if self.context is None or self._written_since(-1, real):
            return False
        for one in self.copied:
            if inside(real, one.path):
                below = posixpath.relpath(real, one.path)
                if one.exclude or self.context.kind(posixpath.normpath(posixpath.join(one.source, below))) is not None:
                    return False
        if self.scratch:
            return True
        return self.base is not None and any(self.base.is_directory(one) is False for one in ancestors(real))


def with_writes(around: Surroundings, writes: Iterable[Place]) -> tuple[tuple[int, Place], ...]:
    """`dirty` of `around` after further writes; once anything may have changed nothing older matters."""
    position = len(around.copied)
    found = list(around.dirty)
    for place in sorted(writes):
        if place == ANYWHERE:
            return ((position, ANYWHERE),)
        found.append((position, place))
    return tuple(found)
