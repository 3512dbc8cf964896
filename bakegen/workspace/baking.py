"""Runs one ``docker buildx bake``: with exact grants, in a process group of its own, heard line by line.

`batches` makes many of it, so that a failing target takes no others with it; `running` holds the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class BakeOrder:
    """What is asked of one bake.

    Attributes:
        files: bake files; a later one overrides an earlier one.
        targets: names of targets, not of groups.
        cwd: where bake runs: relative contexts are meant from there, and what is below needs no grant.
        builder: the builder; None for buildx's own choice.
        allow: what the user allows as buildx names it: ``network.host``, ``security.insecure``, ``ssh``, ``device=…``.
            Each is handed on only where a target asks for it. Paths outside of `cwd` are granted without.
        set: overrides, as bake's ``--set`` takes them: ``*.output=…``.
        timeout: seconds for all of it; None for no limit.
    """

    files: tuple[Path, ...]
    targets: tuple[str, ...]
    cwd: Path
    builder: str | None = None
    allow: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class BakeDone:
    """What became of one bake.

    Attributes:
        code: what bake ended with; 0 where all is built.
        metadata: its metadata file by target; {} where it failed.
        failures: why targets failed by themselves, by target; those that were only cancelled with others are not here.
            A linked target that was not asked for may be here too.
        said: the last lines of its own, which are not of the progress stream; safe to print.
    """

    code: int
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def bake(order: BakeOrder, listen: Callable[[str], None]) -> BakeDone:
    """Runs one bake to its end.

    On KeyboardInterrupt, SystemExit (what SIGTERM raises) or anything else that is raised meanwhile, by `listen` too,
    the whole process group is asked to end, then told, then killed, before the exception goes on.

    Args:
        order: what to bake.
        listen: told each line of the progress stream (``--progress=rawjson``) and what bake says besides, in this
            thread; it may be slow, bake does not wait for it.

    Raises:
        EngineError: there is no docker or no buildx, bake cannot read the files, a target asks for something that is
            not allowed, or it took too long. That targets fail is no exception.
    """
    raise NotImplementedError
