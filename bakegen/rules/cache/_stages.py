"""What cache rules ask of stages before anything costly: which ones are in an image, and where a path leads."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run, Transfer, Workdir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.dockerfile import Stage
    from bakegen.dockerfile.instructions import Command
    from bakegen.rules.dockerfiles import DockerfileSubject

WHOLE = frozenset((".", "./", "/", "./.", "*", "./*"))
"""Sources of a COPY that mean all of the build context."""

_WIDTH = 60


def earlier(subject: DockerfileSubject, stage: Stage, name: str) -> Stage | None:
    """The stage before `stage` that ``--from=name`` or ``from=name`` means; None for an image or a context."""
    above = subject.stages[: stage.index]
    found = next((one for one in reversed(above) if one.name and one.name == name.lower()), None)
    if found is None and name.isdecimal() and int(name) < len(above):
        found = above[int(name)]
    return found


def lineage(subject: DockerfileSubject, stage: Stage) -> tuple[Stage, ...]:
    """The stage behind those that it is built FROM, the one with an image of its own first."""
    found = [stage]
    while True:
        name = found[0].start.image.text
        base = next((one for one in reversed(subject.stages[: found[0].index]) if one.name and one.name == name), None)
        if base is None:
            return tuple(found)
        found.insert(0, base)


def exported(subject: DockerfileSubject) -> frozenset[int]:
    """Indices of the stages whose layers are in an image: those that no other one uses, and what these start from."""
    used: set[int] = set()
    for stage in subject.stages:
        used |= {one.index for one in lineage(subject, stage)[:-1]}
        for command in stage.commands:
            names = [command.source_stage.text] if isinstance(command, Copy) and command.source_stage else []
            if isinstance(command, Run):
                names += [mount.source_stage for mount in command.mounts if mount.source_stage]
            for name in names:
                other = earlier(subject, stage, name)
                if other is not None:
                    used.add(other.index)
    last = len(subject.stages) - 1
    ends = [stage for stage in subject.stages if stage.index not in used or stage.index == last]
    return frozenset(one.index for stage in ends for one in lineage(subject, stage))


def from_context(stage: Stage) -> Iterator[tuple[int, Transfer]]:
    """The COPYs and ADDs of a stage that take files of the build context, with their places among its commands."""
    for index, command in enumerate(stage.commands):
        if isinstance(command, Copy) and command.source_stage is not None:
            continue
        if isinstance(command, Transfer) and any(not _is_remote(source.text) for source in command.sources):
            yield index, command


def takes_all(command: Transfer) -> bool:
    """Whether a COPY or ADD takes the whole build context."""
    return any(source.text in WHOLE for source in command.sources)


def _is_remote(source: str) -> bool:
    return "://" in source or source.startswith("git@")


def directory(subject: DockerfileSubject, stage: Stage, command: Command) -> str | None:
    """The working directory of an instruction; None where the base image has it, whose facts are not known."""
    step = subject.steps.get(command)
    if step is None:
        return None
    chain = lineage(subject, stage)
    if step.directory != "/" or chain[0].start.image.text == "scratch":
        known = chain[0].start.image.text in (*subject.evidence.bases, "scratch")
        return step.directory if known or _is_set(subject, chain, command) else None
    known = chain[0].start.image.text in subject.evidence.bases
    return "/" if known or _is_set(subject, chain, command) else None


def _is_set(subject: DockerfileSubject, chain: tuple[Stage, ...], command: Command) -> bool:
    """Whether an absolute WORKDIR stands above an instruction."""
    for stage in chain:
        for one in stage.commands:
            if one is command:
                return False
            if isinstance(one, Workdir):
                step = subject.steps.get(one)
                if step is not None and step.words and step.words[0].startswith("/"):
                    return True
    return False


def destination(subject: DockerfileSubject, stage: Stage, command: Transfer) -> str | None:
    """Where a COPY or ADD leads, absolute and clean, with the defaults of variables; None where that is not known."""
    step = subject.steps.get(command)
    if step is None or not step.destination:
        return None
    return absolute(step.destination, directory(subject, stage, command))


def absolute(path: str, directory: str | None) -> str | None:
    """A path as it is from `directory`; None for a relative one where that is not known."""
    if not path.startswith("/") and directory is None:
        return None
    return "/" + posixpath.normpath(posixpath.join(directory or "/", path)).lstrip("/")


def line(command: Command) -> str:
    """How a message names an instruction by its place: ``COPY of line 3``."""
    return f"{command.name} of line {command.node.line}"


def shown(subject: DockerfileSubject, command: Command) -> str:
    """An instruction as a message shows it: on one line, cut where it is long."""
    text = " ".join(subject.slice(command.span).split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
