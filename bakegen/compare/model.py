"""What is compared: an image as its canonical configuration and its flattened root filesystem."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a root filesystem: everything about it that E1 counts, so no times.

    Attributes:
        kind: what it is.
        mode: the permission bits with setuid, setgid and sticky (``0o7777``).
        uid, gid: its owner.
        xattrs: extended attributes, sorted by name.
        target: the text of a symbolic link.
        device: major and minor number of a device.
        size, digest: of a file's bytes; the digest is sha256 in hex, "" for anything but a file.
        links: the sorted paths of its hard-link group with its own among them; () where it has one name only.
        text: the bytes of a file, where they were kept for showing them.
    """

    kind: Kind
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    xattrs: tuple[tuple[str, bytes], ...] = ()
    target: str = ""
    device: tuple[int, int] | None = None
    size: int = 0
    digest: str = ""
    links: tuple[str, ...] = ()
    text: bytes | None = field(default=None, compare=False, repr=False)


ConfigValue = str | bool | int | tuple["ConfigValue", ...] | dict[str, "ConfigValue"]
"""A value of a configuration: JSON's, with tuples for lists."""


@dataclass(frozen=True, slots=True)
class Image:
    """One platform of an image.

    Attributes:
        platform: ``os/architecture`` or ``os/architecture/variant``.
        config: field -> value, only fields that are set; Env, Labels, ExposedPorts and Volumes are mappings.
        files: absolute path -> entry, for everything but the root directory itself, sorted by path.
        layers: the digests of its layers, which say only how it came about.
    """

    platform: str
    config: Mapping[str, ConfigValue]
    files: Mapping[str, Entry]
    layers: tuple[str, ...] = field(default=(), compare=False)

    @property
    def size(self) -> int:
        """The bytes of all files; a file of several names counts once."""
        return sum(entry.size for path, entry in self.files.items() if not entry.links or entry.links[0] == path)
