"""Which stages and images an instruction takes files from, and cycles among stages; used by `resolve`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.dockerfile.expand import ExpandError, expand
from bakegen.dockerfile.instructions import Copy, Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.dockerfile.instructions import Command
    from bakegen.dockerfile.problems import Problems
    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.text import Span

_INDEX = re.compile(r"[-+]?[0-9]+")


@dataclass(slots=True)
class Link:
    """One ``--from`` or mount ``from``: `target` is the index of a stage, None for an image outside the file.

    `origin` is ``COPY --from`` or ``mount``; `context` the named context in the place of image or stage.
    """

    command: Command
    name: str
    origin: str
    span: Span
    target: int | None
    context: str | None = None


def links_of(
    command: Command,
    by_name: Mapping[str, ResolvedStage],
    stages: Sequence[ResolvedStage],
    outside: list[str],
    escape: str,
    problems: Problems,
) -> list[Link]:
    """The links of one instruction; a ``--from`` that BuildKit refuses is reported and left out.

    A number is the index of a stage for COPY, and the name of an image for a mount. BuildKit goes on counting
    after the last stage: there stand the images used so far, in order, which `outside` collects.
    Source: toCommand and detectRunMount in BuildKit's frontend/dockerfile/dockerfile2llb.
    """
    if isinstance(command, Copy):
        return _copy_links(command, by_name, stages, outside, escape, problems)
    links: list[Link] = []
    if isinstance(command, Run):
        for mount in command.mounts:
            # A mount from nothing is one from scratch to BuildKit, even where a stage is called so.
            name = mount.source_stage or "scratch"
            stage = by_name.get(name.lower())
            target = stage.stage.index if stage is not None else None
            if target is None:
                outside.append(name)
            if target is not None or mount.source_stage:
                links.append(Link(command, name, "mount", mount.span, target))
    return links


def _copy_links(
    command: Copy,
    by_name: Mapping[str, ResolvedStage],
    stages: Sequence[ResolvedStage],
    outside: list[str],
    escape: str,
    problems: Problems,
) -> list[Link]:
    source = command.source_stage
    if source is None:
        return []
    name = source.text
    try:
        plain = expand(name, {}, escape) == name
    except ExpandError as problem:
        problems.error("bad-expansion", f"{name} cannot be expanded: {problem}", source.span)
        return []
    if not plain:
        problems.error(
            "from-variable",
            "variables are not expanded in --from",
            source.span,
            "name a stage with FROM, which can use global ARGs, and copy from that stage",
        )
        return []
    if _INDEX.fullmatch(name):
        index = int(name[:12])
        if not 0 <= index < len(stages) + len(outside):
            problems.error("bad-stage-index", f"there is no stage number {name}", source.span, "stages count from 0")
            return []
        if index < len(stages):
            return [Link(command, name, "COPY --from", source.span, index)]
        outside.append(outside[index - len(stages)])
        return [Link(command, outside[-1], "COPY --from", source.span, None)]
    stage = by_name.get(name.lower())
    if stage is None:
        outside.append(name)
        return [Link(command, name, "COPY --from", source.span, None)]
    return [Link(command, name, "COPY --from", source.span, stage.stage.index)]


def find_cycle(stages: Sequence[ResolvedStage]) -> list[tuple[ResolvedStage, Link]]:
    """The first cycle of ``--from`` links as (stage, link it follows) pairs; empty without one."""
    finished: set[int] = set()
    for start in stages:
        if start.stage.index in finished:
            continue
        path: list[tuple[ResolvedStage, int]] = [(start, 0)]
        on_path = {start.stage.index: 0}
        while path:
            stage, position = path[-1]
            if position == len(stage.links):
                path.pop()
                del on_path[stage.stage.index]
                finished.add(stage.stage.index)
                continue
            path[-1] = (stage, position + 1)
            target = stage.links[position].target
            if target is None or target in finished:
                continue
            if target in on_path:
                return [(node, node.links[seen - 1]) for node, seen in path[on_path[target] :]]
            on_path[target] = len(path)
            path.append((stages[target], 0))
    return []
