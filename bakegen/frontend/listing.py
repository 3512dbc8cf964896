"""The build context as a `Folder`: listed by BuildKit when a rewrite first asks about it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Protocol

from bakegen.facts.context import Folder
from bakegen.facts.model import Kind
from bakegen.frontend import llb as make
from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.wire import CallError
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.frontend.bridge import Bridge, Pending
    from bakegen.frontend.context import Place
    from bakegen.frontend.request import Request

_DIRECTORY, _SYMLINK = 1 << 31, 1 << 27
_OTHER = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 19
_SPECIAL = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))
_MOST_FOLDERS = 4000
_AHEAD = 64
_LARGEST_TEXT = 4 << 20
_LISTING = ".fsutil-metadata"
_CHUNK = 4 << 20


class ReadFolder(Folder, Protocol):
    """A folder that knows the sizes of its files."""

    def size(self, path: str) -> int | None:
        """How many bytes a file has; None for nothing."""
        ...


class TooLarge(Exception):
    """The context has more directories than are worth listing."""


class SolvedFolder:
    """A directory tree that BuildKit has, read as far as it is asked about; its directories some steps ahead."""

    def __init__(self, bridge: Bridge, ref: str) -> None:
        self._bridge = bridge
        self._ref = ref
        self._waiting: dict[str, Pending[list[gateway.Stat]]] = {}
        self._known: dict[str, Mapping[str, gateway.Stat]] = {}

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds.

        Raises:
            TooLarge: more directories were asked for than are worth it.
        """
        return {name: _kind(stat.mode) for name, stat in self._stats(path).items()}

    def mode(self, path: str) -> int | None:
        """The permission bits; None for nothing."""
        if not path:
            return 0o755
        folder, name = posixpath.split(path)
        stat = self._stats(folder).get(name)
        return _permissions(stat.mode) if stat is not None else None

    def size(self, path: str) -> int | None:
        """How many bytes a file has."""
        folder, name = posixpath.split(path)
        stat = self._stats(folder).get(name)
        return stat.size if stat is not None else None

    def read(self, path: str) -> Source | None:
        """The text of a regular file; None where there is none, or one that is far too large for a manifest."""
        try:
            data = self._bridge.read_file(self._ref, path, _LARGEST_TEXT + 1).result()
        except CallError:
            return None
        return Source.from_bytes(path, data) if len(data) <= _LARGEST_TEXT else None

    def _stats(self, path: str) -> Mapping[str, gateway.Stat]:
        if path not in self._known:
            if len(self._known) >= _MOST_FOLDERS:
                raise TooLarge
            try:
                entries = (self._waiting.pop(path, None) or self._bridge.read_dir(self._ref, path or "/")).result()
            except CallError:
                entries = []
            self._known[path] = {posixpath.basename(one.path): one for one in entries}
            for name, stat in self._known[path].items():
                below = posixpath.join(path, name)
                if stat.mode & _DIRECTORY and len(self._waiting) < _AHEAD:
                    self._waiting[below] = self._bridge.read_dir(self._ref, below)
        return self._known[path]


class ClientFolder:
    """The build context that a client has, by a listing that BuildKit gets without what is in the files.

    Source: receive.go of tonistiigi/fsutil, which writes the listing into a file.
    """

    def __init__(self, bridge: Bridge, request: Request, exclude: Sequence[str]) -> None:
        """`exclude` are the patterns of the ignore file."""
        self._bridge = bridge
        self._request = request
        self._exclude = exclude
        self._folders: dict[str, dict[str, gateway.Stat]] | None = None
        self._texts: dict[str, Source | None] = {}

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds."""
        return {name: _kind(stat.mode) for name, stat in self._listed().get(path, {}).items()}

    def mode(self, path: str) -> int | None:
        """The permission bits; None for nothing."""
        if not path:
            return 0o755
        stat = self._stat(path)
        return _permissions(stat.mode) if stat is not None else None

    def size(self, path: str) -> int | None:
        """How many bytes a file has."""
        stat = self._stat(path)
        return stat.size if stat is not None else None

    def read(self, path: str) -> Source | None:
        """The text of a regular file, fetched from the client; None for one that is larger than any manifest."""
        stat = self._stat(path)
        if stat is None or _kind(stat.mode) is not Kind.FILE or stat.size > _LARGEST_TEXT:
            return None
        if path not in self._texts:
            ref = solve_client(self._bridge, self._request, f"bakegen:{path}", f"look at {path}", follow=(path,))
            self._texts[path] = SolvedFolder(self._bridge, ref).read(path)
        return self._texts[path]

    def _stat(self, path: str) -> gateway.Stat | None:
        folder, name = posixpath.split(path)
        return self._listed().get(folder, {}).get(name)

    def _listed(self) -> dict[str, dict[str, gateway.Stat]]:
        if self._folders is None:
            ref = solve_client(
                self._bridge, self._request, "bakegen", "list build context", exclude=self._exclude, only_names=True
            )
            self._folders = {"": {}}
            for stat in self._stats(ref):
                folder, name = posixpath.split(stat.path)
                self._folders.setdefault(folder, {})[name] = stat
        return self._folders

    def _stats(self, ref: str) -> Iterator[gateway.Stat]:
        data = bytearray()
        while not len(data) % _CHUNK:
            part = self._bridge.read_file(ref, _LISTING, _CHUNK, len(data)).result()
            if not part:
                break
            data += part
        at = 0
        while at + 4 <= len(data):
            end = at + 4 + int.from_bytes(data[at : at + 4], "little")
            yield gateway.Stat.FromString(bytes(data[at + 4 : end]))
            at = end


def context_folder(
    bridge: Bridge, request: Request, place: Place, exclude: Sequence[str], *, only_names: bool
) -> ReadFolder:
    """The build context, to be read.

    Args:
        bridge: BuildKit.
        request: the build.
        place: where the build's files are.
        exclude: patterns of what of a client's directory does not count.
        only_names: whether BuildKit can list a context without reading it.
    """
    if place.context is not None:
        return SolvedFolder(bridge, place.context.ref)
    if only_names:
        return ClientFolder(bridge, request, exclude)
    return SolvedFolder(bridge, solve_client(bridge, request, "bakegen", "look at build context", exclude=exclude))


def solve_client(
    bridge: Bridge,
    request: Request,
    hint: str,
    name: str,
    *,
    follow: Sequence[str] = (),
    exclude: Sequence[str] = (),
    only_names: bool = False,
) -> str:
    """Has BuildKit fetch (a part of) the client's build context; gives the reference of what it got.

    Args:
        bridge: BuildKit.
        request: the build.
        hint: a name for what is fetched. With that of the context itself the next build would transfer all again.
        name: what the build's progress calls it.
        follow, exclude, only_names: see `bakegen.frontend.llb.local_source`.
    """
    directory = request.context_name
    op, caps = make.local_source(
        directory,
        request.session_of(directory),
        hint=f"{directory}-{hint}",
        follow=follow,
        exclude=exclude,
        only_names=only_names,
    )
    return bridge.solve(make.definition([(op, f"[internal] {name}", caps)])[0]).result().ref.id


def _kind(mode: int) -> Kind:
    """What Go's file mode says."""
    if mode & _DIRECTORY:
        return Kind.DIRECTORY
    if mode & _SYMLINK:
        return Kind.SYMLINK
    return Kind.OTHER if mode & _OTHER else Kind.FILE


def _permissions(mode: int) -> int:
    return (mode & 0o777) | sum(bit for flag, bit in _SPECIAL if mode & flag)
