"""What an image is made of: the stage that a build ends with, and the stages of the file that it builds on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakegen.dockerfile import Stage
    from bakegen.rules.dockerfiles import DockerfileSubject


@lru_cache(maxsize=1)
def parents(subject: DockerfileSubject) -> tuple[Stage | None, ...]:
    """For each stage the one that its FROM names, None for an image or scratch, or for a name with variables."""
    found: list[Stage | None] = []
    above: dict[str, Stage] = {}
    for stage in subject.stages:
        name = stage.start.image.text
        found.append(None if subject.replaced(name) else above.get(name))
        if stage.name:
            above[stage.name] = stage
    return tuple(found)


@lru_cache(maxsize=1)
def roots(subject: DockerfileSubject) -> tuple[Stage, ...]:
    """For each stage the one that it begins with at last, whose FROM names no stage."""
    found: list[Stage] = []
    for stage, parent in zip(subject.stages, parents(subject), strict=True):
        found.append(stage if parent is None else found[parent.index])
    return tuple(found)


def chain(subject: DockerfileSubject, stage: Stage | None = None) -> tuple[Stage, ...]:
    """A stage and those it builds on, nearest first; the last stage of the file where none is given."""
    if stage is None:
        if not subject.stages:
            return ()
        stage = subject.stages[-1]
    every = parents(subject)
    found = [stage]
    while (parent := every[found[-1].index]) is not None:
        found.append(parent)
    return tuple(found)
