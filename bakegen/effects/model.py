"""The effect model's values: what an instruction or a command reads and writes, and when two of them commute.

Pure. `instructions` and `run` make effects, rewrites ask `conflict`. Source of the rules: shared by dispatch in
BuildKit's frontend/dockerfile/dockerfile2llb/convert.go (what each instruction touches).
"""

from __future__ import annotations

from dataclasses import field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from bakegen.effects.places import ANYWHERE, Place, entry, first_meeting
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bakegen.text import Span


class Tier(IntEnum):
    """What a claim rests on; the higher, the weaker."""

    SEMANTICS = 1
    """The frontend's semantics alone."""
    FACTS = 2
    """Facts that were checked: context listing, ignore file, lock file; or what POSIX says of a tool."""
    KNOWLEDGE = 3
    """Knowledge of a package manager, or an assumption that is named."""
    ADVICE = 4
    """Nothing that could be shown here."""


class Equivalence(StrEnum):
    """How alike two builds are."""

    GRAPH = "E0"
    """Identical build graph and config."""
    IMAGE = "E1"
    """Identical canonical config and flattened root filesystem."""
    DECLARED = "E2"
    """As E1, less declared paths (caches and lists of package managers)."""


@dataclass(frozen=True, slots=True)
class Names:
    """A set of variables: by name, by prefix, or all there are."""

    names: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    everything: bool = False

    @classmethod
    def of(cls, *names: str) -> Names:
        """A set of names; one that ends in ``*`` is a prefix."""
        return cls(
            frozenset(name for name in names if not name.endswith("*")),
            frozenset(name[:-1] for name in names if name.endswith("*")),
        )

    def __contains__(self, name: object) -> bool:
        if self.everything or name in self.names:
            return True
        return isinstance(name, str) and any(name.startswith(prefix) for prefix in self.prefixes)

    def __or__(self, other: Names) -> Names:
        return Names(
            self.names | other.names, self.prefixes | other.prefixes, everything=self.everything or other.everything
        )

    def met_by(self, names: Iterable[str]) -> str | None:
        """The first of `names` (sorted) that is in the set."""
        return next((name for name in sorted(names) if name in self), None)


NO_NAMES = Names()
ALL_NAMES = Names(everything=True)

COMMON_VARIABLES = Names.of(
    "PATH", "HOME", "PWD", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "IFS", "ENV", "BASH_ENV", "LD_*",
    "POSIXLY_CORRECT", "USER", "LOGNAME", "SHELL", "TERM", "COLUMNS", "NO_COLOR",
    "MALLOC_*", "GLIBC_TUNABLES", "NLSPATH", "LOCPATH",
)  # fmt: skip
"""What the shell, the C library or coreutils may look at: every RUN reads these."""


@dataclass(frozen=True, slots=True)
class CacheDirectory:
    """A directory that a tool only keeps to be faster.

    A command of the same RUN that writes in it and is no installer itself empties it (``rm -rf /var/lib/apt/lists/*``,
    ``npm cache clean``): a mount is of no use then.

    Attributes:
        target: its absolute path.
        sharing: ``locked`` where two builds must not use it at once, else ``shared``.
        leftovers: paths (globs with ``**``) that an uncached run leaves in the image and a cache mount does not.
        emptied_by: absolute paths of files that make the tool empty it again, where one of them exists
            (``/etc/apt/apt.conf.d/docker-clean``).
        disabled_by: why it is not used as things are, other than `Install.defeats` (settings by variables); clauses.
    """

    target: str
    sharing: str = "shared"
    leftovers: tuple[str, ...] = ()
    emptied_by: tuple[str, ...] = ()
    disabled_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Install:
    """What is known of a command that installs dependencies.

    Attributes:
        tool: ``pip``, ``npm``, …
        manifests: absolute paths of all files that decide what it installs, as far as they could be followed.
        optional: absolute paths of files that it reads where they exist (``.npmrc``, ``pip.conf``).
        obstacles: why it depends on more than these: local projects, lifecycle scripts, patches; each a clause.
        unknown: what could not be read here, with how to supply it; each a clause.
        outputs: where it writes.
        caches: directories worth a cache mount, whatever other commands do.
        stores: directories that hold what was installed for later commands (the module cache of ``go mod download``):
            mounted, they are not in the image, so a mount is right only where every later command that installs or
            builds with them has the same mount, and where nothing else reads them.
        defeats: words of the command line that switch such a cache off, as spans of the source.
        locked: whether a lock file decides all versions, so that a second run gives the same.
    """

    tool: str
    manifests: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    outputs: frozenset[Place] = frozenset()
    caches: tuple[CacheDirectory, ...] = ()
    stores: tuple[CacheDirectory, ...] = ()
    defeats: tuple[Span, ...] = ()
    locked: bool = False


@dataclass(frozen=True, slots=True)
class CommandEffect:
    """What one command of a RUN does.

    Attributes:
        reads, writes: paths.
        ensures: directories that it makes where they are missing, ``root:root 0755`` and nothing else.
        variables: variables that it looks at.
        tier: what the model rests on.
        assumes: what is taken for granted, each a clause.
        variables_tier, variables_assume: what the claim about variables alone rests on, which links on the way to a
            path are of no interest to; None where it is as `tier` and `assumes` say.
        links: symbolic links that it makes (path -> text); None where it may make any in the places it writes.
        install: set for installers.
        span: the command in the source.
    """

    reads: frozenset[Place] = frozenset()
    writes: frozenset[Place] = frozenset()
    ensures: frozenset[str] = frozenset()
    variables: Names = NO_NAMES
    tier: Tier = Tier.FACTS
    assumes: tuple[str, ...] = ()
    variables_tier: Tier | None = None
    variables_assume: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] | None = None
    install: Install | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one instruction does.

    Attributes:
        reads, writes: paths in the stage's filesystem.
        ensures: directories made where they are missing, ``root:root 0755`` and nothing else.
        variables: variables whose value it sees.
        sets: variables that it changes for what follows.
        asks: parts of the stage's state or config that it depends on (``user``, ``directory``, ``shell``, ``cmd``).
        changes: parts of them that it changes (``user``, ``label:KEY``, …).
        tier: what the model rests on.
        assumes: what is taken for granted, each a clause.
        variables_tier, variables_assume: as for `CommandEffect`.
        barrier: why it cannot be understood; "" where it is.
        commands: a RUN's commands in order; empty for a barrier.
        anywhere: tells whether it does the same in every directory, which takes as long as the effect itself: asked
            where somebody changes the directory that it is said to depend on; None where nobody knows.
    """

    reads: frozenset[Place] = frozenset()
    writes: frozenset[Place] = frozenset()
    ensures: frozenset[str] = frozenset()
    variables: Names = NO_NAMES
    sets: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    tier: Tier = Tier.SEMANTICS
    assumes: tuple[str, ...] = ()
    variables_tier: Tier | None = None
    variables_assume: tuple[str, ...] = ()
    barrier: str = ""
    commands: tuple[CommandEffect, ...] = field(default=(), repr=False)
    anywhere: Callable[[], bool] | None = field(default=None, repr=False, compare=False)

    @property
    def installs(self) -> tuple[Install, ...]:
        """The installers among the commands."""
        return tuple(command.install for command in self.commands if command.install is not None)


def opaque(reason: str, *, asks: frozenset[str] = frozenset()) -> Effect:
    """The effect of what cannot be understood: it reads all variables and may read and write any path."""
    return Effect(
        reads=frozenset((ANYWHERE,)), writes=frozenset((ANYWHERE,)), variables=ALL_NAMES, asks=asks, barrier=reason
    )


def conflict(first: Effect, second: Effect) -> str | None:
    """Why two neighbours may not change places, as a clause; None where they commute.

    Neither may write what the other reads or writes. Two that merely make the same missing directory agree.
    """
    for one, other in ((first, second), (second, first)):
        name = other.variables.met_by(one.sets)
        if name is not None:
            why = f", which cannot be understood: {other.barrier}" if other.barrier else ""
            return f"the variable {name} is set by the one and may be read by the other{why}"
        both = one.changes & other.asks
        if "directory" in both and other.anywhere is not None and other.anywhere():
            both -= {"directory"}
        if both:
            return f"the one changes the {sorted(both)[0]} that the other uses"
    shared = first.sets & second.sets
    if shared:
        return f"both set the variable {sorted(shared)[0]}"
    changed = first.changes & second.changes
    if changed:
        return f"both change the {sorted(changed)[0]}"
    for one, other in ((first, second), (second, first)):
        made = frozenset(entry(path) for path in other.ensures)
        met = first_meeting(one.writes, other.reads | other.writes | made)
        if met is not None:
            return _paths(one, other, *met)
        # A directory that one makes if need be: what the other merely looks at, or lists, must not be it.
        for path in sorted(one.ensures):
            seen = next((at for at in sorted(other.reads) if _lists(at, path)), None)
            if seen is not None:
                return f"the one makes the directory {path} where it is missing, and the other looks at {seen}"
    return None


def _lists(access: Place, path: str) -> bool:
    """Whether whoever looks at `access` sees that the directory `path` is there."""
    return access.path == path or (access.extent.value == 1 and first_meeting((entry(path),), (access,)) is not None)


def _paths(one: Effect, other: Effect, write: Place, access: Place) -> str:
    unknown = one.barrier or other.barrier
    if unknown:
        return f"what the RUN reads and writes is not known: {unknown}"
    kind = "writes" if access in other.writes else "reads"
    return f"the one writes {write} and the other {kind} {access}"
