"""What registries hold, as values: references, manifests, and the bytes behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Node = tuple[str, str]
"""A manifest: its repository (``host/path``) and its digest. Registries delete manifests by repository."""


class Kind(StrEnum):
    """What a reference is."""

    CACHE = "cache"
    """The cache of a target on a branch."""
    IMAGE = "image"
    """An image under a tag that people use."""
    KEY = "key"
    """An image or an artifact under its content key."""
    OTHER = "other"
    """Something that bakegen has not written."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or an index.

    Attributes:
        repository: ``host/path``.
        digest: its digest.
        size: its own bytes.
        blobs: digest -> bytes of config and layers.
        children: digests of the manifests that an index names, in the same repository.
        subject: the digest of the manifest that this one says something about (a signature, an SBOM), "" without one.
        created: when what is in it was made, the newest time that is told, in seconds since 1970; None where none is.
        is_cache: whether it is a cache of BuildKit.
    """

    repository: str
    digest: str
    size: int
    blobs: Mapping[str, int] = field(default_factory=dict)
    children: tuple[str, ...] = ()
    subject: str = ""
    created: float | None = None
    is_cache: bool = False

    @property
    def node(self) -> Node:
        """Its place in the graph."""
        return self.repository, self.digest


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A tag and the digest that it names."""

    repository: str
    tag: str
    digest: str

    @property
    def node(self) -> Node:
        """The manifest that it names."""
        return self.repository, self.digest

    @property
    def reference(self) -> str:
        """``host/path:tag``."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True)
class Inventory:
    """Everything that was read: all tags of some repositories, and all manifests that are reached from them."""

    refs: tuple[Ref, ...] = ()
    manifests: Mapping[Node, Manifest] = field(default_factory=dict)
