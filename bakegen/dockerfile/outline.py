"""What a target takes from outside, as ``docker buildx build --call=outline`` shows it.

Source: BuildKit's frontend/dockerfile/dockerfile2llb/outline.go. Differs in one thing: where several stages define
an ARG of one name, BuildKit shows any of them, this the target's own, then its base's, then those copied from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Arg, Run

if TYPE_CHECKING:
    from collections.abc import Collection

    from bakegen.dockerfile.resolve import Resolved, ResolvedStage


@dataclass(frozen=True, slots=True)
class OutlineArg:
    """A build argument that the target reads: its value, and the text after its name in a comment above."""

    name: str
    value: str
    description: str
    line: int


@dataclass(frozen=True, slots=True)
class OutlineInput:
    """A secret, an SSH agent or a cache mount, by its id."""

    name: str
    required: bool
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    """A target's name and description, and all it takes, each list in the order of the file."""

    name: str
    description: str
    args: tuple[OutlineArg, ...]
    secrets: tuple[OutlineInput, ...]
    ssh: tuple[OutlineInput, ...]
    caches: tuple[OutlineInput, ...]


def outline(resolved: Resolved) -> Outline:
    """The outline of the target of `resolved`; empty where there is no target."""
    target = resolved.target
    if target is None:
        return Outline("", "", (), (), (), ())
    stages = _order(resolved, target)
    inputs = [_inputs(stages, kind) for kind in ("secret", "ssh", "cache")]
    start = target.stage.start
    return Outline(target.stage.name, start.description, _args(resolved, stages), *inputs)


def _order(resolved: Resolved, target: ResolvedStage) -> list[ResolvedStage]:
    # The target, its base, then the stages it takes files from, each with its own in the same way.
    order: dict[int, ResolvedStage] = {}
    waiting = [target]
    while waiting:
        stage = waiting.pop()
        if stage.stage.index in order:
            continue
        order[stage.stage.index] = stage
        linked = [] if stage.replaced else [link.target for link in stage.links if link.target is not None]
        waiting += [resolved.stages[index] for index in reversed(linked)]
        if stage.base is not None:
            waiting.append(stage.base)
    return list(order.values())


def _args(resolved: Resolved, stages: list[ResolvedStage]) -> tuple[OutlineArg, ...]:
    # Each with its place, since several can be defined on one line.
    found: dict[str, tuple[int, int, OutlineArg]] = {}
    for stage in stages:
        used = _used_from(stage)
        own: dict[str, tuple[int, int, OutlineArg]] = {}
        for step in stage.steps:
            command = step.command
            if not isinstance(command, Arg):
                continue
            line = stage.stage.start.node.line if step.triggered else command.node.line
            for item, (_, value) in zip(command.items, step.pairs, strict=False):
                used.add(item.name)
                inherited = item.default is None and item.name not in resolved.build_args
                if not (inherited and resolved.global_args.get(item.name) is not None):
                    arg = OutlineArg(item.name, value or "", item.description, line)
                    own[item.name] = (line, item.span.start, arg)
        for name in _closure(resolved, used, own):
            if name in found:
                continue
            if name in own:
                found[name] = own[name]
            elif name in resolved.global_definitions:
                defined = resolved.global_definitions[name]
                arg = OutlineArg(name, defined.value or "", defined.item.description, defined.line)
                found[name] = (defined.line, defined.item.span.start, arg)
    return tuple(arg for _, _, arg in sorted(found.values(), key=lambda place: place[:2]))


def _used_from(stage: ResolvedStage) -> set[str]:
    # A stage starts from what the FROM lines of its whole chain of bases read.
    used: set[str] = set()
    link: ResolvedStage | None = stage
    while link is not None:
        if not link.replaced:
            used |= link.used_args
        link = link.base
    return used


def _closure(resolved: Resolved, used: set[str], own: Collection[str]) -> list[str]:
    seen: dict[str, None] = {}
    waiting = sorted(used, reverse=True)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen[name] = None
        if name not in own and name in resolved.global_definitions:
            waiting += sorted(resolved.global_definitions[name].reads, reverse=True)
    return list(seen)


def _inputs(stages: list[ResolvedStage], kind: str) -> tuple[OutlineInput, ...]:
    found: dict[str, OutlineInput] = {}
    for stage in stages:
        for step in stage.steps:
            if not isinstance(step.command, Run):
                continue
            line = stage.stage.start.node.line if step.triggered else step.command.node.line
            for mount in step.mounts:
                if mount.kind == kind:
                    name = _name(kind, mount.id, mount.source, mount.target)
                    found.setdefault(name, OutlineInput(name, mount.required, line))
    return tuple(sorted(found.values(), key=lambda item: item.line))


def _name(kind: str, id: str, source: str, target: str) -> str:
    # Source: convert_secrets.go, convert_ssh.go, convert_runmount.go beside outline.go.
    if kind == "secret":
        return source or id or target.rstrip("/").rpartition("/")[2]
    if kind == "ssh":
        return id or "default"
    return id or target
