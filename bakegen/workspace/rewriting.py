"""Rewrites Dockerfiles as they lie on disk: finds their context, ignore file and lock, and runs the driver."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.diagnostics import error
from bakegen.dockerfile.ignore import IgnoreFile, ignore_file_names
from bakegen.errors import InputError
from bakegen.facts.lockfile import read_lock
from bakegen.facts.model import LOCK_FILE
from bakegen.plan.locked import locked_bases
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from bakegen.workspace.evidence import gather

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bakegen.facts.lockfile import Lock
    from bakegen.rewrites.driver import Outcome

_LARGEST = 4 << 20


@dataclass(frozen=True)
class Order:
    """What is to be done with a Dockerfile: how it is built, and how far the rewriting may go.

    Attributes:
        context: the build context; the Dockerfile's folder without it.
        build_args, target, platform, contexts: as given to the build.
        level, only, skip, ephemeral: see `bakegen.rewrites.driver.rewrite`.
        project: a short name for ids of cache mounts; that of the context's folder without it.
    """

    context: Path | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    platform: str | None = None
    contexts: Mapping[str, str] = field(default_factory=dict)
    level: str = "proved"
    only: Collection[str] = ()
    skip: Collection[str] = ()
    ephemeral: bool = False
    project: str = ""


@dataclass(frozen=True)
class Rewritten:
    """A Dockerfile before and after, and the ignore file that is in force (None where there is none)."""

    path: Path
    before: Source
    outcome: Outcome
    context: Path
    ignore: Source | None

    @property
    def ignore_file(self) -> Path:
        """Where new patterns go: the Dockerfile's own ignore file, since others may be built from this context."""
        return self.path.parent / ignore_file_names(self.path.name)[0]

    @property
    def ignore_text(self) -> str:
        """The text of the ignore file with the new patterns at its end; "" where there is none at all."""
        text = self.ignore.text if self.ignore is not None else ""
        patterns = list(self.outcome.ignore)
        if patterns and not self.ignore_file.exists():
            # The new file must not come into the image itself.
            place = Path(os.path.relpath(self.ignore_file.resolve(), self.context.resolve())).as_posix()
            patterns += [place] if not place.startswith("../") and place not in patterns else []
        lead = text if not text or text.endswith("\n") else text + "\n"
        return lead + "".join(f"{pattern}\n" for pattern in patterns)


def rewrite_file(path: Path, order: Order) -> Rewritten:
    """Rewrites one Dockerfile; nothing is written.

    Raises:
        InputError: a file cannot be read, or the ignore file or the lock is broken.
    """
    source = read_source(path)
    context = order.context or path.parent
    ignore = find_ignore_file(path, context)
    rules = IgnoreFile.parse(ignore) if ignore is not None else IgnoreFile()
    lock = find_lock(path.resolve().parent)
    evidence = gather(
        context,
        rules,
        locked_bases(source, lock, build_args=order.build_args, platform=order.platform, contexts=order.contexts),
    )
    outcome = rewrite(
        source,
        evidence,
        build_args=order.build_args,
        target=order.target,
        platform=order.platform,
        contexts=order.contexts,
        level=order.level,
        only=order.only,
        skip=order.skip,
        ignore=ignore.text if ignore is not None else "",
        project=order.project or context.resolve().name,
        ephemeral=order.ephemeral,
    )
    return Rewritten(path, source, outcome, context, ignore)


def read_source(path: Path) -> Source:
    """A Dockerfile's text.

    Raises:
        InputError: it is missing, no regular file, or far larger than any Dockerfile.
    """
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there" if not path.exists() else "is no regular file"
            raise InputError([error("no-dockerfile", f"{str(path)!r} {what}", help="name a Dockerfile")])
        if path.stat().st_size > _LARGEST:
            raise InputError([error("no-dockerfile", f"{str(path)!r} is too large for a Dockerfile")])
        return Source.from_bytes(str(path), path.read_bytes())
    except OSError as problem:
        raise InputError([error("no-dockerfile", f"{str(path)!r} cannot be read: {problem.strerror}")]) from None


def find_ignore_file(dockerfile: Path, context: Path) -> Source | None:
    """The ignore file that counts: the Dockerfile's own, else that of the context."""
    own, common = ignore_file_names(dockerfile.name)
    for place in (dockerfile.parent / own, context / common):
        if place.is_file():
            return Source.from_bytes(str(place), place.read_bytes())
    return None


def find_lock(start: Path) -> Lock | None:
    """The lock file in `start` or the nearest folder above it, up to the top of the git work tree."""
    for folder in (start, *start.parents):
        place = folder / LOCK_FILE
        if place.is_file():
            return read_lock(Source.from_bytes(str(place), place.read_bytes()))
        if (folder / ".git").exists():
            return None
    return None
