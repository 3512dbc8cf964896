"""Which files on disk are, byte for byte, the blobs that git's index names; asked through `git`'s runner.

An index entry proves nothing by itself: the file may be changed, hidden from git's checks (assume-unchanged,
skip-worktree), or converted on the way out (line ends, filters such as LFS, ident, encodings). Only entries for
which none of that can be are returned; the others have to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONVERSIONS = (b"filter", b"ident", b"working-tree-encoding")
_LINE_ENDS = (b"text", b"eol", b"crlf")


class Run(Protocol):
    """Runs git and returns what it prints."""

    def __call__(self, *arguments: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """See `bakegen.workspace.git.Git.run`."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """A file as git names it.

    Attributes:
        mode: ``100644``, ``100755`` or ``120000``.
        oid: the object id, in hexadecimal.
        size: when not None, the blob's size: line ends may have been converted, and only a file on disk of
            just this size is the blob (conversion to CRLF always adds bytes).
    """

    mode: str
    oid: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The blobs of the tracked and unchanged files below a folder, by path relative to it.

    Attributes:
        algorithm: ``sha1`` or ``sha256``, what the repository names objects by.
        reason: why nothing is known, when nothing is.
    """

    blobs: Mapping[str, Blob] = field(default_factory=dict)
    algorithm: str = "sha1"
    reason: str | None = None


def read_listing(run: Run) -> Listing:
    """The listing of the folder that `run` runs in; what `run` raises passes through."""
    algorithm = run("rev-parse", "--show-object-format").decode("ascii", "replace").strip()
    entries: dict[bytes, tuple[str, str]] = {}
    for item in run("ls-files", "-z", "-s", "-v", "--", ".").split(b"\0"):
        head, found, path = item.partition(b"\t")
        # "H" is a plain entry; "S" is skip-worktree, lower case is assume-unchanged, stages above 0 are conflicts
        if found and head[:2] == b"H " and head[-1:] == b"0" and head[2:8] != b"160000":
            entries[path] = (head[2:8].decode("ascii"), head[9:-2].decode("ascii"))
    for path in run("diff-files", "-z", "--name-only", "--relative", "--ignore-submodules=all").split(b"\0"):
        entries.pop(path, None)
    converted = _drop_converted(run, entries)
    sizes = _sizes(run, {entries[path][1] for path in converted})
    blobs: dict[str, Blob] = {}
    for path, (mode, oid) in entries.items():
        size = sizes.get(oid) if path in converted else None
        if path not in converted or size is not None:
            blobs[path.decode("utf-8", "surrogateescape")] = Blob(mode, oid, size)
    return Listing(blobs, "sha256" if algorithm == "sha256" else "sha1")


def _drop_converted(run: Run, entries: dict[bytes, tuple[str, str]]) -> set[bytes]:
    """Drops the entries whose files are written by a filter; returns those that may have other line ends.

    Attributes are asked of git for every path, as they may come from any folder, the user or the system.
    Source: https://git-scm.com/docs/gitattributes, "Checking-out and checking-in".
    """
    files = [path for path, (mode, _) in entries.items() if mode != "120000"]
    suspicious = set(files) if _autocrlf(run) else set()
    if not files:
        return suspicious
    answer = run("check-attr", "-z", "--stdin", "-a", stdin=b"\0".join(files) + b"\0").split(b"\0")
    verbatim: set[bytes] = set()
    for path, name, value in zip(answer[0::3], answer[1::3], answer[2::3], strict=False):
        if name in _LINE_ENDS:
            (verbatim if value == b"unset" and name != b"eol" else suspicious).add(path)
        elif name in _CONVERSIONS and value != b"unset":
            entries.pop(path, None)
    return (suspicious - verbatim) & entries.keys()


def _autocrlf(run: Run) -> bool:
    value = run("config", "--get", "core.autocrlf", ok=(0, 1)).strip().lower()
    return value not in (b"", b"false", b"no", b"off", b"0")


def _sizes(run: Run, oids: set[str]) -> dict[str, int]:
    if not oids:
        return {}
    asked = "\n".join(sorted(oids)) + "\n"
    sizes: dict[str, int] = {}
    answer = run("cat-file", "--buffer", "--batch-check=%(objectname) %(objectsize)", stdin=asked.encode("ascii"))
    for line in answer.split(b"\n"):
        oid, _, size = line.partition(b" ")
        if size.isdigit():
            sizes[oid.decode("ascii")] = int(size)
    return sizes
