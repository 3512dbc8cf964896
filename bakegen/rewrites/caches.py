"""Whose a cache mount is, what it is called, and who else looks at its directory; used by cache-mount.

Source: https://docs.docker.com/reference/dockerfile/#run---mounttypecache; a cache mount is root:root 0755 unless
``uid`` and ``gid`` say otherwise, when it is made for the first time under its id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run
from bakegen.effects.places import ancestors, clean, first_meeting, inside, tree
from bakegen.rewrites.model import Missing
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.model import Install
    from bakegen.effects.places import Place
    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_SYSTEM = frozenset(("apt", "apk", "dnf", "yum", "microdnf"))
_APT = re.compile(r"\bapt(?:-get)?\b")


@dataclass(frozen=True)
class Owner:
    """The user of a RUN by numbers: `uid` is "" for root, None where it is not known."""

    uid: str | None
    gid: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The keys of a mount that belongs to the user."""
        if not self.uid:
            return ()
        return (f"uid={self.uid}", *((f"gid={self.gid}",) if self.gid else ()))

    def doubts(self, view: StepView, at: str) -> Iterator[Missing]:
        """What is missing for a mount at `at`: what BuildKit makes above it belongs to root."""
        user = view.around.user
        if self.uid is None:
            yield Missing(
                f"the numeric id of the user {user or 'of the base image'}, to whom the cache must belong",
                "write the number behind USER, or run `bakegen lock` for a user of the base image",
                assumable=False,
            )
        elif self.uid:
            home = view.around.home or "/"
            above = [one for one in ancestors(at) if inside(one, home) and one != home]
            others = sorted(place.path for place in view.effect.writes if not inside(place.path, at))
            met = next((path for path in others if any(inside(path, one) and path != one for one in above)), None)
            if met is not None:
                yield Missing(
                    f"whether {above[-1]} is there already: else root makes it, and {user} cannot write {met}",
                    f"make {above[-1]} in an earlier RUN",
                    assumable=False,
                )


def owner(view: StepView) -> Owner:
    """The user of a RUN."""
    around = view.around
    user, _, group = around.user.partition(":")
    base = around.base
    if around.is_root:
        return Owner("")
    if not user and base is None:
        # The user of an image that is not known; the mount's missing facts name that.
        return Owner("")
    known = base.users.get(user) if base is not None else None
    uid = user if user.isdigit() else str(known) if known is not None else None
    groups = base.groups if base is not None else {}
    gid = group if group.isdigit() else str(groups[group]) if group in groups else ""
    return Owner(uid, gid)


def identity(situation: Situation, view: StepView, install: Install, at: str, whose: Owner) -> str:
    """The id of a cache: one for each project, directory, owner, and distribution where that counts; "" for none.

    Projects that share an id share what one of them may have put there.
    """
    if not situation.project:
        return ""
    parts = [situation.project, *at.strip("/").split("/")]
    base = view.around.base
    if install.tool in _SYSTEM and base is not None and base.distribution:
        parts += [base.distribution, base.version]
    if whose.uid:
        parts.append(f"uid{whose.uid}")
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(part.lstrip(".") for part in parts if part.strip(".")))


@dataclass(frozen=True)
class Use:
    """Who else uses a directory: why it must stay in the image, "" if it need not; what is taken for granted."""

    blocked: str = ""
    assumes: tuple[str, ...] = ()


def later_use(situation: Situation, stage: StageView, index: int, at: str, *, needed: bool) -> Use:
    """Whether what a RUN leaves in a directory is looked at later: in its stage, its children, or by a COPY from these.

    Args:
        situation: the file.
        stage: the stage of the RUN.
        index: its number among the stage's own steps.
        at: the directory.
        needed: whether a tool fails where it is empty: then only who fills it first may use it.
    """
    family = _family(situation, stage)
    assumes: list[str] = []
    views = list(stage.own[index + 1 :])
    views += [view for one in family if one is not stage for view in one.steps]
    for view in views:
        if not isinstance(view.step.command, Run):
            continue
        line = view.step.command.node.line
        blocked = _used_by(view, at, needed=needed)
        if blocked:
            return Use(f"the RUN of line {line} {blocked}")
        if view.effect.barrier:
            assumes.append(f"the RUN of line {line} does not need what is in {at}")
    indices = {one.stage.stage.index for one in family}
    for other in situation.stages:
        for view in other.steps:
            for link in view.step.links:
                if link.target in indices and _takes(view, at):
                    return Use(f"line {view.step.command.node.line} copies it into another stage")
    return Use("", tuple(assumes))


def _family(situation: Situation, stage: StageView) -> list[StageView]:
    """The stage and those that are built FROM it, at any distance."""
    stages = {one.stage.stage.index: one for one in situation.stages}
    found, waiting = [], [stage]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [stages[index] for index in one.children if index in stages]
    return found


def _used_by(view: StepView, at: str, *, needed: bool) -> str:
    place = frozenset((tree(at),))
    filled = False
    for command in view.effect.commands:
        caches = {cache.target for cache in command.install.caches} if command.install is not None else set()
        if at in caches:
            assert command.install is not None
            filled = filled or any(one.path == at for one in command.install.outputs)
            if needed and not filled:
                return f"needs what is in {at}"
        elif command.install is None and first_meeting(place, _own(command.reads)) is not None:
            return f"looks at {at}"
    if needed and view.effect.barrier and not filled and _APT.search(view.step.command.node.logical):
        return f"may need what is in {at}"
    return ""


def _own(reads: frozenset[Place]) -> frozenset[Place]:
    return frozenset(place for place in reads if place.path != "/")


def _takes(view: StepView, at: str) -> bool:
    """Whether a COPY --from or a mount of a stage brings a directory along."""
    command = view.step.command
    if isinstance(command, Copy):
        paths = [clean(source) for source in view.step.sources]
    else:
        paths = [clean(mount.source or "/") for mount in view.step.mounts if mount.source_stage]
        # A mount of a whole stage lets commands look at what they know of.
        paths = [path for path in paths if path != "/"]
    return any(inside(at, path) or inside(path, at) or any(char in path for char in "*?[") for path in paths)
