"""What stands at a path before a step: missing, or a directory of which owner, and what is not known of it.

Used by the rewrites whose proofs look at directories (`add_link`, `chown_copy`). Rules of who makes which directory
with which owner: docopy in BuildKit's solver/llbsolver/file/backend.go, Copy and MkdirAll in tonistiigi/fsutil/copy,
and dispatchWorkdir in its frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run, Transfer, Workdir
from bakegen.effects.instructions import REMOTE, context_path, names_directory
from bakegen.effects.model import Tier
from bakegen.effects.places import ANYWHERE, disturbed, entry, inside
from bakegen.facts.model import Kind
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bakegen.effects.model import CommandEffect
    from bakegen.effects.stages import StageView, StepView
    from bakegen.facts.model import PlatformFacts
    from bakegen.rewrites.model import Missing, Situation
    from bakegen.text import Source

ROOT = "0:0"
_WILDCARDS = frozenset("*?[")
_MOST_FILES = 20_000
_MKDIR = re.compile(r"mkdir(?:\s+[\w./][\w./-]*)+")
LOCK = "run `bakegen lock`"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that is not known: `about` is the base image or an instruction."""

    about: str
    supply: str
    assumable: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """What is at a path.

    Attributes:
        owner: ``uid:gid`` of a directory; "" for nothing; None for one or the other.
        mode: its permission bits.
        wrong: why it is not a plain directory for sure, a clause; "" where it may be one.
        doubts: what is not known.
        tier, assumes: what the rest relies on.
    """

    owner: str | None
    mode: int = 0o755
    wrong: str = ""
    doubts: tuple[Doubt, ...] = ()
    tier: Tier = Tier.SEMANTICS
    assumes: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether nothing is there, for sure."""
        return self.owner == "" and not self.wrong and not self.doubts

    def odd(self, owner: str = ROOT) -> str:
        """Why it is neither missing nor a directory of `owner` with the mode 0755; "" where it may be."""
        if self.wrong or not self.owner:
            return self.wrong
        if self.owner != owner or self.mode != 0o755:
            return f"it is {self.owner} {self.mode:04o}"
        return ""

    def doubted(self, about: str, supply: str, *, assumable: bool = True) -> Standing:
        """The same with one more doubt."""
        return replace(self, doubts=(*self.doubts, Doubt(about, supply, assumable)))


def owner_of(chown: str) -> str | None:
    """``uid:gid`` of a ``--chown`` that needs no look at /etc/passwd; None for names other than root.

    A group that is not given has the number of the user.
    """
    user, _, group = chown.partition(":")
    numbers = ["0" if one == "root" else one for one in (user, group or user)]
    return ":".join(str(int(one)) for one in numbers) if all(one.isdecimal() for one in numbers) else None


@dataclass(frozen=True)
class Past:
    """All that came before one step: the base image and the steps, those of the stages that it is built FROM first."""

    image: str
    base: PlatformFacts | None
    scratch: bool
    steps: tuple[StepView, ...]
    source: Source
    supply: str = LOCK

    @classmethod
    def of(cls, situation: Situation, stage: StageView, view: StepView) -> Past:
        """The past of the step `view` of `stage`."""
        steps = stage.steps[: stage.steps.index(view)]
        views = {one.stage.stage.index: one for one in situation.stages}
        at = stage.stage
        while at.base is not None and not at.replaced:
            steps = (*views[at.base.stage.index].steps, *steps)
            at = at.base
        chosen = "$" in at.stage.start.image.text and not situation.fixed
        supply = "name the image without build arguments" if chosen else LOCK
        return cls(at.image, view.around.base, view.around.scratch, steps, situation.source, supply)

    def directory(self, path: str) -> Standing:
        """What is known of the directory `path`, which is absolute and clean."""
        now = self.in_base(path)
        for view in self.steps:
            if now.wrong:
                break
            now = self._after(view, path, now)
        return now

    def file(self, path: str) -> Standing:
        """What is known of a path that one file is copied onto: `wrong` where it is a directory or a link.

        A COPY of a file onto a directory goes into it, and one onto a link to a file writes through the link.
        """
        now = Standing("", tier=Tier.SEMANTICS if self.scratch else Tier.FACTS)
        if not self.scratch and self.base is None:
            now = now.doubted(self.image, self.supply, assumable=False)
        elif self.base is not None:
            link, directory = self.base.is_link(path), self.base.is_directory(path)
            if link or directory:
                return replace(now, wrong=f"it is a {'symbolic link' if link else 'directory'} in {self.image}")
            if link is None or directory is None:
                now = now.doubted(self.image, LOCK, assumable=False)
        for view in self.steps:
            now = _after_file(view, path, now, self.source)
        return now

    def writers(self, path: str) -> tuple[StepView, ...]:
        """The steps that write or make something at or below `path`."""
        return tuple(
            view
            for view in self.steps
            if any(inside(made, path) for made in view.effect.ensures)
            or any(inside(place.path, path) or disturbed(place, entry(path)) for place in view.effect.writes)
        )

    def _after(self, view: StepView, path: str, now: Standing) -> Standing:
        command = view.step.command
        if isinstance(command, Transfer):
            return _copied(view, command, path, now)
        if isinstance(command, Workdir):
            return _entered(view, path, now)
        if isinstance(command, Run):
            return _ran(view, command, path, now, self.source)
        return now

    def in_base(self, path: str) -> Standing:
        """What is known of the directory `path` in the base image."""
        if self.scratch:
            return Standing("")
        base = self.base
        if base is None:
            return Standing(None, tier=Tier.FACTS).doubted(self.image, self.supply, assumable=False)
        if path in base.symlinks:
            return Standing(None, wrong=f"it is a symbolic link in {self.image}")
        odd = base.odd_directories.get(path)
        if odd is not None:
            return Standing(f"{odd.uid}:{odd.gid}", odd.mode, tier=Tier.FACTS)
        known = base.is_directory(path)
        if known is None:
            return Standing(None, tier=Tier.FACTS).doubted(self.image, LOCK, assumable=False)
        return Standing(ROOT if known else "", tier=Tier.FACTS)


def _after_file(view: StepView, path: str, now: Standing, source: Source) -> Standing:
    effect, command = view.effect, view.step.command
    if path in effect.ensures:
        return replace(now, wrong=f"{_named(view)} makes a directory of it")
    now = _rests(now, view)
    if not any(disturbed(place, entry(path)) for place in effect.writes):
        return now
    if isinstance(command, Run):
        parts = [part for part in effect.commands if any(disturbed(place, entry(path)) for place in part.writes)]
        if parts and all(entry(path) not in part.writes and _only_makes(view, part, source) for part in parts):
            return now
        text = command.node.original + "".join(document.body for document in command.heredocs)
        return now.doubted(_named(view), "look at what it does there", assumable=path not in text)
    if isinstance(command, Transfer) and ANYWHERE not in effect.writes:
        destination = view.around.real(view.step.destination)
        if destination == path and source_kinds(view) == {Kind.FILE}:
            return now
        if destination != path and _in_context(view, command, destination, path) == "":
            return now
    return now.doubted(_named(view), "look at what it copies", assumable=False)


def _rests(now: Standing, view: StepView) -> Standing:
    assumes = tuple(dict.fromkeys((*now.assumes, *view.effect.assumes)))
    return replace(now, tier=max(now.tier, view.effect.tier), assumes=assumes)


def _named(view: StepView) -> str:
    return f"the {view.step.command.name} of line {view.step.command.node.line}"


def _made(now: Standing, owner: str | None, mode: int, view: StepView, *, again: bool) -> Standing:
    """A directory that a step makes where it is missing; `again`: it also sets owner and mode of one that is there."""
    if owner is None:
        return replace(now, wrong=f"{_named(view)} makes it for a named user")
    if again or now.owner == "":
        return replace(now, owner=owner, mode=mode)
    if now.owner is None and (owner, mode) != (ROOT, 0o755):
        return now.doubted(_named(view), "look at what was there before it", assumable=False)
    return now


def _copied(view: StepView, command: Transfer, path: str, now: Standing) -> Standing:
    if not any(disturbed(place, entry(path)) for place in view.effect.writes) and path not in view.effect.ensures:
        return _rests(now, view)
    now = _rests(now, view)
    if ANYWHERE in view.effect.writes:
        return now.doubted(_named(view), "write its destination without variables", assumable=False)
    destination = view.around.real(view.step.destination)
    chown = owner_of(view.step.chown) if view.step.chown else ROOT
    chmod = view.step.chmod
    if inside(destination, path) and (destination != path or fills_directory(view)):
        if chmod and not chmod.isdecimal():
            return replace(now, wrong=f"{_named(view)} makes it with --chmod")
        mode = int(chmod, 8) if chmod else 0o755
        return _made(now, chown, mode, view, again=command.link and not chmod)
    known = _in_context(view, command, destination, path)
    if chmod and isinstance(known, int):
        if not chmod.isdecimal():
            return replace(now, wrong=f"{_named(view)} changes it with --chmod")
        known = int(chmod, 8)
    if known is None or isinstance(known, str):
        if known == "":
            return now
        if known:
            return replace(now, wrong=known)
        return now.doubted(_named(view), "look at what it copies")
    if chown is None:
        return replace(now, wrong=f"{_named(view)} gives it to a named user")
    return replace(now, owner=chown, mode=known)


def fills_directory(view: StepView) -> bool:
    """Whether the destination of a COPY or ADD is a directory, for sure: it says so, or the sources are directories."""
    command = view.step.command
    assert isinstance(command, Transfer)
    if names_directory(view.step.destination) or len(command.sources) + len(command.files) > 1:
        return True
    return source_kinds(view) == {Kind.DIRECTORY}


def source_kinds(view: StepView) -> set[Kind | None]:
    """What the sources of a COPY or ADD are, None among them where that is not known; ADD may unpack a file."""
    command = view.step.command
    assert isinstance(command, Transfer)
    context = view.around.context
    found: set[Kind | None] = {Kind.FILE} if command.files else set()
    for source, written in zip(view.step.sources, command.sources, strict=True):
        local = not isinstance(command, Copy) or command.source_stage is None
        if REMOTE.match(source) or not local or context is None or not view.around.sure(written.text):
            found.add(None)
            continue
        for path in context.matches(source) if _wild(source) else (context_path(source),):
            kind = context.kind(path)
            found.add(None if kind is Kind.SYMLINK else kind)
    return found


def _wild(source: str) -> bool:
    return not _WILDCARDS.isdisjoint(source)


def _in_context(view: StepView, command: Transfer, destination: str, path: str) -> int | str | None:
    """The mode that a COPY from the context gives the directory `path` below its destination.

    "" where it does not touch it, a clause where it puts something else there, None where that is not known.
    """
    around = view.around
    if not isinstance(command, Copy) or command.source_stage is not None or command.parents or around.context is None:
        return None
    found: int | str = ""
    for source, written in zip(view.step.sources, command.sources, strict=True):
        if not around.sure(written.text):
            return None
        for origin in around.context.matches(source) if _wild(source) else (context_path(source),):
            kind = around.context.kind(origin)
            if kind is Kind.FILE:
                continue
            if kind is not Kind.DIRECTORY:
                return None
            below = posixpath.normpath(posixpath.join(origin, posixpath.relpath(path, destination)))
            kind = around.context.kind(below)
            if kind is None:
                continue
            if kind is not Kind.DIRECTORY:
                return f"{_named(view)} puts a {kind} there"
            found = around.context.mode(below) or 0
    return found


def _entered(view: StepView, path: str, now: Standing) -> Standing:
    effect = view.effect
    if path in effect.ensures:
        return _made(_rests(now, view), ROOT, 0o755, view, again=False)
    if not any(disturbed(place, entry(path)) for place in effect.writes):
        return _rests(now, view)
    if not view.around.user and view.around.base is None:
        return now.doubted(_named(view), LOCK)  # the user of an image that is not known: another doubt says so
    if now.owner == "" and entry(path) in effect.writes:
        return replace(now, wrong=f"{_named(view)} makes it for the user {view.around.user}")
    return now.doubted(_named(view), "look at what was there before it", assumable=False) if now.owner is None else now


def _ran(view: StepView, command: Run, path: str, now: Standing, source: Source) -> Standing:
    effect = view.effect
    text = command.node.original + "".join(document.body for document in command.heredocs)
    if effect.barrier:
        return now.doubted(_named(view), "split it, or look at what it does", assumable=path not in text)
    now = _rests(now, view)
    for part in effect.commands:
        if _only_makes(view, part, source):
            # Without -p it fails where something is there; below what it makes nothing can be.
            now = replace(now, owner=ROOT, mode=0o755) if entry(path) in part.writes else now
        elif any(disturbed(place, entry(path)) for place in part.writes):
            known = part.install is None and part.tier <= Tier.FACTS
            return now.doubted(_named(view), "look at what it does there", assumable=not known and path not in text)
        elif path in part.ensures:
            now = _made(now, ROOT, 0o755, view, again=False)
    return now


def _only_makes(view: StepView, part: CommandEffect, source: Source) -> bool:
    """Whether a command is a ``mkdir`` without options, for root, in a RUN that leaves the umask alone."""
    if view.step.triggered or part.span is None or not view.around.is_root:
        return False
    whole = view.step.command.node.original
    return _MKDIR.fullmatch(source.slice(part.span)) is not None and "umask" not in whole and "su" not in whole.split()


def missing_facts(doubts: Iterable[tuple[str, Doubt]], what: str) -> tuple[Missing, ...]:
    """One `Missing` for each thing that paths are in doubt about.

    Args:
        doubts: paths with a doubt each.
        what: what must hold of them, such as "missing, or a directory of 0:0 with the mode 0755".
    """
    from bakegen.rewrites.model import Missing

    found: dict[Doubt, list[str]] = {}
    for path, doubt in doubts:
        paths = found.setdefault(doubt, [])
        if path not in paths:
            paths.append(path)
    after = {doubt: "after" if " of line " in doubt.about or "steps" in doubt.about else "in" for doubt in found}
    return tuple(
        Missing(f"whether {_listed(paths)} is {what} {after[doubt]} {doubt.about}", doubt.supply, doubt.assumable)
        for doubt, paths in found.items()
    )


def _listed(paths: list[str]) -> str:
    ordered = sorted(paths)
    return ordered[0] if len(ordered) == 1 else f"each of {', '.join(ordered[:-1])} and {ordered[-1]}"


def copied_trees(view: StepView) -> tuple[str, ...] | None:
    """All paths of the context that a COPY brings, directories and what is in them; None where that is not known."""
    command, context = view.step.command, view.around.context
    if not isinstance(command, Copy) or command.source_stage is not None or context is None:
        return None
    found: list[str] = []
    waiting: list[str] = []
    for source, written in zip(view.step.sources, command.sources, strict=True):
        if not view.around.sure(written.text):
            return None
        waiting += context.matches(source)
    while waiting:
        path = waiting.pop()
        found.append(path)
        if len(found) > _MOST_FILES:
            return None
        waiting += [posixpath.join(path, child) for child in context.children(path) or ()]
    return tuple(found)
