"""The kinds of sources that `bakegen init` reads, their precedence, and what each of their readers follows.

A reader is a pure function of `Files` that gives a `Found`: empty (``Found()``) where there is nothing of its kind,
never an exception for what a person wrote; what it does not understand is a `Loss` with its place. Targets come in the
form of ``docker buildx bake --print``: `context` relative to the project's folder (``.`` for it), `dockerfile` relative
to the context, both always there, lists and maps of text, entries of caches, outputs, secrets, ssh and attest as
objects. Names of targets are what bake takes (letters, digits, ``_``, ``-``); `merging` makes two of one name differ.

An earlier kind is believed more: a Dockerfile that it builds (same context, Dockerfile and target stage) is not taken
from a later one. Of workflows, which say how to publish rather than how to build, tags, platforms, labels, secrets and
the registry are added to targets that others found, where these have none.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bakegen.importing.model import Found


class Kind(StrEnum):
    """The kinds of sources, the one that is believed most first."""

    BAKE = "bake"
    COMPOSE = "compose"
    VERSIONS = "versions"
    WORKFLOWS = "workflows"
    DOCKERFILES = "dockerfiles"


class Files(Protocol):
    """What readers see of a repository."""

    @property
    def name(self) -> str:
        """The name of the project's folder."""

    @property
    def paths(self) -> Sequence[str]:
        """All files, sorted, with ``/``, below the project's folder; without those that git ignores."""

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where it is none, or is larger than anything that a person writes."""


READERS = {
    Kind.COMPOSE: "bakegen.importing.compose:read_compose",
    Kind.VERSIONS: "bakegen.importing.versions_json:read_versions",
    Kind.WORKFLOWS: "bakegen.importing.workflows:read_workflows",
    Kind.DOCKERFILES: "bakegen.importing.dockerfile_tree:read_dockerfiles",
}
"""The readers that need nothing but files; bake files are evaluated by buildx and read by the workspace."""


def reader(kind: Kind) -> Callable[[Files], Found]:
    """The reader of a kind; loaded only when it is used."""
    module, _, name = READERS[kind].partition(":")
    found: Callable[[Files], Found] = getattr(import_module(module), name)
    return found
