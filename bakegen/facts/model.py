"""What a proof may rest on beside the Dockerfile: facts of base images, of the build context, of its history.

Pure values and protocols: the workspace reads them (registry, engine, files, git), effects and rewrites ask them.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.dockerfile import BaseImage
    from bakegen.text import Source

LOCK_FILE = "bakegen.lock"
"""Where facts of base images are kept, beside what is built of them."""


@dataclass(frozen=True, slots=True)
class DirectoryFacts:
    """A directory of a base image that is not ``root:root 0755``: numeric owners and the permission bits."""

    uid: int
    gid: int
    mode: int

    @property
    def plain(self) -> bool:
        """Whether it is what BuildKit makes of a directory that is missing."""
        return (self.uid, self.gid, self.mode) == (0, 0, 0o755)


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """One platform of a base image.

    Attributes:
        digest: of its image manifest, ``sha256:…``; "" where only an engine was asked that does not tell.
        env, working_dir, user, shell, onbuild: from its config, as they are there; BuildKit's PATH where it has none.
        distribution: ``ID`` of /etc/os-release (``debian``, ``alpine``, …), "" where there is none.
        version: ``VERSION_ID`` of /etc/os-release.
        symlinks: absolute path -> link text, for every symbolic link in a listed directory that leads to a directory
            or to nothing.
        odd_directories: absolute path -> facts, for every directory in a listed directory, or listed itself, that is
            not ``root:root 0755``. Of what lies in no listed directory nothing is known.
        listings: absolute path of a directory -> names of the directories in it (links left out). What is listed is
            listed whole: a directory that is not named there does not exist.
        files: those of a fixed list of files that package managers are configured by (`WATCHED_FILES`) that exist.
        users, groups: name -> numeric id, from /etc/passwd and /etc/group.
        homes: user name -> home directory.
        file_links: listed directory -> names of the symbolic links in it that lead to files, ``*`` for too many to
            name; a listed directory without an entry has none. None where nobody looked.
        index_digest: what pins the image for all of its platforms; "" where that is not known.
    """

    digest: str
    env: tuple[tuple[str, str], ...] = ()
    working_dir: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()
    distribution: str = ""
    version: str = ""
    symlinks: Mapping[str, str] = field(default_factory=dict)
    odd_directories: Mapping[str, DirectoryFacts] = field(default_factory=dict)
    listings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    users: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    file_links: Mapping[str, tuple[str, ...]] | None = None
    index_digest: str = ""

    @property
    def image(self) -> BaseImage:
        """The facts as `bakegen.dockerfile` takes them."""
        from bakegen.dockerfile import BaseImage

        return BaseImage(self.env, self.working_dir, self.user, self.shell, self.onbuild)

    def is_directory(self, path: str) -> bool | None:
        """Whether `path` is a real directory: True, False (missing, a link or a file), None where nothing says."""
        path = posixpath.normpath(path)
        if path == "/" or path in self.listings or path in self.odd_directories:
            return True
        if path in self.symlinks:
            return False
        parent = posixpath.dirname(path)
        if parent in self.listings:
            return posixpath.basename(path) in self.listings[parent]
        return False if self.is_directory(parent) is False else None

    def is_link(self, path: str) -> bool | None:
        """Whether `path` is a symbolic link, to a directory, a file or nothing; None where nothing says.

        It matters to a COPY of one file onto `path`, which writes through such a link.
        """
        path = posixpath.normpath(path)
        if path in self.symlinks:
            return True
        parent = posixpath.dirname(path)
        if self.is_directory(path) or self.is_directory(parent) is False:
            return False
        if self.file_links is None or parent not in self.listings:
            return None
        names = self.file_links.get(parent, ())
        return posixpath.basename(path) in names or (None if "*" in names else False)


WATCHED_FILES = (
    "/etc/apt/apt.conf.d/docker-clean",
    "/etc/apk/repositories",
    "/etc/pip.conf",
    "/etc/npmrc",
    "/root/.npmrc",
    "/root/.config/pip/pip.conf",
    "/root/.pip/pip.conf",
    "/root/.cargo/config.toml",
    "/usr/local/etc/npmrc",
    "/usr/local/cargo/config.toml",
)
"""Files of a base image whose presence decides what a package manager does."""


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """A base image: its digest (of the index, where there is one) and its platforms (``linux/amd64`` -> facts).

    `reference` is the image that a named context of the definition puts in its place, "" without one.
    """

    digest: str
    platforms: Mapping[str, PlatformFacts]
    reference: str = ""


class Kind(StrEnum):
    """What an entry of the build context is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    OTHER = "other"


class ContextFacts(Protocol):
    """The build context as BuildKit receives it: what the ignore file leaves out is not there."""

    def __hash__(self) -> int:
        """Two are equal only when they are one."""
        ...

    def kind(self, path: str) -> Kind | None:
        """What stands at `path` (relative to the context, no leading ``/``; "" is the context), None for nothing."""
        ...

    def mode(self, path: str) -> int | None:
        """The permission bits at `path`; None for nothing."""
        ...

    def read(self, path: str) -> Source | None:
        """The text of a file, None where there is none; links are not followed."""
        ...

    def children(self, path: str) -> Sequence[str] | None:
        """The sorted names in a directory; None where `path` is none."""
        ...

    def matches(self, pattern: str) -> Sequence[str]:
        """The sorted paths that a source of COPY (with its wildcards) means."""
        ...


class HistoryFacts(Protocol):
    """How often files changed."""

    def changes(self, path: str, exclude: Sequence[str] = ()) -> int | None:
        """In how many of the last commits something at or below `path` (of the context) changed; None: unknown."""
        ...


@dataclass(frozen=True)
class Evidence:
    """All facts at hand for one Dockerfile; what is missing is None or not in the mapping.

    Attributes:
        bases: image name as FROM or ``--from`` has it after expansion -> facts of the platform that is built.
        context: the build context.
        history: the history of its files.
    """

    bases: Mapping[str, PlatformFacts] = field(default_factory=dict)
    context: ContextFacts | None = None
    history: HistoryFacts | None = None

    def with_pins(self) -> Evidence:
        """The same; the bases also under their names with a digest, which is what pinning makes of them."""
        pinned = {
            f"{name}@{facts.index_digest}": facts
            for name, facts in self.bases.items()
            if facts.index_digest and "@" not in name
        }
        return Evidence({**pinned, **self.bases}, self.context, self.history) if pinned else self
