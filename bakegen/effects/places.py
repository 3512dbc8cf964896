"""Sets of paths that an instruction reads or writes, and whether two of them can meet; used by `model`."""

from __future__ import annotations

import posixpath
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Extent(IntEnum):
    """How much of what is at a path is meant."""

    ENTRY = 0
    """The entry itself: whether it is there, its kind, mode, owner and bytes; not what a directory holds."""
    TREE = 1
    """The entry and everything below it, the list of its names among that."""


class Place(NamedTuple):
    """An absolute, clean path without links in it as far as is known, and how much of it is meant."""

    path: str
    extent: Extent = Extent.TREE

    def __str__(self) -> str:
        return self.path if self.extent is Extent.ENTRY else f"{self.path.rstrip('/')}/**"


ANYWHERE = Place("/", Extent.TREE)
_KEPT = 1 << 16
# Every step of every look at a file asks for the same few paths.


@lru_cache(maxsize=_KEPT)
def tree(path: str) -> Place:
    """Everything at and below `path`."""
    return Place(clean(path), Extent.TREE)


@lru_cache(maxsize=_KEPT)
def entry(path: str) -> Place:
    """What is at `path` alone."""
    return Place(clean(path), Extent.ENTRY)


@lru_cache(maxsize=_KEPT)
def clean(path: str) -> str:
    """The absolute form of `path`, without ``.``, ``..`` and double or trailing slashes."""
    return "/" + posixpath.normpath("/" + path).lstrip("/")


def inside(path: str, ancestor: str) -> bool:
    """Whether `path` is `ancestor` or lies below it; both clean."""
    return ancestor == "/" or path == ancestor or path.startswith(ancestor + "/")


@lru_cache(maxsize=_KEPT)
def ancestors(path: str) -> tuple[str, ...]:
    """The proper ancestors of a clean path, nearest first, without ``/``."""
    found = []
    parent = posixpath.dirname(path)
    while parent != "/":
        found.append(parent)
        parent = posixpath.dirname(parent)
    return tuple(found)


@lru_cache(maxsize=_KEPT)
def above(path: str) -> frozenset[Place]:
    """The entries at the proper ancestors of a clean path."""
    return frozenset(entry(one) for one in ancestors(path))


def disturbed(write: Place, access: Place) -> bool:
    """Whether a write can change what an access (read or write) sees.

    A write at a path counts for all below it too: a directory may have been replaced by a link. A write below an
    access counts only where the access takes in the whole tree.
    """
    if inside(access.path, write.path):
        return True
    return access.extent is Extent.TREE and inside(write.path, access.path)


def first_meeting(writes: Iterable[Place], accesses: Iterable[Place]) -> tuple[Place, Place] | None:
    """The first write and access (in sorted order) of which the one disturbs the other."""
    seen = sorted(accesses)
    for write in sorted(writes):
        for access in seen:
            if disturbed(write, access):
                return write, access
    return None
