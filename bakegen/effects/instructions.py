"""What every instruction but RUN reads and writes.

Source: the dispatch functions in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go, and for COPY and ADD
dispatchCopy with the copier in its solver (parents are made root:root 0755, or owned by ``--chown``; the mode of a
directory that is there stays, that of the directories in it becomes the source's).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.expand import ExpandError, variables_of
from bakegen.dockerfile.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    Transfer,
    User,
    Volume,
    Workdir,
)
from bakegen.effects.model import Effect, Names, Tier
from bakegen.effects.places import ANYWHERE, Extent, Place, ancestors, clean, entry, tree
from bakegen.effects.run import run_effect
from bakegen.facts.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.dockerfile.steps import Step
    from bakegen.effects.surroundings import Surroundings

REMOTE = re.compile(r"https?://|git://|ssh://|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:|github\.com/")
_WILDCARDS = frozenset("*?[")
_USER_FILES = frozenset((entry("/etc/passwd"), entry("/etc/group")))


def effect_of(step: Step, around: Surroundings, escape: str) -> Effect:
    """The effect of one step.

    Args:
        step: the instruction with values.
        around: what is known before it.
        escape: the escape character of the file.
    """
    command = step.command
    if isinstance(command, Run):
        return run_effect(step, around)
    if isinstance(command, Transfer):
        return _transfer(step, command, around, escape)
    if isinstance(command, Workdir):
        return _workdir(step, command, around, escape)
    if isinstance(command, Env):
        names = [name for name, _ in step.pairs]
        words = [word for pair in command.pairs for word in (pair.key, pair.value)]
        return Effect(
            variables=_variables(words, escape),
            sets=frozenset(names),
            changes=frozenset(f"variable {name} of the image" for name in names),
        )
    if isinstance(command, Arg):
        defaults = [item.default for item in command.items if item.default is not None]
        return Effect(variables=_variables(defaults, escape), sets=frozenset(item.name for item in command.items))
    if isinstance(command, User):
        return Effect(variables=_variables((command.user.text,), escape), changes=frozenset(("user",)))
    if isinstance(command, Shell):
        return Effect(changes=frozenset(("shell",)))
    return _metadata(step, escape)


def _metadata(step: Step, escape: str) -> Effect:
    """Instructions that change the config alone and never enter the build graph."""
    command = step.command
    shell = frozenset(("shell",))
    if isinstance(command, Label):
        words = [word for pair in command.pairs for word in (pair.key, pair.value)]
        return Effect(variables=_variables(words, escape), changes=frozenset(f"label {key}" for key, _ in step.pairs))
    if isinstance(command, Expose):
        return Effect(
            variables=_variables((port.text for port in command.ports), escape),
            changes=frozenset(f"port {port}" for port in step.words),
        )
    if isinstance(command, Volume):
        return Effect(
            variables=_variables((path.text for path in command.paths), escape),
            changes=frozenset(f"volume {path}" for path in step.words),
        )
    if isinstance(command, Stopsignal):
        return Effect(variables=_variables((command.signal.text,), escape), changes=frozenset(("stop signal",)))
    if isinstance(command, Cmd):
        return Effect(asks=frozenset() if command.line.json else shell, changes=frozenset(("command",)))
    if isinstance(command, Entrypoint):
        # An ENTRYPOINT clears the CMD that was inherited, unless a CMD was set before it in this stage.
        return Effect(asks=frozenset() if command.line.json else shell, changes=frozenset(("entrypoint", "command")))
    if isinstance(command, Healthcheck):
        words = [value.text for _, value in command.flags]
        asks = frozenset() if command.line is None or command.line.json else shell
        return Effect(variables=_variables(words, escape), asks=asks, changes=frozenset(("health check",)))
    if isinstance(command, Maintainer):
        return Effect(changes=frozenset(("maintainer",)))
    assert isinstance(command, Onbuild), command
    return Effect(changes=frozenset(("triggers",)))


def _variables(words: Iterable[str], escape: str) -> Names:
    found: set[str] = set()
    for word in words:
        try:
            found |= variables_of(word, escape)
        except ExpandError:
            return Names(everything=True)
    return Names(frozenset(found))


def _workdir(step: Step, command: Workdir, around: Surroundings, escape: str) -> Effect:
    text = command.path.text
    relative = not text.startswith("/")
    asks = frozenset(("directory", "user")) if relative else frozenset(("user",))
    variables = _variables((text,), escape)
    changes = frozenset(("directory",))
    if not around.sure(text, escape) or (relative and not around.directory_sure):
        return Effect(
            reads=frozenset((ANYWHERE,)), writes=frozenset((ANYWHERE,)), variables=variables, asks=asks, changes=changes
        )
    path = around.real(step.words[0])
    made = frozenset(one for one in (path, *ancestors(path)) if one != "/")
    tier, assumes = _straightness(around, path)
    reads = around.crossed_links(path)
    if around.is_root:
        reads -= frozenset(entry(one) for one in made)  # who writes at what is made here is in its way already
        return Effect(
            reads=reads, ensures=made, variables=variables, asks=asks, changes=changes, tier=tier, assumes=assumes
        )
    return Effect(
        reads=reads | _USER_FILES,
        writes=frozenset(entry(one) for one in made),
        variables=variables,
        asks=asks,
        changes=changes,
        tier=tier,
        assumes=assumes,
    )


def _straightness(around: Surroundings, path: str) -> tuple[Tier, tuple[str, ...]]:
    """The tier of a claim about `path`, and what it takes for granted about links on the way there."""
    if around.straight(path):
        return Tier.FACTS, ()
    return Tier.KNOWLEDGE, (f"no symbolic link stands on the way to {path}",)


def names_directory(destination: str) -> bool:
    """Whether a destination of COPY or ADD says by itself that it is a directory."""
    return destination.endswith("/") or posixpath.basename(destination) in ("", ".", "..")


def _transfer(step: Step, command: Transfer, around: Surroundings, escape: str) -> Effect:
    destination = step.destination
    relative = not destination.startswith("/")
    asks = frozenset(("directory",)) if relative else frozenset()
    words = [*(one.text for one in command.sources), command.destination.text]
    words += [one.text for one in (command.chown, command.chmod) if one is not None]
    words += [file.content for file in command.files if file.expand]
    if isinstance(command, Add) and command.checksum is not None:
        words.append(command.checksum.text)
    variables = _variables(words, escape)
    if not around.sure(command.destination.text, escape) or (relative and not around.directory_sure):
        return Effect(reads=frozenset((ANYWHERE,)), writes=frozenset((ANYWHERE,)), variables=variables, asks=asks)
    path = around.real(destination)
    blind = command.link and not step.chmod
    if blind and path != around.path(destination):
        # It follows no link: a directory takes the link's place, and what was behind it is out of sight.
        return Effect(reads=frozenset((ANYWHERE,)), writes=frozenset((ANYWHERE,)), variables=variables, asks=asks)
    if any(place.extent is Extent.ENTRY and place.path in (path, *ancestors(path)) for place in around.linked):
        # A command may have made a link of just that name: to take for granted that it has not would be a bet.
        return Effect(reads=frozenset((ANYWHERE,)), writes=frozenset((ANYWHERE,)), variables=variables, asks=asks)
    tier, assumes = _straightness(around, path)
    reads = set(around.crossed_links(path))
    chown = step.chown
    if chown and not all(part.isdigit() for part in chown.split(":")):
        reads |= _USER_FILES
    writes = _written(step, command, around, path, escape)
    if not names_directory(destination):
        reads.add(entry(path))
    made = [one for one in (path, *ancestors(path)) if one != "/"]
    if not names_directory(destination) and writes == frozenset((tree(path),)) and not _many(step, command):
        made = made[1:]  # whether the last one is a directory is not known: it counts as written
    if chown or step.chmod:
        # Parents that are missing get the owner too.
        writes |= frozenset(entry(one) for one in made)
        made = []
    elif blind and not around.scratch:
        # It gives owner and mode to directories that are there, too.
        odd = [one for one in made if around.base is None or one in around.base.odd_directories]
        writes |= frozenset(map(entry, odd))
        made = [one for one in made if one not in odd]
    # A directory that is made where it is missing need not be read: who writes there is in the way already, and two
    # that make the same one agree.
    reads -= {entry(one) for one in made}
    return Effect(
        reads=frozenset(reads),
        writes=writes,
        ensures=frozenset(made),
        variables=variables,
        asks=asks,
        tier=tier,
        assumes=assumes,
    )


def _many(step: Step, command: Transfer) -> bool:
    return len(command.sources) + len(command.files) > 1


def _written(step: Step, command: Transfer, around: Surroundings, path: str, escape: str) -> frozenset[Place]:
    """The places below the destination that a COPY or ADD fills, as narrow as is known."""
    everything = frozenset((tree(path),))
    if isinstance(command, Copy) and command.parents:
        return everything
    inside = names_directory(step.destination) or _many(step, command)
    found: set[Place] = set()
    if inside:
        found |= {tree(posixpath.join(path, name)) for name, _ in step.files}
    elif step.files:
        return everything
    local = isinstance(command, Copy) and command.source_stage is None
    for written, source in zip(command.sources, step.sources, strict=True):
        if not around.sure(written.text, escape) or REMOTE.match(source) or not local or around.context is None:
            return everything
        if not _WILDCARDS.isdisjoint(source):
            paths = around.context.matches(source)
            inside = inside or len(paths) > 1
        else:
            paths = (context_path(source),)
        for one in paths:
            kind = around.context.kind(one)
            if kind is Kind.DIRECTORY:
                children = around.context.children(one)
                if children is None:
                    return everything
                found |= {tree(posixpath.join(path, child)) for child in children}
            elif kind is Kind.FILE and inside:
                found.add(tree(posixpath.join(path, posixpath.basename(one))))
            else:
                return everything
    return frozenset(found)


def context_path(source: str) -> str:
    """A source of COPY as a path of the context: relative and clean, "" for all of it."""
    return clean(source).removeprefix("/")
