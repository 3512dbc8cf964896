"""The build context as a `Folder`: listed by BuildKit when a rewrite first asks about it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.facts.model import Kind
from bakegen.frontend import llb as make
from bakegen.frontend.wire import CallError
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.frontend.bridge import Bridge, Pending
    from bakegen.frontend.messages import gateway_pb2 as gateway
    from bakegen.frontend.request import Request

_DIRECTORY, _SYMLINK = 1 << 31, 1 << 27
_OTHER = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 19
_SPECIAL = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))
_MOST_FOLDERS = 4000
_AHEAD = 64
_LARGEST_TEXT = 4 << 20
_NO_TEXT = (".7z", ".bin", ".bz2", ".deb", ".exe", ".gz", ".iso", ".jar", ".rpm", ".so", ".tar", ".tgz", ".txz",
            ".war", ".whl", ".xz", ".zip", ".zst")  # fmt: skip


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
    """The build context that a client has: its names are fetched at once, a file when its text is asked for."""

    def __init__(self, bridge: Bridge, request: Request, exclude: Sequence[str], *, only_names: bool) -> None:
        """`exclude` are the patterns of the ignore file; `only_names`: whether BuildKit can list without reading."""
        self._bridge = bridge
        self._request = request
        self._exclude = exclude
        self._only_names = only_names
        self._folder: SolvedFolder | None = None
        self._texts: dict[str, Source | None] = {}

    def scan(self, path: str) -> Mapping[str, Kind]:
        """The names in a directory with their kinds."""
        return self._listed().scan(path)

    def mode(self, path: str) -> int | None:
        """The permission bits; None for nothing."""
        return self._listed().mode(path)

    def read(self, path: str) -> Source | None:
        """The text of a regular file; None for what its name says is none, which is not worth fetching."""
        if path.lower().endswith(_NO_TEXT):
            return None
        if not self._only_names:
            return self._listed().read(path)
        if path not in self._texts:
            self._texts[path] = self._solved(f"bakegen:{path}", f"look at {path}", follow=(path,)).read(path)
        return self._texts[path]

    def _listed(self) -> SolvedFolder:
        if self._folder is None:
            self._folder = self._solved("bakegen", "list build context", only_names=self._only_names)
        return self._folder

    def _solved(self, hint: str, name: str, *, follow: Sequence[str] = (), only_names: bool = False) -> SolvedFolder:
        directory = self._request.context_name
        op = make.local_source(
            directory,
            self._request.session_of(directory),
            # Of its own: with that of the context itself the next build would transfer everything again.
            hint=f"{directory}-{hint}",
            follow=follow,
            exclude=() if follow else self._exclude,
            only_names=only_names,
        )
        definition = make.definition([(op[0], f"[internal] {name}", op[1])])[0]
        return SolvedFolder(self._bridge, self._bridge.solve(definition).result().ref.id)


def _kind(mode: int) -> Kind:
    """What Go's file mode says."""
    if mode & _DIRECTORY:
        return Kind.DIRECTORY
    if mode & _SYMLINK:
        return Kind.SYMLINK
    return Kind.OTHER if mode & _OTHER else Kind.FILE


def _permissions(mode: int) -> int:
    return (mode & 0o777) | sum(bit for flag, bit in _SPECIAL if mode & flag)
